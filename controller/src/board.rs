//! The board: what the metrics API answers, in memory. The leader's plans are put up here, and on every replica of
//! the controller what it observes itself, so that a leader that dies leaves a board that holds, and then falls to
//! what is observed. How long something has hung there is told by the clock that only goes forward: one that is set
//! takes nothing down, and keeps nothing up.

mod metric;
mod notice;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, RwLock},
    time::Instant,
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast;

pub use metric::{Metric, NotOurs};
pub use notice::{Notice, Observed, ScalerKey};

use crate::api::nearest;

/// Notices that a slow listener may be behind before it has to look at the whole board: a tick of 4,096 scalers.
const MOST_UNREAD: usize = 4_096;

/// Something of each scaler, by namespace and name in it.
pub(crate) type ByName<T> = BTreeMap<Arc<str>, BTreeMap<Arc<str>, T>>;

/// What is served.
#[derive(Debug)]
pub struct Board {
    namespaces: RwLock<ByName<Entry>>,
    news: broadcast::Sender<Arc<Notice>>,
}

/// What is known of one scaler.
#[derive(Clone, Debug, Default)]
struct Entry {
    notice: Option<Hung<Arc<Notice>>>,
    observed: Option<Hung<Observed>>,
}

/// Something, and since when it hangs there.
#[derive(Clone, Copy, Debug)]
struct Hung<T> {
    what: T,
    since: Instant,
}

/// One value of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// The value: finite, never negative.
    pub value: f64,
    /// When it was planned or observed.
    pub at: Timestamp,
}

/// Why there is no value. Prints as the sentence that users find in the events of their HPA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// No scaler has this name here.
    NoScaler {
        /// What was asked for.
        key: ScalerKey,
        /// The nearest name in this namespace.
        nearest: Option<String>,
    },
    /// The scaler is there, and this is not known of it.
    Unknown {
        /// What was asked for.
        key: ScalerKey,
        /// Which metric.
        metric: Metric,
    },
}

impl Default for Board {
    fn default() -> Self {
        Self { namespaces: RwLock::default(), news: broadcast::channel(MOST_UNREAD).0 }
    }
}

impl Board {
    /// Puts a scaler up, of which nothing is known yet.
    pub fn add(&self, key: &ScalerKey) {
        self.change(key, |_| {});
    }

    /// Takes a scaler that is no more off the board.
    pub fn remove(&self, key: &ScalerKey) {
        let mut namespaces = self.namespaces.write().expect("no writer panics");
        if let Some(scalers) = namespaces.get_mut(&key.namespace) {
            scalers.remove(&key.name);
            if scalers.is_empty() {
                namespaces.remove(&key.namespace);
            }
        }
    }

    /// Puts the leader's notice up, unless it is a little older than the one that hangs there: a straggler. One that is
    /// older by more than a plan holds is of a clock that was set back, and the newest that there will be for long.
    pub fn publish(&self, notice: Notice) {
        let notice = Arc::new(notice);
        self.hang_notice(&notice, Instant::now());
        // Nobody listening is no failure.
        let _ = self.news.send(notice);
    }

    /// Puts up what this replica observes.
    pub fn observe(&self, key: &ScalerKey, observed: Observed) {
        self.hang_observed(key, observed, Instant::now());
    }

    /// One that is told again, as to a follower that has lost its leader for a moment, hangs no longer for it.
    fn hang_notice(&self, notice: &Arc<Notice>, now: Instant) {
        self.change(&notice.key, |entry| {
            let there = entry.notice.as_ref().map(|there| &there.what);
            if !there.is_some_and(|there| there == notice || is_straggler(notice, there)) {
                entry.notice = Some(Hung { what: Arc::clone(notice), since: now });
            }
        });
    }

    fn hang_observed(&self, key: &ScalerKey, observed: Observed, now: Instant) {
        self.change(key, |entry| entry.observed = Some(Hung { what: observed, since: now }));
    }

