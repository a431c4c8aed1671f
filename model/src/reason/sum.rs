//! The sum behind the sentence: how the replicas come about, line by line, with the same numbers in the same words.

use std::fmt::Display;

use super::words::{Clock, Count, Demand};
use super::{Driver, Reason};
use crate::capacity::Capacity;

/// One line of a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// What it is.
    pub label: String,
    /// How much.
    pub value: String,
}

fn term(label: impl Into<String>, value: impl Display) -> Term {
    Term { label: label.into(), value: value.to_string() }
}

impl Reason {
    /// How the replicas come about: what is expected, divided by what a replica serves, and what moved the result. The
    /// last line is the replicas of the plan.
    #[must_use]
    pub fn sum(&self) -> Vec<Term> {
        let mut sum = self.driver.terms();
        if let Some(capacity) = self.capacity.filter(|_| self.replicas_follow_demand()) {
            sum.push(divisor(capacity));
        }
        let planned = Count(self.replicas, "replica");
        if self.limit.is_some() || 0 < self.going {
            sum.push(term("= wanted", Count(self.wanted, "replica")));
        }
        if 0 < self.going {
            sum.push(term("+ for pods on nodes that are about to go", Count(self.going, "replica")));
        }
        match self.limit {
            None => sum.push(term("= planned", planned)),
            Some(limit) => sum.push(term(format!("→ planned: {limit}"), planned)),
        }
        sum
    }
}

fn divisor(capacity: Capacity) -> Term {
    term(format!("÷ a replica serves{}", capacity.origin), Demand(capacity.per_replica))
}

impl Driver {
    /// Demand that is provisioned for, or the size that is held.
    fn terms(&self) -> Vec<Term> {
        match self {
            Self::Forecast { quantile, demand, at, event, .. } => {
                let of_event = event.as_ref().map_or(String::new(), |name| format!(", for {name}"));
                let label = format!("demand forecast for {} (q{quantile}){of_event}", Clock(*at));
                vec![term(label, Demand(*demand))]
            }
            Self::Observed { demand } => vec![term("demand, no more is forecast", Demand(*demand))],
            Self::Reactive { demand, because } => vec![term(format!("demand, {because}"), Demand(*demand))],
            Self::Draining { arrivals, lag, within } => vec![
                term("arrivals a second", Demand(*arrivals)),
                term(
                    format!("+ a lag of {} within {within:#}, a second", Demand(*lag)),
                    Demand(lag / within.as_secs_f64()),
                ),
            ],
            Self::UnknownCapacity { demand } => {
                vec![term("demand, by replicas that nobody knows the capacity of", Demand(*demand))]
            }
            Self::HeldPlan { silent_for, until } => {
                let label = format!("the last plan, held until {}", Clock(*until));
                vec![term(label, format!("silent for {silent_for:#}"))]
            }
            Self::LastObserved { silent_for, demand } => {
                vec![term(format!("demand when last seen, {silent_for:#} ago"), Demand(*demand))]
            }
            Self::HeldSize { silent_for: Some(silent_for) } => {
                vec![term("the size, kept", format!("silent for {silent_for:#}"))]
            }
            Self::HeldSize { silent_for: None } => vec![term("the size, kept", "no demand observed yet")],
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::capacity::Origin;
    use crate::reason::Limit;

    fn check(driver: Driver, (wanted, replicas): (u32, u32), limit: Option<Limit>, lines: &[(&str, &str)]) {
        let capacity = Some(Capacity { per_replica: 250.0, origin: Origin::Given });
        let reason = Reason { driver, capacity, wanted, replicas, limit, withheld: None, going: 0 };
        let sum: Vec<_> = reason.sum().into_iter().map(|term| (term.label, term.value)).collect();
        let lines: Vec<_> =
            lines.iter().map(|(label, value)| (label.to_string(), value.to_string())).collect();
        assert_eq!(sum, lines);
    }

    #[test]
    fn the_sum_has_the_numbers_of_the_sentence() {
        let at: jiff::Timestamp = "2026-07-07T19:02:00Z".parse().unwrap();
        let forecast = Driver::Forecast {
            quantile: 0.95,
            demand: 5_840.2,
            at,
            ahead: SignedDuration::from_mins(3),
            event: Some("semi-final".into()),
        };
        check(
            forecast,
            (24, 20),
            Some(Limit::Ceiling),
            &[
                ("demand forecast for 19:02 UTC (q0.95), for semi-final", "5,840"),
                ("÷ a replica serves", "250"),
                ("= wanted", "24 replicas"),
                ("→ planned: maxReplicas holds it down", "20 replicas"),
            ],
        );
        check(
            Driver::Draining { arrivals: 700.0, lag: 30_000.0, within: SignedDuration::from_mins(5) },
            (4, 4),
            None,
            &[
                ("arrivals a second", "700"),
                ("+ a lag of 30,000 within 5m, a second", "100"),
                ("÷ a replica serves", "250"),
                ("= planned", "4 replicas"),
            ],
        );
        check(
            Driver::HeldSize { silent_for: None },
            (7, 7),
            None,
            &[("the size, kept", "no demand observed yet"), ("= planned", "7 replicas")],
        );
    }
}
