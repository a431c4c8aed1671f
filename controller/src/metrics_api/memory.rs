//! Questions to kube-apiserver, and its answers for as long as they hold: who a token belongs to, who may read what.
//! An API server that is away, or slow, fails no caller whose answer is known.

use std::{hash::Hash, sync::Arc, time::Duration};

use moka::future::Cache;
use tokio::time::{Instant, timeout};

use crate::telemetry::ReviewedBy;

/// Answers that are kept. An HPA controller asks once a namespace; 4,096 of at most a few hundred bytes are 2 MiB.
const MOST_KEPT: u64 = 4_096;
/// An answer older than this is forgotten, and not used even while the API server is away: a restart or an upgrade of
/// a control plane ends within it, a right that was taken away does not outlive it.
const STALE_FOR: Duration = Duration::from_secs(600);
/// How long a caller with nothing known waits. Identity and right are two questions: 3 s of the 5 s that the
/// aggregator waits for us.
const ASK_WITHIN: Duration = Duration::from_millis(1_500);
/// How long a caller waits whose former answer is known: two such waits leave a read under a second.
const ASK_AGAIN_WITHIN: Duration = Duration::from_millis(300);
/// After an API server did not answer, it is not asked the same again for this long: a third of a poll period.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// An answer that holds for some time.
pub(crate) trait Answer: Clone + Send + Sync + 'static {
    /// How long it is used before it is asked for again.
    fn holds_for(&self) -> Duration;
}

/// The API server gave no answer, and none is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Away(pub(crate) String);

/// Questions and their answers.
pub(crate) struct Memory<Q, A> {
    entries: Cache<Q, Entry<A>>,
}

#[derive(Clone)]
struct Entry<A> {
    /// What was last said, and when.
    said: Option<(A, Instant)>,
    /// Since when the API server does not answer this, and how it failed.
    away: Option<(Arc<str>, Instant)>,
}

impl<Q: Hash + Eq + Clone + Send + Sync + 'static, A: Answer> Default for Memory<Q, A> {
    fn default() -> Self {
        let entries = Cache::builder().max_capacity(MOST_KEPT).time_to_live(STALE_FOR).build();
        Self { entries }
    }
}

impl<Q: Hash + Eq + Clone + Send + Sync + 'static, A: Answer> Memory<Q, A> {
    /// The answer to `question`, and where it is from: `ask`, where none is known that holds. Callers with the same
    /// question wait for one answer.
    ///
    /// # Errors
    ///
    /// [`Away`].
    pub(crate) async fn recall<F>(
        &self,
        question: &Q,
        ask: impl FnOnce() -> F,
    ) -> Result<(A, ReviewedBy), Away>
    where
        F: Future<Output = Result<A, Away>>,
    {
        let known = self.entries.get(question).await;
        let (entry, is_fresh) = match known {
            Some(entry) if entry.holds(Instant::now()) => (entry, false),
            known => {
                let selector = self.entries.entry_by_ref(question);
                let asked = selector.or_insert_with_if(renewed(known, ask), |now| !now.holds(Instant::now()));
                let asked = asked.await;
                let is_fresh = asked.is_fresh();
                (asked.into_value(), is_fresh)
            }
        };
        let by = match (&entry.away, is_fresh) {
            (Some(_), _) => ReviewedBy::StaleCache,
            (None, true) => ReviewedBy::ApiServer,
            (None, false) => ReviewedBy::Cache,
        };
        Ok((entry.answer(Instant::now())?, by))
    }
}

/// The entry after asking again.
async fn renewed<A: Answer, F>(known: Option<Entry<A>>, ask: impl FnOnce() -> F) -> Entry<A>
where
    F: Future<Output = Result<A, Away>>,
{
    let said = known.and_then(|entry| entry.said).filter(|(_, at)| at.elapsed() <= STALE_FOR);
    let limit = if said.is_some() { ASK_AGAIN_WITHIN } else { ASK_WITHIN };
    match timeout(limit, ask()).await {
        Ok(Ok(answer)) => Entry { said: Some((answer, Instant::now())), away: None },
        Ok(Err(Away(failure))) => Entry { said, away: Some((failure.into(), Instant::now())) },
        Err(_) => {
            let failure = format!("no answer within {} ms", limit.as_millis());
            Entry { said, away: Some((failure.into(), Instant::now())) }
        }
    }
}

impl<A: Answer> Entry<A> {
    /// Whether there is no reason to ask again yet.
    fn holds(&self, now: Instant) -> bool {
        match (&self.away, &self.said) {
            // With nothing known the next caller tries at once: it might be in luck.
            (Some(_), None) | (None, None) => false,
            (Some((_, since)), Some(_)) => now.duration_since(*since) < ASK_AGAIN_AFTER,
            (None, Some((answer, at))) => now.duration_since(*at) < answer.holds_for(),
        }
    }

