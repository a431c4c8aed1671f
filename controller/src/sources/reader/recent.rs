//! What was read a moment ago, so that scalers that share a query ask it once; and when each query last gave a series,
//! so that one that falls silent is told apart from one that never matched anything.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use moka::{Expiry, future::Cache};
use prescale_model::Sample;

use super::SourceError;

/// Queries remembered: two for each of 10,000 scalers.
const MOST_QUERIES: u64 = 20_000;
/// A third of a tick: scalers of one tick share a read, and none is served that of the tick before.
const MOST_FRESH: Duration = Duration::from_secs(5);
/// A query that nobody asks for this long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(86_400);

type Read = Result<Sample, SourceError>;

/// A query, and how finely it is sampled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    query: Arc<str>,
    step: SignedDuration,
}

/// What was read lately. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    answers: Cache<Question, Read>,
    last_seen: Cache<Arc<str>, Timestamp>,
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            answers: Cache::builder().max_capacity(MOST_QUERIES).expire_after(WhileFresh).build(),
            last_seen: Cache::builder().max_capacity(MOST_QUERIES).time_to_idle(FORGOTTEN_AFTER).build(),
        }
    }
}

impl Recent {
    /// What was read of the question while it is fresh, else what `read` gives. Who asks while it is being read waits
    /// for the same answer; a refusal is an answer too.
    pub(super) async fn read(
        &self,
        query: &str,
        step: SignedDuration,
        read: impl Future<Output = Read>,
    ) -> Read {
        self.answers.get_with(Question { query: query.into(), step }, read).await
    }

    /// The same, where a missing series has been there before: since when it is silent.
    pub(super) async fn explain(&self, query: &str, read: Read) -> Read {
        match read {
            Ok(sample) => self.last_seen.insert(query.into(), sample.at()).await,
            Err(SourceError::NoSeries { query }) => {
                return Err(match self.last_seen.get(query.as_str()).await {
                    Some(since) => SourceError::Silent { query, since },
                    None => SourceError::NoSeries { query },
                });
            }
            Err(_) => {}
        }
        read
    }
}

/// How long an answer is shared: for a quarter of the step, so that no step is fed a value of the one before it.
struct WhileFresh;

impl Expiry<Question, Read> for WhileFresh {
    fn expire_after_create(&self, question: &Question, _: &Read, _: Instant) -> Option<Duration> {
        Some((question.step.unsigned_abs() / 4).min(MOST_FRESH))
    }
}
