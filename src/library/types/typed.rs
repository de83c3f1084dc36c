//! A type with the places that gave it, so that a problem can show where each unit comes from.

use std::sync::Arc;

use crate::source::Span;
use crate::value::unit::Type;

/// The greatest number of places that a message names as the origin of a type.
const MAX_ORIGINS: usize = 3;

/// A type and where its unit comes from.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The type.
    pub ty: Type,
    /// The annotations and literals that gave it, at most a few.
    pub origins: Vec<Origin>,
}

/// A place that gives a unit: an annotation, a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The place.
    pub span: Span,
    /// What is declared there; None for a literal.
    pub name: Option<Arc<str>>,
    /// The type that it gives.
    pub ty: Type,
}

impl From<Type> for Typed {
    fn from(ty: Type) -> Self {
        Self { ty, origins: vec![] }
    }
}

impl Typed {
    /// The type that a place gives: an annotation of that name, or a literal.
    pub(super) fn given(ty: Type, span: Span, name: Option<&Arc<str>>) -> Self {
        Self { origins: vec![Origin { span, name: name.cloned(), ty: ty.clone() }], ty }
    }

    /// A type that comes from several others.
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
