//! Open-loop pacing: what is due is handed over when it is due. Nobody here waits for an answer, so a slow service gets no
//! less load, and what is late is measured from when it was meant to be sent.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// After so many that were due at once, others run: about a millisecond of handing over.
const BEFORE_OTHERS_RUN: usize = 256;

/// How pacing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All that was intended was handed over.
    Complete,
    /// It was told to stop.
    Stopped,
}

/// Hands each of `times` over to `due` once it has come, as an offset from `begin`. `due` must not wait.
pub async fn pace(
    times: impl Iterator<Item = Duration>,
    begin: Instant,
    stop: &CancellationToken,
    mut due: impl FnMut(Duration),
) -> Ended {
    let mut at_once = 0;
    for at in times {
        if stop.is_cancelled() {
            return Ended::Stopped;
        }
        let when = begin + at;
        if Instant::now() < when {
            at_once = 0;
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ended::Stopped,
                () = sleep_until(when) => {}
            }
        } else {
            at_once += 1;
            if at_once % BEFORE_OTHERS_RUN == 0 {
                tokio::task::yield_now().await;
            }
        }
        due(at);
    }
    Ended::Complete
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrivals::{Arrivals, Spacing};

    #[tokio::test(start_paused = true)]
    async fn each_is_handed_over_when_it_is_due() {
        let shape = "4@0s,40@20s".parse().unwrap();
        let arrivals = || Arrivals::new(&shape, Duration::from_secs(20), Spacing::Poisson(5));
        let begin = Instant::now();
        let mut handed = vec![];
        let ended = pace(arrivals(), begin, &CancellationToken::new(), |at| {
            handed.push((at, begin.elapsed()));
        })
        .await;
        assert_eq!(ended, Ended::Complete);
        assert_eq!(handed.len(), arrivals().count());
        // tokio's clock has steps of a millisecond.
        assert!(handed.iter().all(|(at, now)| *at <= *now && *now <= *at + Duration::from_millis(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_of_the_machine_drops_nothing() {
        let begin = Instant::now();
        let times = (1..=100).map(Duration::from_millis);
        tokio::time::advance(Duration::from_secs(3)).await;
        let mut late = vec![];
        pace(times, begin, &CancellationToken::new(), |at| late.push(begin.elapsed() - at)).await;
        assert_eq!(late.len(), 100);
        assert!(late.iter().all(|late| Duration::from_millis(2_900) <= *late));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_it_at_once() {
        let stop = CancellationToken::new();
        let mut count = 0;
        let ended = pace((0..1_000).map(Duration::from_secs), Instant::now(), &stop, |_| {
            count += 1;
            if count == 10 {
                stop.cancel();
            }
        })
        .await;
        assert_eq!((ended, count), (Ended::Stopped, 10));
    }
}
