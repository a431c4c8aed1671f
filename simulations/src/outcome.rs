//! What came of a run, in the words of people: per event, at turning points, and in a sentence.

use jiff::{SignedDuration, Timestamp};
use prescale_model::Event;

use crate::figures::{count, missed_share};
use crate::result::{EventResult, PolicyResult};
use crate::scenario::Scenario;
use crate::world::{Totals, World};

/// An event's traffic is looked at from this long before its start until this long after its end.
const AROUND: SignedDuration = SignedDuration::from_mins(30);

/// A share that reads as less than 0.001 %.
const TRIFLE: f64 = 1e-5;

/// Collects what a policy makes of each event of the window.
#[derive(Clone, Debug)]
pub struct EventLog<'a> {
    scenario: &'a Scenario,
    events: Vec<(&'a Event, Course)>,
}

/// What was seen of one event.
#[derive(Clone, Copy, Debug, Default)]
struct Course {
    before: Option<Totals>,
    after: Option<Totals>,
    peak: Option<(f64, Timestamp)>,
    ready_at_start: Option<u32>,
}

impl<'a> EventLog<'a> {
    /// For the events that touch the window.
    #[must_use]
    pub fn new(scenario: &'a Scenario) -> Self {
        let touches = |event: &&Event| event.starts_at < scenario.to && scenario.from < event.ends_at;
        let events = scenario.events.iter().filter(touches).map(|event| (event, Course::default())).collect();
        Self { scenario, events }
    }

    /// Takes in a tick: `before` are the totals of the tick before.
    pub fn note(&mut self, now: Timestamp, before: &Totals, world: &World) {
        let tick_s = self.scenario.written.tick.as_secs_f64();
        for (event, course) in &mut self.events {
            if now < event.starts_at - AROUND || event.ends_at + AROUND < now {
                continue;
            }
            let totals = world.totals();
            course.before.get_or_insert(*before);
            course.after = Some(*totals);
            let demand = (totals.requests - before.requests) / tick_s;
            if course.peak.is_none_or(|(peak, _)| peak < demand) {
                course.peak = Some((demand, now));
            }
            if event.starts_at <= now {
                course.ready_at_start.get_or_insert(world.replicas().ready);
            }
        }
    }

    /// The results, in order of the events' starts.
    #[must_use]
    pub fn finish(self) -> Vec<EventResult> {
        self.events.iter().map(|(event, course)| self.result(event, course)).collect()
    }

    fn result(&self, event: &Event, course: &Course) -> EventResult {
        let (before, after) = (course.before.unwrap_or_default(), course.after.unwrap_or_default());
        let (peak_demand, peak_at) = course.peak.unwrap_or((0.0, event.starts_at));
        let count = |of: fn(&Totals) -> f64| (of(&after) - of(&before)).round() as u64;
        EventResult {
            name: event.name.clone(),
            class: event.class.clone(),
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            peak_demand: (peak_demand * 10.0).round() / 10.0,
            peak_at,
            requests: count(|totals| totals.requests),
            late_requests: count(|totals| totals.late),
            failed_requests: count(|totals| totals.failed),
            ready_at_start: course.ready_at_start.unwrap_or(0),
            needed_at_start: self.scenario.needed(event.starts_at),
        }
    }
}

/// Whether a change of the planned size is one that people will ask about: at least a quarter, and two pods.
#[must_use]
pub fn is_turn(from: u32, to: u32) -> bool {
    let change = from.abs_diff(to);
    2 <= change && from <= change * 4
}

