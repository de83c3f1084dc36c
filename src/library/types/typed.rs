//! Types with the places they come from, so that messages can show the origin of each unit.

use std::sync::Arc;

use crate::source::Span;
use crate::value::unit::Type;

/// The maximum number of origins that a type keeps.
const MAX_ORIGINS: usize = 3;

/// A type and the origins of its unit.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The type.
    pub ty: Type,
    /// The annotations and literals that the type comes from, at most three.
    pub origins: Vec<Origin>,
}

/// An annotation or literal that a unit comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The place.
    pub span: Span,
    /// The declared name; None for a literal.
    pub name: Option<Arc<str>>,
    /// The type at this place.
    pub ty: Type,
}

impl From<Type> for Typed {
    fn from(ty: Type) -> Self {
        Self { ty, origins: vec![] }
    }
}

impl Typed {
    /// The type of an annotation with this name, or of a literal.
    pub(super) fn given(ty: Type, span: Span, name: Option<&Arc<str>>) -> Self {
        Self { origins: vec![Origin { span, name: name.cloned(), ty: ty.clone() }], ty }
    }

    /// A type derived from several others.
    pub(super) fn of<'t>(ty: Type, from: impl IntoIterator<Item = &'t Typed>) -> Self {
        let mut origins: Vec<Origin> = vec![];
        for origin in from.into_iter().flat_map(|typed| &typed.origins) {
            if origins.len() < MAX_ORIGINS && !origins.contains(origin) {
                origins.push(origin.clone());
            }
        }
        Self { ty, origins }
    }
}
