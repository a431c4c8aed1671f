//! Where the store is, and how much of it.

use std::{path::PathBuf, time::Duration};

use jiff::SignedDuration;

/// The least bound on its size, in bytes: below it, the journal of two hours alone may not fit.
pub const LEAST_SIZE: u64 = 16 << 20;

/// How the store keeps.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// The file.
    pub path: PathBuf,
    /// How far back samples are kept.
    pub retention: SignedDuration,
    /// Bytes on the disk at most; the oldest samples go first.
    pub max_size: u64,
    /// Time between two commits. What came since the last one is what a crash costs.
    pub commit_every: Duration,
    /// Pause before a file that cannot be used is tried again.
    pub retry_after: Duration,
    /// Time between two looks at age and size.
    pub tidy_every: Duration,
}

impl StoreSettings {
    /// The store of this file, with the flags' defaults: two weeks, which is what a scaler learns from, and 1 GiB.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            retention: SignedDuration::from_hours(14 * 24),
            max_size: 1 << 30,
            commit_every: Duration::from_secs(5),
            retry_after: Duration::from_secs(15),
            tidy_every: Duration::from_secs(60),
        }
    }
}
