//! What signals and classes of events have been worth: the day that is kept is forecast anew with all of them, and once
//! more without each. All of it on copies: whoever asks changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::Autoscaler;
use crate::events::{Effect, Event};
use crate::forecast::{Engine, Forecaster, Quantiles, Seen};
use crate::score::Score;
use crate::signal::ClosedStep;

/// The first part of the day is learned from, and not judged: 1 of so many parts.
const LEARNED_FIRST: usize = 4;
/// With fewer forecasts judged, chance would speak.
const LEAST_JUDGED: u64 = 30;
/// Signals, and classes, that are judged: each takes as long as all of the day.
const MOST_JUDGED: usize = 8;
/// What an event does is looked for from so long before its start to so long after its end.
const AROUND: SignedDuration = SignedDuration::from_mins(15);

/// What was worth how much: shares of the loss of forecasts that are saved by knowing of something, below 0 where they
/// are worse with it, and `None` where too little was seen to tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Worths {
    /// Time over which this was judged.
    pub judged: SignedDuration,
    /// Of each leading signal, in the order of the settings.
    pub signals: Vec<Option<f64>>,
    /// Of each class of events that fell into that time, around its events.
    pub classes: BTreeMap<String, Option<f64>>,
}

/// The day, as it was seen.
struct Day {
    steps: Vec<ClosedStep>,
    /// For each step the value of each signal.
    signals: Vec<Vec<Option<f64>>>,
    /// The first step that is judged.
    judged_from: usize,
    /// How far ahead forecasts are judged, in steps.
    horizons: Vec<usize>,
}

/// What was forecast for each step, one a horizon.
type Told = Vec<Vec<Option<Quantiles>>>;

impl Autoscaler {
    /// Forecasts the day that is kept anew, one pod lead time and one node lead time ahead, with all signals and `events`
    /// and without each. A forecaster that begins with the day knows less than one of weeks, with and without alike. It
    /// takes some tenths of a second.
    #[must_use]
    pub fn worths(&self, events: &[Event]) -> Worths {
        let day = self.day();
        let signals = self.settings.signals.len();
        let classes = day.classes(events);
        if day.steps.len() <= day.judged_from || (signals == 0 && classes.is_empty()) {
            return Worths { signals: vec![None; signals], ..Worths::default() };
        }
        let with = self.told(&day, events, None);
        let signal = |silent: usize| {
            let without = (silent < MOST_JUDGED).then(|| self.told(&day, events, Some(silent)))?;
            day.saved((&with, &without), |_| true)
        };
        let class = |class: &str| {
            let others: Vec<Event> = events.iter().filter(|event| event.class != class).cloned().collect();
            let without = self.told(&day, &others, None);
            day.saved((&with, &without), |step| {
                events.iter().any(|event| event.class == class && is_around(event, step))
            })
        };
        Worths {
            judged: self.settings.step * (day.steps.len() - day.judged_from) as i32,
            signals: (0..signals).map(signal).collect(),
            classes: classes.into_iter().map(|name| (name.to_owned(), class(name))).collect(),
        }
    }

    fn day(&self) -> Day {
        let steps: Vec<ClosedStep> = self.demand.closed_after(None).collect();
        let signals = |step: &ClosedStep| {
            let signals = self.settings.signals.iter();
            signals.map(|signal| self.known(signal, step.ends_at)).collect()
        };
        let (lead, longest) = (self.lead_time(), self.forecaster.settings().longest as usize);
        let in_steps = |lead: SignedDuration| {
            let steps = (lead.as_secs_f64() / self.settings.step.as_secs_f64()).ceil() as usize;
            steps.clamp(1, longest.max(1))
        };
        let horizons = BTreeSet::from([in_steps(lead.pod), in_steps(lead.node)]);
        Day {
            signals: steps.iter().map(signals).collect(),
            judged_from: steps.len() / LEARNED_FIRST,
            horizons: horizons.into_iter().collect(),
            steps,
        }
    }

    /// What a forecaster that begins with the day says, with one signal silent if there is to be one.
    fn told(&self, day: &Day, events: &[Event], silent: Option<usize>) -> Told {
        let mut engine = Engine::new(*self.forecaster.settings());
        engine.adopt(&self.forecaster.tracker().pool());
        let mut told = vec![vec![None; day.horizons.len()]; day.steps.len()];
        for (index, step) in day.steps.iter().enumerate() {
            let mut signals = day.signals[index].clone();
            if let Some(silent) = silent {
                signals[silent] = None;
            }
            engine.learn(&Seen { step: *step, events, signals: &signals });
            let Some(forecast) = engine.forecast() else { continue };
            for (place, horizon) in day.horizons.iter().enumerate() {
                if let Some(target) = told.get_mut(index + horizon) {
                    target[place] = forecast.values.get(horizon - 1).copied();
                }
            }
        }
        told
    }
}