    /// The value of `metric` at `now`.
    ///
    /// # Errors
    ///
    /// [`Unanswered`], in words for the user.
    pub fn answer(&self, key: &ScalerKey, metric: Metric, now: Instant) -> Result<Answer, Unanswered> {
        let namespaces = self.namespaces.read().expect("no writer panics");
        let scalers = namespaces.get(&key.namespace);
        let Some(entry) = scalers.and_then(|scalers| scalers.get(&key.name)) else {
            let names = scalers.into_iter().flat_map(BTreeMap::keys);
            let nearest = nearest(&key.name, names.map(AsRef::as_ref)).map(str::to_owned);
            return Err(Unanswered::NoScaler { key: key.clone(), nearest });
        };
        let answer = entry.answer(metric, now).filter(|answer| answer.value.is_finite());
        answer.ok_or_else(|| Unanswered::Unknown { key: key.clone(), metric })
    }

    /// The notice that hangs there for a scaler.
    #[must_use]
    pub fn notice(&self, key: &ScalerKey) -> Option<Arc<Notice>> {
        let namespaces = self.namespaces.read().expect("no writer panics");
        let notice = namespaces.get(&key.namespace)?.get(&key.name)?.notice.as_ref()?;
        Some(Arc::clone(&notice.what))
    }

    /// All notices, by namespace and name within it.
    #[must_use]
    pub fn notices(&self) -> Vec<Arc<Notice>> {
        let namespaces = self.namespaces.read().expect("no writer panics");
        let entries = namespaces.values().flat_map(BTreeMap::values);
        entries.filter_map(|entry| Some(Arc::clone(&entry.notice.as_ref()?.what))).collect()
    }

    /// Each notice from now on. Who falls [`MOST_UNREAD`] behind is told, and looks at [`Self::notices`].
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.news.subscribe()
    }

    fn change(&self, key: &ScalerKey, change: impl FnOnce(&mut Entry)) {
        let mut namespaces = self.namespaces.write().expect("no writer panics");
        let scalers = namespaces.entry(key.namespace.clone()).or_default();
        change(scalers.entry(key.name.clone()).or_default());
    }
}

impl Entry {
    fn answer(&self, metric: Metric, now: Instant) -> Option<Answer> {
        let notice = self.notice.as_ref().filter(|notice| notice.holds(notice.what.hold_for, now));
        let notice = notice.map(|notice| notice.what.as_ref());
        let observed = self.observed.filter(|observed| observed.holds(observed.what.hold_for, now));
        let observed = observed.map(|observed| observed.what);
        let planned = |value: Option<f64>| Some(Answer { value: value?, at: notice?.plan.made_at });
        let seen = |value: Option<f64>| Some(Answer { value: value?, at: observed?.at });
        match metric {
            Metric::Demand => larger(
                planned(notice.and_then(|notice| notice.plan.demand)),
                seen(observed.and_then(|observed| observed.told)),
            ),
            Metric::Observed => seen(observed.map(|observed| observed.demand)),
            Metric::Forecast => planned(notice.and_then(|notice| notice.forecast)),
            Metric::Lag => planned(notice.and_then(|notice| notice.lag)),
            Metric::Replicas => planned(notice.map(|notice| f64::from(notice.plan.replicas))),
        }
    }
}

impl<T> Hung<T> {
    /// Whether it is still served.
    fn holds(&self, hold_for: SignedDuration, now: Instant) -> bool {
        now.duration_since(self.since) <= hold_for.unsigned_abs()
    }
}

fn is_straggler(notice: &Notice, there: &Notice) -> bool {
    let behind = there.plan.made_at.duration_since(notice.plan.made_at);
    behind.is_positive() && behind <= there.hold_for
}

