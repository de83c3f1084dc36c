//! Cards: the properties of a definition.

use std::sync::Arc;

use serde::Serialize;

use super::{BinaryOp, Expr, Name};
use crate::source::Span;

/// A card: `{ … }` after a definition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// The properties in source order.
    pub properties: Vec<Property>,
    /// The place, including braces.
    pub span: Span,
}

/// A property of a card.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Property {
    /// The kind.
    pub kind: PropertyKind,
    /// The place of its first word.
    pub keyword: Span,
    /// The whole place.
    pub span: Span,
}

/// The kind of a property.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum PropertyKind {
    /// `label "…" fr "…"`, and also `about`, `source`, `owner`, `since`, `version`
    Text {
        /// The property.
        property: TextProperty,
        /// The text.
        text: Text,
    },
    /// `better lower`, and also `kind`, `perspective`, `stage`, `tags`, `state`, `per`
    Words {
        /// The property.
        property: WordProperty,
        /// The words.
        words: Vec<Name>,
    },
    /// `target …`
    Target(Expr),
    /// `good <= 5% "advice"`
    Band(Band),
    /// `range 0..1`; either end may be missing
    Range {
        /// The lower end.
        low: Option<Expr>,
        /// The upper end.
        high: Option<Expr>,
    },
    /// `alias "churn", fr "taux d'attrition"`
    Alias(Vec<Translation>),
    /// `format 2 decimals, percent`
    Format(Vec<FormatPart>),
    /// `example a = 1, b = 2 gives 0.5`
    Example(Example),
}

/// Defines an enum of keywords, each with the words that may follow it. Without such a list, any word or text may follow.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident: $word:literal $([$($choice:literal),*])?;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        #[serde(rename_all = "lowercase")]
        #[allow(missing_docs)]
        pub enum $name {
            $($variant),*
        }

        impl $name {
            /// All variants with their words.
            pub(crate) const ALL: &[(&str, Self)] = &[$(($word, Self::$variant)),*];

            /// The word in the language.
            pub(crate) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The words that may follow. Empty if any word may follow, and for all texts.
            #[allow(dead_code)]
            pub(crate) fn choices(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($($choice),*)?]),* }
            }

            /// Finds a variant by its word.
            pub(in crate::syntax) fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, found)| *found)
            }
        }
    };
}

words! {
    /// A property whose value is a text.
    TextProperty {
        Label: "label";
        About: "about";
        Source: "source";
        Owner: "owner";
        Since: "since";
        Version: "version";
    }
}

words! {
    /// A property whose value is one or more words.
    WordProperty {
        Better: "better" ["higher", "lower", "neither"];
        Kind: "kind" ["leading", "lagging"];
        Perspective: "perspective" ["financial", "customer", "process", "learning"];
        Stage: "stage";
        Tags: "tags";
        State: "state" ["draft", "official"];
        Per: "per" ["day", "week", "month", "quarter", "year"];
    }
}

/// A string with translations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// The translations. The first one has no language and is the default.
    pub translations: Vec<Translation>,
    /// The whole place.
    pub span: Span,
}

/// A string with its language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Translation {
    /// The language, such as `fr`, or `None` for the default.
    pub language: Option<Name>,
    /// The string, with escapes resolved.
    pub text: Arc<str>,
    /// The place of both parts.
    pub span: Span,
}

/// `good <= 5% "advice"`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Band {
    /// The status that the band assigns.
    pub status: Status,
    /// The condition.
    pub condition: BandCondition,
    /// The recommended action.
    pub advice: Option<Text>,
}

/// The status of a KPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The value is as desired.
    Good,
    /// The value needs attention.
    Watch,
    /// The value requires action.
    Bad,
}

/// The condition of a band.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum BandCondition {
    /// `<= 5%`: the KPI's value compared
    Compare {
        /// The comparison operator.
        op: BinaryOp,
        /// The place of the operator.
        op_span: Span,
        /// The bound.
        bound: Expr,
    },
    /// `between 1 and 2`
    Between {
        /// The lower bound, inclusive.
        low: Expr,
        /// The upper bound, inclusive.
        high: Expr,
    },
    /// `when cac < ltv`
    When(Expr),
    /// `otherwise`
    Otherwise,
}

/// `2 decimals`, `percent`, `compact`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormatPart {
    /// The number before the word.
    pub digits: Option<Arc<str>>,
    /// The word.
    pub word: Name,
}

/// `a = 1, b = 2 gives 0.5`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    /// The given values.
    pub given: Vec<Assignment>,
    /// The expected result.
    pub expected: Expected,
}

/// `name = value`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assignment {
    /// The name of an input, parameter or definition.
    pub name: Name,
    /// The value.
    pub value: Expr,
}

/// An expected value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expected {
    /// True for `about`: the value must be equal after rounding to the decimals of the expected value.
    pub about: bool,
    /// The value.
    pub value: Expr,
}