/// What happened, in a sentence: Prescale beside the better HPA, or what there is.
#[must_use]
pub fn summary(policies: &[PolicyResult]) -> String {
    let named = |name: &str| policies.iter().find(|policy| policy.name == name);
    let hpas = [named("hpa-cpu"), named("hpa-demand")].into_iter().flatten();
    let (Some(prescale), Some(hpa)) = (named("prescale"), hpas.min_by_key(|policy| missed(policy))) else {
        let each =
            policies.iter().map(|policy| format!("{} was late or failed for {}", policy.name, share(policy)));
        return format!("{}.", each.collect::<Vec<_>>().join(", "));
    };
    format!(
        "Prescale was late or failed for {} of {} requests; the better HPA ({}) for {}{}. \
         Prescale used {} replica-hours, the HPA {}.",
        share(prescale),
        count(prescale.requests),
        hpa.settings,
        share(hpa),
        difference(prescale, hpa),
        count(prescale.replica_hours.round() as u64),
        count(hpa.replica_hours.round() as u64),
    )
}

/// How much fewer or more, where a percentage says something: not against none, nor between two trifles.
fn difference(prescale: &PolicyResult, hpa: &PolicyResult) -> String {
    let trifling = late_share(prescale).max(late_share(hpa)) < TRIFLE;
    match (missed(prescale), missed(hpa)) {
        (ours, theirs) if ours == theirs => String::new(),
        _ if trifling => ", hardly any with either".into(),
        (0, _) | (_, 0) => String::new(),
        (ours, theirs) if ours < theirs => {
            format!(", {:.0} % fewer", (100.0 * (1.0 - ours as f64 / theirs as f64)).min(99.0))
        }
        (ours, theirs) => format!(", {:.0} % more", 100.0 * (ours as f64 / theirs as f64 - 1.0)),
    }
}

/// Requests that were not served in time.
#[must_use]
pub fn missed(policy: &PolicyResult) -> u64 {
    policy.late_requests + policy.failed_requests
}

/// Late and failed requests over all, within [0, 1].
#[must_use]
pub fn late_share(policy: &PolicyResult) -> f64 {
    missed_share(missed(policy), policy.requests)
}

fn share(policy: &PolicyResult) -> String {
    match (missed(policy), late_share(policy)) {
        (0, _) => "none".into(),
        (missed, share) if share < TRIFLE => format!("{} (<0.001 %)", count(missed)),
        (missed, share) => format!("{} ({:.3} %)", count(missed), 100.0 * share),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_a_quarter_and_two_pods() {
        for (from, to, turn) in
            [(4, 5, false), (4, 6, true), (100, 110, false), (100, 75, true), (0, 2, true)]
        {
            assert_eq!(is_turn(from, to), turn, "{from} → {to}");
        }
    }

    fn check(runs: &[(&str, u64)], said: &str) {
        let any = crate::report::fixture::night().policies.swap_remove(0);
        let run = |&(name, late_requests): &(&str, u64)| PolicyResult {
            name: name.into(),
            settings: name.into(),
            requests: 1_000_000,
            late_requests,
            failed_requests: 0,
            ..any.clone()
        };
        let sentence = summary(&runs.iter().map(run).collect::<Vec<_>>());
        assert!(sentence.contains(said), "{sentence}");
    }

    #[test]
    fn the_sentence_says_in_plain_words_how_prescale_did() {
        check(&[("hpa-cpu", 400), ("prescale", 100)], "100 (0.010 %) of 1,000,000 requests");
        check(&[("hpa-cpu", 400), ("prescale", 100)], "400 (0.040 %), 75 % fewer.");
        check(&[("hpa-cpu", 100), ("prescale", 150)], "100 (0.010 %), 50 % more.");
        check(&[("hpa-cpu", 100), ("prescale", 100)], "100 (0.010 %). Prescale used");
        check(&[("hpa-cpu", 0), ("prescale", 100)], "(hpa-cpu) for none. Prescale used");
        check(&[("hpa-cpu", 400), ("prescale", 0)], "400 (0.040 %). Prescale used");
        check(&[("hpa-cpu", 2), ("prescale", 0)], "2 (<0.001 %), hardly any with either.");
        check(&[("hpa-cpu", 900_000), ("prescale", 20)], "99 % fewer");
        check(&[("prescale", 100)], "prescale was late or failed for 100 (0.010 %).");
        check(&[("oracle", 0)], "oracle was late or failed for none.");
    }
}
