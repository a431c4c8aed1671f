//! Why this many: the one reason that status, Kubernetes event, metric, dashboard, report and log all print.

mod sum;
pub(crate) mod words;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::capacity::{Capacity, Origin};
use crate::forecast::Withheld;
pub use sum::Term;
use words::{Clock, Count, Demand};

/// Why a plan is what it is: what drove it, and what held it back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// What the replicas were computed from.
    pub driver: Driver,
    /// What one replica serves, and how that is known; `None` where it is not.
    pub capacity: Option<Capacity>,
    /// Replicas that the driver asks for, before limits and laws.
    pub wanted: u32,
    /// Replicas that the plan asks for.
    pub replicas: u32,
    /// What moved `wanted` to `replicas`; `None` where they are equal.
    pub limit: Option<Limit>,
    /// Where the last value stands in for a forecast that was no better; `None` where all of it is served.
    #[serde(default)]
    pub withheld: Option<Withheld>,
    /// Pods on nodes that are about to vanish: as many more are asked for, which stand in for them.
    #[serde(default)]
    pub going: u32,
}

/// What the replicas were computed from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Driver {
    /// A quantile of the forecast, above what is observed.
    Forecast {
        /// The quantile, within (0, 1).
        quantile: f64,
        /// Its value.
        demand: f64,
        /// The time at which it is expected.
        at: Timestamp,
        /// How far ahead that is.
        ahead: SignedDuration,
        /// The announced event that lifts it most, if one does.
        event: Option<String>,
    },
    /// What is observed now, at or above the forecast.
    Observed {
        /// Observed demand.
        demand: f64,
    },
    /// What is observed now, since there is no forecast to serve.
    Reactive {
        /// Observed demand.
        demand: f64,
        /// Why there is none.
        because: NoForecast,
    },
    /// Arrivals and the lag that must be drained.
    Draining {
        /// Arrival rate provisioned for, per second.
        arrivals: f64,
        /// Lag expected when the pods are ready, in messages.
        lag: f64,
        /// Time in which it must be gone.
        within: SignedDuration,
    },
    /// What is observed now, while nobody knows what a replica serves: the current size is kept.
    UnknownCapacity {
        /// Observed demand.
        demand: f64,
    },
    /// The source is silent: the last plan is held.
    HeldPlan {
        /// Age of the newest sample.
        silent_for: SignedDuration,
        /// When holding ends.
        until: Timestamp,
    },
    /// The source has been silent for too long to hold the plan: last observed demand, no shrinking.
    LastObserved {
        /// Age of the newest sample.
        silent_for: SignedDuration,
        /// The demand that it had.
        demand: f64,
    },
    /// Nothing is known of demand: the current size is kept.
    HeldSize {
        /// Age of the newest sample; `None` where there has never been one.
        silent_for: Option<SignedDuration>,
    },
}

/// Why there is no forecast to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoForecast {
    /// Too little history.
    ColdStart,
    /// The scaler is paused.
    Paused,
}

/// What moved the wanted replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// `minReplicas`.
    Floor,
    /// `maxReplicas`.
    Ceiling,
    /// More replicas than partitions do not help.
    Partitions,
    /// Fewer would leave the slowest with one partition more.
    EvenPartitions,
    /// The fastest growth allowed.
    UpRate,
    /// The fastest shrinking allowed.
    DownRate,
    /// The most that was wanted lately, within the scale-down window.
    DownWindow,
    /// Silence never shrinks.
    Silence,
}

impl Reason {
    /// A short constant word for metrics and event reasons: `Forecast`, `HeldPlan`, …
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.driver {
            Driver::Forecast { .. } => "Forecast",
            Driver::Observed { .. } => "Observed",
            Driver::Reactive { .. } => "Reactive",
            Driver::Draining { .. } => "Draining",
            Driver::UnknownCapacity { .. } => "UnknownCapacity",
            Driver::HeldPlan { .. } => "HeldPlan",
            Driver::LastObserved { .. } => "LastObserved",
            Driver::HeldSize { .. } => "HeldSize",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replicas = Count(self.replicas, "replica");
        write!(f, "{replicas}: {}", self.driver)?;
        if let Some(capacity) = self.capacity.filter(|_| self.replicas_follow_demand()) {
            write!(f, ", {capacity}")?;
        }
        if let Some(limit) = self.limit {
            write!(f, "; {} wanted, {limit}", self.wanted)?;
        }
        if 0 < self.going {
            write!(f, "; {} of them for pods on nodes that are about to go", self.going)?;
        }
        match self.withheld {
            Some(withheld) => write!(f, "; {withheld}"),
            None => Ok(()),
        }
    }
}