/// The larger of what is known.
fn larger(one: Option<Answer>, other: Option<Answer>) -> Option<Answer> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if one.value < other.value { other } else { one }),
        (one, other) => one.or(other),
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScaler { key, nearest } => {
                write!(f, "no PredictiveScaler `{}` in namespace `{}`", key.name, key.namespace)?;
                match nearest {
                    Some(nearest) => write!(f, ": did you mean `{nearest}`?"),
                    None => Ok(()),
                }
            }
            Self::Unknown { key, metric } => {
                write!(f, "`{metric}` of PredictiveScaler {key} is not known now: see its status")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use prescale_model::{Driver, Plan, Reason, lead_time::LeadTime};

    const HOLD: SignedDuration = SignedDuration::from_mins(5);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + seconds).unwrap()
    }

    /// A board, by seconds since it was made.
    struct Hall {
        board: Board,
        start: Instant,
    }

    impl Hall {
        fn new() -> Self {
            Self { board: Board::default(), start: Instant::now() }
        }

        fn publish(&self, second: u64, notice: Notice) {
            self.board.hang_notice(&Arc::new(notice), self.start + Duration::from_secs(second));
        }

        fn observe(&self, second: u64, observed: Observed) {
            self.board.hang_observed(&key(), observed, self.start + Duration::from_secs(second));
        }

        fn check(&self, metric: Metric, second: u64, value: Option<f64>) {
            let answer = self.board.answer(&key(), metric, self.start + Duration::from_secs(second));
            assert_eq!(answer.ok().map(|answer| answer.value), value, "{metric} at {second} s");
        }
    }

    fn key() -> ScalerKey {
        ScalerKey::new("live", "gateway")
    }

    fn notice(made: i64, demand: f64) -> Notice {
        let lead_time = LeadTime { pod: SignedDuration::from_secs(20), node: SignedDuration::from_secs(130) };
        let driver = Driver::Observed { demand };
        let reason =
            Reason { driver, capacity: None, wanted: 4, replicas: 4, limit: None, withheld: None, going: 0 };
        let plan = Plan {
            made_at: at(made),
            replicas: 4,
            headroom: 0,
            demand: Some(demand),
            observed: Some(demand),
            lead_time,
            late: None,
            reason,
        };
        Notice { key: key(), plan, forecast: Some(demand), lag: None, hold_for: HOLD }
    }

    fn observed(seen: i64, demand: f64) -> Observed {
        Observed { at: at(seen), demand, told: Some(demand), hold_for: HOLD }
    }

    #[test]
    fn a_plan_is_served_while_it_holds_and_what_is_observed_after_that() {
        let hall = Hall::new();
        hall.publish(0, notice(0, 900.0));
        hall.observe(200, observed(200, 700.0));
        hall.check(Metric::Demand, 300, Some(900.0));
        hall.check(Metric::Demand, 301, Some(700.0));
        hall.check(Metric::Forecast, 301, None);
        hall.check(Metric::Demand, 501, None);
    }

    #[test]
    fn demand_is_never_served_below_what_is_observed() {
        let hall = Hall::new();
        hall.publish(0, notice(0, 900.0));
        hall.observe(10, observed(10, 1_200.0));
        hall.check(Metric::Demand, 15, Some(1_200.0));
    }

    #[test]
    fn an_older_notice_does_not_replace_a_newer_one() {
        let hall = Hall::new();
        hall.publish(15, notice(15, 900.0));
        hall.publish(16, notice(0, 100.0));
        hall.check(Metric::Demand, 20, Some(900.0));
    }

    #[test]
    fn a_notice_that_is_told_again_holds_no_longer() {
        let hall = Hall::new();
        hall.publish(0, notice(0, 900.0));
        hall.publish(200, notice(0, 900.0));
        hall.check(Metric::Demand, 301, None);
    }

    #[test]
    fn plans_go_on_after_a_clock_was_set_back() {
        let hall = Hall::new();
        hall.publish(0, notice(3_600, 900.0));
        hall.publish(1, notice(0, 100.0));
        hall.check(Metric::Demand, 1, Some(100.0));
    }

    #[test]
    fn a_clock_that_is_set_takes_nothing_down_and_keeps_nothing_up() {
        for made in [0, -3_600, 3_600] {
            let hall = Hall::new();
            hall.publish(0, notice(made, 900.0));
            hall.observe(0, observed(made, 700.0));
            hall.check(Metric::Demand, 300, Some(900.0));
            hall.check(Metric::Observed, 300, Some(700.0));
            hall.check(Metric::Demand, 301, None);
        }
    }

    #[test]
    fn what_cannot_be_answered_is_said_in_words() {
        let board = Board::default();
        board.add(&key());
        let say = |name: &str| {
            board.answer(&ScalerKey::new("live", name), Metric::Lag, Instant::now()).unwrap_err().to_string()
        };
        assert_eq!(
            say("gatewya"),
            "no PredictiveScaler `gatewya` in namespace `live`: did you mean `gateway`?"
        );
        assert_eq!(say("gateway"), "`lag` of PredictiveScaler live/gateway is not known now: see its status");
    }

    #[test]
    fn a_scaler_that_was_removed_is_not_answered_for() {
        let hall = Hall::new();
        hall.publish(0, notice(0, 900.0));
        hall.board.remove(&key());
        hall.check(Metric::Demand, 0, None);
        assert_eq!(hall.board.notices(), []);
    }
}
