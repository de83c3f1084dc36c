//! Tracks the origin of the keys of a column while they have a single one, which names them by numbers.

use std::sync::Arc;

use super::room::shared_bytes;
use crate::value::{Dictionary, spelled};

/// The bytes of the longest number that is a name.
const MAX_NUMBER: usize = 32;

/// The origin of all keys so far.
#[derive(Debug, Default, Clone)]
pub(super) enum Origin {
    #[default]
    Nowhere,
    /// A dictionary. The name of a key is its code.
    Dictionary(Arc<Dictionary>),
    /// Numbers of one scale. The name of a key is its mantissa.
    Scale(u32),
    Many,
}

/// The name of blank. All other names are less than half as far from zero.
pub(super) const BLANK: i64 = i64::MIN;

impl Origin {
    /// Returns true if both origins give the same meaning to names.
    pub(super) fn is(&self, other: &Origin) -> bool {
        match (self, other) {
            (Self::Nowhere, Self::Nowhere) => true,
            (Self::Dictionary(one), Self::Dictionary(other)) => one.id() == other.id(),
            (Self::Scale(one), Self::Scale(other)) => one == other,
            _ => false,
        }
    }

    /// Returns true if a number can be a name.
    pub(super) fn can_name(number: i64) -> bool {
        number.unsigned_abs() < BLANK.unsigned_abs() / 2
    }

    /// The bytes of the key of a name as a text, at most.
    pub(super) fn text_bytes(&self, name: i64) -> usize {
        match self {
            Self::Dictionary(dictionary) if name != BLANK => shared_bytes(dictionary.text(name as u32)),
            _ => shared_bytes("") + MAX_NUMBER,
        }
    }

    /// The key of a name; None is blank.
    pub(super) fn key(&self, name: i64) -> Option<Arc<str>> {
        match self {
            _ if name == BLANK => None,
            Self::Dictionary(dictionary) => Some(dictionary.text(name as u32).clone()),
            Self::Scale(scale) => Some(spelled(name.into(), *scale).as_str().into()),
            Self::Nowhere | Self::Many => None,
        }
    }
}