    fn answer(self, now: Instant) -> Result<A, Away> {
        match (self.said, self.away) {
            (Some((answer, at)), _) if now.duration_since(at) <= STALE_FOR => Ok(answer),
            (_, away) => {
                Err(Away(away.map_or_else(|| "not asked".to_owned(), |(failure, _)| failure.to_string())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::time::{advance, sleep};

    #[derive(Clone, Debug, PartialEq)]
    struct Word(&'static str);

    impl Answer for Word {
        fn holds_for(&self) -> Duration {
            Duration::from_secs(60)
        }
    }

    #[derive(Default)]
    struct Fixture {
        memory: Memory<&'static str, Word>,
        asked: AtomicU32,
    }

    impl Fixture {
        async fn recall(&self, answer: Result<&'static str, &str>) -> Result<Word, Away> {
            self.recall_by(answer).await.map(|(word, _)| word)
        }

        async fn recall_by(&self, answer: Result<&'static str, &str>) -> Result<(Word, ReviewedBy), Away> {
            let answer = answer.map(Word).map_err(|failure| Away(failure.to_owned()));
            let ask = || async {
                self.asked.fetch_add(1, Ordering::Relaxed);
                answer
            };
            self.memory.recall(&"who", ask).await
        }

        fn asked(&self) -> u32 {
            self.asked.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_asked_for_once_while_it_holds() {
        let fixture = Fixture::default();
        assert_eq!(fixture.recall(Ok("one")).await, Ok(Word("one")));
        advance(Duration::from_secs(59)).await;
        assert_eq!(fixture.recall(Ok("two")).await, Ok(Word("one")));
        assert_eq!(fixture.asked(), 1);
        advance(Duration::from_secs(2)).await;
        assert_eq!(fixture.recall(Ok("two")).await, Ok(Word("two")));
        assert_eq!(fixture.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_api_server_that_is_away_fails_nobody_whose_answer_is_known() {
        let fixture = Fixture::default();
        assert_eq!(fixture.recall_by(Ok("one")).await, Ok((Word("one"), ReviewedBy::ApiServer)));
        assert_eq!(fixture.recall_by(Ok("two")).await, Ok((Word("one"), ReviewedBy::Cache)));
        advance(Duration::from_secs(61)).await;
        for _ in 0..2 {
            let stale = fixture.recall_by(Err("refused")).await;
            assert_eq!(stale, Ok((Word("one"), ReviewedBy::StaleCache)));
        }
        assert_eq!(fixture.asked(), 2, "it is not asked again at once");
        advance(ASK_AGAIN_AFTER).await;
        assert_eq!(fixture.recall(Ok("two")).await, Ok(Word("two")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stale_answer_is_not_used_for_ever() {
        let fixture = Fixture::default();
        fixture.recall(Ok("one")).await.unwrap();
        advance(STALE_FOR + Duration::from_secs(1)).await;
        assert_eq!(fixture.recall(Err("refused")).await, Err(Away("refused".into())));
    }

    #[tokio::test(start_paused = true)]
    async fn an_api_server_that_hangs_costs_a_bounded_time() {
        let memory = Memory::<&str, Word>::default();
        let hang = || async {
            sleep(Duration::from_secs(3_600)).await;
            Ok(Word("late"))
        };
        let started = Instant::now();
        assert_eq!(memory.recall(&"who", hang).await, Err(Away("no answer within 1500 ms".into())));
        assert_eq!(started.elapsed(), ASK_WITHIN);
        memory.recall(&"who", || async { Ok(Word("one")) }).await.unwrap();
        advance(Duration::from_secs(61)).await;
        let started = Instant::now();
        assert_eq!(memory.recall(&"who", hang).await, Ok((Word("one"), ReviewedBy::StaleCache)));
        assert_eq!(started.elapsed(), ASK_AGAIN_WITHIN);
    }

    #[tokio::test(start_paused = true)]
    async fn callers_with_the_same_question_wait_for_one_answer() {
        let fixture = Fixture::default();
        let slow = || async {
            sleep(Duration::from_millis(100)).await;
            fixture.asked.fetch_add(1, Ordering::Relaxed);
            Ok(Word("one"))
        };
        let both = futures::join!(fixture.memory.recall(&"who", slow), fixture.memory.recall(&"who", slow));
        let word = |by| Ok((Word("one"), by));
        assert_eq!(both, (word(ReviewedBy::ApiServer), word(ReviewedBy::Cache)));
        assert_eq!(fixture.asked(), 1);
    }
}