impl Day {
    /// Classes of events that the judged part has something of.
    fn classes<'e>(&self, events: &'e [Event]) -> BTreeSet<&'e str> {
        let judged = self.steps.get(self.judged_from..).unwrap_or_default();
        let seen = events.iter().filter(|event| event.effect == Effect::Demand);
        let seen = seen.filter(|event| judged.iter().any(|step| is_around(event, step)));
        seen.map(|event| &*event.class).take(MOST_JUDGED).collect()
    }

    /// The share of the loss without something that is saved with it, over those judged steps that count.
    fn saved(&self, (with, without): (&Told, &Told), counts: impl Fn(&ClosedStep) -> bool) -> Option<f64> {
        let (mut losses_with, mut losses_without) = (Score::default(), Score::default());
        for index in self.judged_from..self.steps.len() {
            let step = &self.steps[index];
            let Some(came) = step.value.filter(|_| counts(step)) else { continue };
            for (one, other) in with[index].iter().zip(&without[index]) {
                if let (Some(one), Some(other)) = (one, other) {
                    losses_with.add(one, came);
                    losses_without.add(other, came);
                }
            }
        }
        let (with, without) = (losses_with.wql()?, losses_without.wql()?);
        (LEAST_JUDGED <= losses_with.count() && 0.0 < without).then(|| 1.0 - with / without)
    }
}

fn is_around(event: &Event, step: &ClosedStep) -> bool {
    let ramp_up = event.expected.map_or(SignedDuration::ZERO, |expected| expected.ramp_up);
    let from = event.starts_at.checked_sub(ramp_up + AROUND);
    let to = event.ends_at.checked_add(AROUND);
    from.is_ok_and(|from| from < step.ends_at) && to.is_ok_and(|to| step.ends_at <= to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Observation, Sample,
        autoscaler::by_minutes::{self, MINUTE, at},
        settings::{LeadTimeSettings, Settings, SignalSettings},
    };

    const MINUTES: i64 = 720;

    fn settings() -> Settings {
        let signal =
            |name: &str| SignalSettings { name: name.to_owned(), step: MINUTE, delay: SignedDuration::ZERO };
        Settings {
            signals: vec![signal("joins"), signal("weather")],
            lead_time: LeadTimeSettings { pod: Some(MINUTE), node: Some(MINUTE * 4) },
            ..by_minutes::settings()
        }
    }

    /// Numbers within [0, 1) that look random.
    fn noise(seed: i64) -> f64 {
        let mixed = (seed as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f64 / (1_u64 << 24) as f64
    }

    /// What people begin five minutes before they come.
    fn joins(minute: i64) -> f64 {
        let burst = |k: i64| 400.0 * noise(k / 9) * noise(k / 9 + 1_000);
        200.0 + (0..4).map(|back| burst(minute - back)).sum::<f64>() / 4.0
    }

    fn on_sale(minute: i64) -> Event {
        by_minutes::on_sale(at(minute), MINUTE * 30)
    }

    /// Half a day of demand that follows `joins` by five minutes and knows nothing of `weather`, with an event at its end.
    fn scaler(event: &Event) -> Autoscaler {
        let mut scaler = Autoscaler::new(settings());
        for minute in 0..=MINUTES {
            let usual = 4.0 * joins(minute - 5) + 20.0 * noise(minute + 50_000);
            let demand = if event.holds(at(minute)) { 4_000.0 } else { usual };
            let sample = |value: f64| Sample::new(at(minute), value).unwrap();
            let seen = Observation {
                demand: &[sample(demand)],
                signals: &[("joins", sample(joins(minute))), ("weather", sample(300.0 * noise(-minute)))],
                events: std::slice::from_ref(event),
                ..Observation::default()
            };
            scaler.observe(at(minute), &seen);
        }
        scaler
    }

    #[test]
    fn what_runs_ahead_is_worth_something_and_what_does_not_is_not() {
        let event = on_sale(MINUTES - 60);
        let scaler = scaler(&event);
        let snapshot = scaler.snapshot();
        let worths = scaler.worths(std::slice::from_ref(&event));
        assert_eq!(worths.judged, MINUTE * 541);
        let [joins, weather] = [worths.signals[0].unwrap(), worths.signals[1].unwrap()];
        assert!(0.1 < joins, "{worths:?}");
        assert!(weather < 0.05, "{worths:?}");
        let on_sale = worths.classes["on-sale"].unwrap();
        assert!(0.1 < on_sale, "{worths:?}");
        assert_eq!(scaler.snapshot(), snapshot, "nothing is changed by asking");
    }

    #[test]
    fn of_what_was_not_seen_nothing_is_said() {
        let event = on_sale(MINUTES + 60);
        let told = scaler(&event).worths(std::slice::from_ref(&event));
        assert_eq!(told.classes, BTreeMap::new(), "it has not begun");
        let nothing = Autoscaler::new(settings()).worths(&[event]);
        assert_eq!(nothing.signals, [None, None]);
    }
}
