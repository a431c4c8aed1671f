//! What a viewer has seen last, as the stream writes it in `id`: the gallery, and the number of its last change.

use std::{fmt, str::FromStr};

/// How far a viewer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Since {
    /// Which gallery: after a restart of the controller it is another one.
    pub(super) epoch: String,
    /// The number of the last change.
    pub(super) change: u64,
}

impl Since {
    /// Whether `other` knows more.
    pub(in crate::web) fn is_before(&self, other: &Self) -> bool {
        self.epoch != other.epoch || self.change < other.change
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.change)
    }
}

/// Not something that a stream wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) struct NotASince;

impl FromStr for Since {
    type Err = NotASince;

    fn from_str(text: &str) -> Result<Self, NotASince> {
        let (epoch, change) = text.split_once('-').ok_or(NotASince)?;
        Ok(Self { epoch: epoch.to_owned(), change: change.parse().map_err(|_| NotASince)? })
    }
}