impl Reason {
    /// Whether the wanted replicas are demand over capacity, and not a size that is held.
    fn replicas_follow_demand(&self) -> bool {
        match self.driver {
            Driver::Forecast { .. }
            | Driver::Observed { .. }
            | Driver::Reactive { .. }
            | Driver::Draining { .. }
            | Driver::LastObserved { .. } => true,
            Driver::UnknownCapacity { .. } | Driver::HeldPlan { .. } | Driver::HeldSize { .. } => false,
        }
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forecast { quantile, demand, at, ahead, event } => {
                write!(f, "demand is forecast to reach {} ", Demand(*demand))?;
                write!(f, "(q{}) at {}, {ahead:#} ahead", quantile, Clock(*at))?;
                event.as_ref().map_or(Ok(()), |name| write!(f, ", for {name}"))
            }
            Self::Observed { demand } => write!(f, "demand is {}, no more is forecast", Demand(*demand)),
            Self::Reactive { demand, because } => write!(f, "demand is {}, {because}", Demand(*demand)),
            Self::Draining { arrivals, lag, within } => write!(
                f,
                "{} arrive a second and a lag of {} is drained within {within:#}",
                Demand(*arrivals),
                Demand(*lag)
            ),
            Self::UnknownCapacity { demand } => write!(
                f,
                "demand is {}, what a replica serves is not known yet, the size is kept",
                Demand(*demand)
            ),
            Self::HeldPlan { silent_for, until } => write!(
                f,
                "the demand source has been silent for {silent_for:#}, the last plan is held until {}",
                Clock(*until)
            ),
            Self::LastObserved { silent_for, demand } => write!(
                f,
                "the demand source has been silent for {silent_for:#}, demand was {} when last seen",
                Demand(*demand)
            ),
            Self::HeldSize { silent_for: Some(silent_for) } => {
                write!(f, "the demand source has been silent for {silent_for:#}, the size is kept")
            }
            Self::HeldSize { silent_for: None } => {
                f.write_str("no demand has been observed yet, the size is kept")
            }
        }
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} a replica{}", Demand(self.per_replica), self.origin)
    }
}

/// As an addition in brackets; nothing where the user says so.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Given => Ok(()),
            Self::Assumed => f.write_str(" (assumed, too little has been seen)"),
            Self::Guessed => f.write_str(" (a guess: the load that it has borne)"),
            Self::Learned { low, high } => write!(f, " (learned, {}–{})", Demand(low), Demand(high)),
            Self::Lowered { late_at } => {
                write!(f, " (lowered, since latency is too high at {})", Demand(late_at))
            }
            Self::Kept => f.write_str(" (kept, since latency is too high at every load)"),
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ahead, times) = (self.ahead, self.loss_ratio);
        write!(
            f,
            "{ahead:#} ahead the last value is served, since the forecast was {times:.1} times as wrong lately"
        )
    }
}

impl fmt::Display for NoForecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ColdStart => "there is too little history to forecast",
            Self::Paused => "the scaler is paused",
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Floor => "minReplicas holds it up",
            Self::Ceiling => "maxReplicas holds it down",
            Self::Partitions => "more replicas than partitions do not help",
            Self::EvenPartitions => "with fewer the slowest has a partition more",
            Self::UpRate => "growing as fast as allowed",
            Self::DownRate => "shrinking as fast as allowed",
            Self::DownWindow => "more was wanted within the scale-down window",
            Self::Silence => "silence never shrinks",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::band::Regime;

    fn check(driver: Driver, (wanted, replicas): (u32, u32), limit: Option<Limit>, sentence: &str) {
        let capacity = Some(Capacity { per_replica: 250.0, origin: Origin::Given });
        let reason = Reason { driver, capacity, wanted, replicas, limit, withheld: None, going: 0 };
        assert_eq!(reason.to_string(), sentence);
    }

    #[test]
    fn a_forecast_that_is_withheld_is_said_with_its_loss() {
        let withheld = Withheld {
            ahead: SignedDuration::from_mins(2),
            loss_ratio: 1.32,
            steps: 240,
            regime: Regime::Quiet,
        };
        let reason = Reason {
            driver: Driver::Observed { demand: 500.0 },
            capacity: Some(Capacity { per_replica: 250.0, origin: Origin::Given }),
            wanted: 2,
            replicas: 2,
            limit: None,
            withheld: Some(withheld),
            going: 0,
        };
        assert_eq!(
            reason.to_string(),
            "2 replicas: demand is 500, no more is forecast, 250 a replica; 2m ahead the last value is served, since \
             the forecast was 1.3 times as wrong lately"
        );
    }

    #[test]
    fn a_reason_says_in_one_sentence_with_numbers_why_this_many() {
        let at: Timestamp = "2026-07-07T19:02:00Z".parse().unwrap();
        check(
            Driver::Forecast {
                quantile: 0.95,
                demand: 5_840.2,
                at,
                ahead: SignedDuration::from_mins(3),
                event: Some("semi-final".into()),
            },
            (24, 20),
            Some(Limit::Ceiling),
            "20 replicas: demand is forecast to reach 5,840 (q0.95) at 19:02 UTC, 3m ahead, for semi-final, \
             250 a replica; 24 wanted, maxReplicas holds it down",
        );
        check(
            Driver::Observed { demand: 1_234_567.0 },
            (4_939, 4_939),
            None,
            "4,939 replicas: demand is 1,234,567, no more is forecast, 250 a replica",
        );
        check(
            Driver::HeldPlan { silent_for: SignedDuration::from_secs(90), until: at },
            (1, 1),
            None,
            "1 replica: the demand source has been silent for 1m 30s, the last plan is held until 19:02 UTC",
        );
        check(
            Driver::HeldSize { silent_for: None },
            (7, 7),
            None,
            "7 replicas: no demand has been observed yet, the size is kept",
        );
    }

    #[test]
    fn a_capacity_that_is_not_given_says_how_it_is_known() {
        let check = |per_replica, origin, words: &str| {
            assert_eq!(Capacity { per_replica, origin }.to_string(), words);
        };
        check(250.0, Origin::Learned { low: 210.2, high: 270.0 }, "250 a replica (learned, 210–270)");
        check(41.66, Origin::Guessed, "41.7 a replica (a guess: the load that it has borne)");
        check(100.0, Origin::Assumed, "100 a replica (assumed, too little has been seen)");
        let lowered = "90 a replica (lowered, since latency is too high at 100)";
        check(90.0, Origin::Lowered { late_at: 100.0 }, lowered);
        check(100.0, Origin::Kept, "100 a replica (kept, since latency is too high at every load)");
    }
}
