//! How often the HPA controller reads: the time between two reads of the same metric, as the metrics API hears them. One
//! controller reads for the whole cluster, at one period, so a few scalers tell it for all.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use jiff::SignedDuration;

use crate::board::ScalerKey;

/// Scalers that are listened to.
const MOST_LISTENED: usize = 32;
/// Times between reads that are remembered.
const REMEMBERED: usize = 64;
/// Fewer say nothing.
const LEAST: usize = 8;
/// Longer pauses are those of an HPA that was away, or of another replica of the controller that answered.
const LONGEST: Duration = Duration::from_secs(300);
/// Quicker ones are retries, or two HPAs of the same metric.
const SHORTEST: Duration = Duration::from_secs(2);

/// The reads of HPAs.
#[derive(Debug, Default)]
pub struct HpaPolls(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    last: HashMap<ScalerKey, Instant>,
    pauses: Vec<Duration>,
    next: usize,
}

impl HpaPolls {
    /// Hears a read of what the HPA follows, by this user.
    pub fn heard(&self, scaler: &ScalerKey, user: &str, now: Instant) {
        let is_hpa_controller =
            user.ends_with(":horizontal-pod-autoscaler") || user == "system:kube-controller-manager";
        if !is_hpa_controller {
            return;
        }
        let mut heard = self.0.lock().expect("no holder panics");
        let last = match heard.last.get_mut(scaler) {
            Some(last) => std::mem::replace(last, now),
            None => {
                if MOST_LISTENED <= heard.last.len() {
                    // Those that are no more make place.
                    heard.last.retain(|_, last| now.duration_since(*last) <= LONGEST);
                }
                if heard.last.len() < MOST_LISTENED {
                    heard.last.insert(scaler.clone(), now);
                }
                return;
            }
        };
        let pause = now.duration_since(last);
        if (SHORTEST..=LONGEST).contains(&pause) {
            heard.remember(pause);
        }
    }

    /// The usual time between two reads, in whole seconds; `None` while too little was heard.
    #[must_use]
    pub fn period(&self) -> Option<SignedDuration> {
        let mut pauses = self.0.lock().expect("no holder panics").pauses.clone();
        if pauses.len() < LEAST {
            return None;
        }
        let middle = pauses.len() / 2;
        let (_, median, _) = pauses.select_nth_unstable(middle);
        Some(SignedDuration::from_secs(median.as_secs_f64().round() as i64))
    }
}

impl Heard {
    fn remember(&mut self, pause: Duration) {
        if self.pauses.len() < REMEMBERED {
            self.pauses.push(pause);
        } else {
            self.pauses[self.next % REMEMBERED] = pause;
        }
        self.next = self.next.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HPA: &str = "system:serviceaccount:kube-system:horizontal-pod-autoscaler";

    fn check(user: &str, pauses_ms: &[u64], period_s: Option<i64>) {
        let (polls, mut now) = (HpaPolls::default(), Instant::now());
        let key = ScalerKey::new("live", "gateway");
        polls.heard(&key, user, now);
        for pause in pauses_ms {
            now += Duration::from_millis(*pause);
            polls.heard(&key, user, now);
        }
        assert_eq!(polls.period(), period_s.map(SignedDuration::from_secs), "{user} {pauses_ms:?}");
    }

    #[test]
    fn the_period_is_the_usual_time_between_two_reads_of_the_hpa_controller() {
        check(HPA, &[15_020; 8], Some(15));
        check(HPA, &[15_020; 7], None);
        check("system:kube-controller-manager", &[30_000; 10], Some(30));
        check("jane", &[15_000; 10], None);
    }

    #[test]
    fn a_replica_that_answered_once_and_a_retry_do_not_move_it() {
        let mut pauses = vec![15_000; 12];
        pauses.extend([30_000, 200, 45_000, 600_000, 15_100]);
        check(HPA, &pauses, Some(15));
    }

    #[test]
    fn memory_is_bounded() {
        let (polls, start) = (HpaPolls::default(), Instant::now());
        for round in 0..20 {
            for scaler in 0..100 {
                let key = ScalerKey::new("live", &format!("scaler-{scaler}"));
                polls.heard(&key, HPA, start + Duration::from_secs(round * 15));
            }
        }
        let heard = polls.0.lock().unwrap();
        assert_eq!((heard.last.len(), heard.pauses.len()), (MOST_LISTENED, REMEMBERED));
    }
}
