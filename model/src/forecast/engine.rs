//! The engine: forecasts one series from its first sample on, and gets better as it learns.
//!
//! The scale of a new series is a guess. After an hour it is measured, and after a day again; what was seen so far is
//! then learned anew on it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::anchor::AtAnchor;
use super::band::{Regime, ascending};
use super::core::Core;
use super::sound;
use super::transform::Transform;
use super::{Forecast, Forecaster, QUANTILES, Seen};
use crate::events::Event;
use crate::events::pool::Pool;
use crate::events::tracker::Tracker;
use crate::signal::ClosedStep;

/// Times after which the scale is measured.
const MEASURED_AFTER: [SignedDuration; 2] = [SignedDuration::from_hours(1), SignedDuration::from_hours(24)];
/// Least and most steps that this takes: what is kept until then is bounded.
const LEAST_STEPS: usize = 12;
const MOST_STEPS: usize = 1_440;

/// What an engine runs on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineSettings {
    /// Length of a step.
    pub step: SignedDuration,
    /// Demand that counts as little, above 0, in the unit of demand.
    pub unit: f64,
    /// Farthest horizon, in steps, at least 1.
    pub longest: u32,
    /// Leading signals.
    pub signals: usize,
}

/// How forecasts fared at one horizon and in one part of events' course, beside the last value with its band.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// How far ahead.
    pub horizon: SignedDuration,
    /// In which part of events' course.
    pub regime: Regime,
    /// Loss of forecasts: the sum over quantiles of the pinball loss, on the forecaster's own scale.
    pub loss: f64,
    /// The same of the last value.
    pub last_value_loss: f64,
    /// Steps that were judged; older ones have faded.
    pub steps: u32,
}

/// Forecasts one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Engine {
    settings: EngineSettings,
    core: Core,
    /// Steps of the first day, until the scale is known.
    warm_up: Option<WarmUp>,
    forecast: Option<Forecast>,
    /// Values seen since it started, or started afresh.
    seen: u32,
}

/// The first steps of a series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct WarmUp {
    demand: Vec<Option<f64>>,
    /// As many a step as there are signals.
    signals: Vec<Option<f64>>,
    /// Stretches in which one step follows the other: index and end of the first step of each.
    stretches: Vec<(usize, Timestamp)>,
    /// Whether the series has started afresh since the last step.
    is_cut: bool,
}

impl WarmUp {
    fn push(&mut self, seen: &Seen<'_>) {
        if self.is_cut || self.stretches.is_empty() {
            self.stretches.push((self.demand.len(), seen.step.ends_at));
            self.is_cut = false;
        }
        self.demand.push(seen.step.value);
        self.signals.extend_from_slice(seen.signals);
    }

    /// Whether every step lies in a stretch, and has as many signals as it should.
    fn is_sound(&self, signals: usize) -> bool {
        let starts: Vec<usize> = self.stretches.iter().map(|(start, _)| *start).collect();
        let steps = self.demand.len();
        let values = self.demand.iter().chain(&self.signals).flatten();
        steps <= MOST_STEPS
            && self.signals.len() == signals * steps
            && (starts.first() == Some(&0)) == (0 < steps)
            && starts.windows(2).all(|pair| pair[0] < pair[1])
            && starts.iter().all(|start| *start < steps)
            && self.stretches.iter().all(|(_, ends_at)| sound::is_time(*ends_at))
            && values.into_iter().all(|value| value.is_finite() && 0.0 <= *value)
    }
}

impl Engine {
    /// An engine that has seen nothing.
    #[must_use]
    pub fn new(settings: EngineSettings) -> Self {
        Self {
            core: core(settings, settings.unit),
            warm_up: Some(WarmUp::default()),
            forecast: None,
            seen: 0,
            settings,
        }
    }

    /// What it runs on.
    #[must_use]
    pub fn settings(&self) -> &EngineSettings {
        &self.settings
    }

    /// The events that it follows.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        self.core.tracker()
    }

    /// Takes what other series have learned of classes of events as a prior.
    pub fn adopt(&mut self, pool: &Pool) {
        self.core.adopt(pool);
    }

    /// Share of the last value's loss that forecasts save, by horizon and part of events' course; below 0 where they
    /// are worse.
    pub fn skills(&self) -> impl Iterator<Item = (SignedDuration, Regime, f64)> + '_ {
        let step = self.settings.step;
        self.core.skills().map(move |(horizon, regime, skill)| (step * horizon as i32, regime, skill))
    }

    /// How forecasts fared beside the last value, by horizon and part of events' course, nearest horizon first.
    pub fn judged(&self) -> impl Iterator<Item = Judged> + '_ {
        let step = self.settings.step;
        self.core.judged().map(move |(horizon, regime, skill)| {
            let (loss, last_value_loss, steps) = skill.judged();
            Judged { horizon: step * horizon as i32, regime, loss, last_value_loss, steps }
        })
    }

    /// Says again what comes next, as if `events` were the calendar. Only what is thrown away afterwards may be asked
    /// this.
    pub(crate) fn say_again(&mut self, events: &[Event]) {
        let Some(mut forecast) = self.forecast.take() else { return };
        if let Some(told) = self.core.say_again(forecast.origin, events) {
            interpolate(&told, &mut forecast);
        }
        self.forecast = Some(forecast);
    }

    /// What it cannot forecast from, if it was restored from bytes that no engine has saved, or is beyond repair.
    pub(super) fn unsound(&self) -> Option<&'static str> {
        let EngineSettings { step, longest, signals, .. } = self.settings;
        let fits = |forecast: &Forecast| forecast.values.len() == longest as usize;
        let is_finite = |forecast: &Forecast| forecast.values.iter().flatten().all(|value| value.is_finite());
        let is_timed = |forecast: &Forecast| sound::is_time(forecast.origin) && forecast.step == step;
        if !self.forecast.as_ref().is_none_or(fits) {
            return Some("steps of the forecast");
        }
        if !self.forecast.as_ref().is_none_or(is_finite) {
            return Some("values of the forecast");
        }
        if !self.forecast.as_ref().is_none_or(is_timed) {
            return Some("times of the forecast");
        }
        if !self.warm_up.as_ref().is_none_or(|warm_up| warm_up.is_sound(signals)) {
            return Some("the first day");
        }
        self.core.unsound(&self.settings)
    }

    /// Keeps a step of the first day, and measures the scale when it is time.
    fn warm_up(&mut self, seen: &Seen<'_>) {
        let [first_time, last_time] = MEASURED_AFTER.map(|time| self.steps(time));
        let Some(warm_up) = &mut self.warm_up else { return };
        let first = seen.step.value.filter(|_| warm_up.demand.iter().all(Option::is_none));
        warm_up.push(seen);
        let steps = warm_up.demand.len();
        if let Some(first) = first {
            self.core = self.anew(first);
        }
        if steps == first_time || steps == last_time {
            self.learn_anew(seen);
        }
        if last_time <= steps {
            self.warm_up = None;
        }
    }

    /// A core that has learned nothing here, on the scale of what is usual. It keeps what other series have seen.
    fn anew(&self, usual: f64) -> Core {
        let mut anew = core(self.settings, usual);
        anew.adopt(&self.core.pool());
        anew
    }

    fn steps(&self, time: SignedDuration) -> usize {
        let steps = time.as_nanos() / self.settings.step.as_nanos();
        usize::try_from(steps).unwrap_or(MOST_STEPS).clamp(LEAST_STEPS, MOST_STEPS)
    }

    /// Learns all that was kept, but the step that has just come, on the scale that it shows.
    fn learn_anew(&mut self, seen: &Seen<'_>) {
        let Some(warm_up) = &self.warm_up else { return };
        let mut demand: Vec<f64> = warm_up.demand.iter().copied().flatten().collect();
        if demand.is_empty() {
            return;
        }
        demand.sort_by(f64::total_cmp);
        let mut anew = self.anew(demand[demand.len() / 2]);
        let (before, signals) = (warm_up.demand.len() - 1, self.settings.signals);
        let mut stretches = warm_up.stretches.iter().peekable();
        let (mut first, mut started_at) = (0, seen.step.ends_at);
        for (index, &value) in warm_up.demand[..before].iter().enumerate() {
            if let Some((start, ends_at)) = stretches.next_if(|(start, _)| *start == index) {
                (first, started_at) = (*start, *ends_at);
                anew.restart();
            }
            let ends_at = started_at + self.settings.step * (index - first) as i32;
            let signals = &warm_up.signals[index * signals..][..signals];
            anew.learn(&Seen { step: ClosedStep { ends_at, value }, events: seen.events, signals });
        }
        if stretches.next().is_some() {
            anew.restart();
        }
        self.core = anew;
    }
}

fn core(settings: EngineSettings, usual: f64) -> Core {
    let EngineSettings { step, unit, longest, signals } = settings;
    Core::new(step, unit, longest, signals, Transform::new(unit, usual))
}

impl Forecaster for Engine {
    fn learn(&mut self, seen: &Seen<'_>) {
        self.warm_up(seen);
        self.seen = self.seen.saturating_add(u32::from(seen.step.value.is_some()));
        if let Some(told) = self.core.learn(seen) {
            let mut forecast = self.forecast.take().unwrap_or(Forecast {
                origin: Timestamp::MIN,
                step: self.settings.step,
                values: vec![[0.0; QUANTILES.len()]; self.settings.longest as usize],
                withheld: None,
            });
            forecast.origin = seen.step.ends_at;
            interpolate(&told, &mut forecast);
            self.forecast = Some(forecast);
        }
    }

    fn restart(&mut self) {
        self.core.restart();
        if let Some(warm_up) = &mut self.warm_up {
            warm_up.is_cut = true;
        }
        self.forecast = None;
        self.seen = 0;
    }

    /// There is one once as many values were seen as tell a level from chance.
    fn forecast(&self) -> Option<&Forecast> {
        const ENOUGH: u32 = 3;
        self.forecast.as_ref().filter(|_| ENOUGH <= self.seen)
    }
}

/// Every step from the anchors, linear between them.
fn interpolate(told: &[AtAnchor], forecast: &mut Forecast) {
    let mut next = 0;
    for (horizon, values) in (1..).zip(&mut forecast.values) {
        if told[next].horizon < horizon {
            next += 1;
        }
        let high = &told[next];
        let low = &told[next.saturating_sub(1)];
        let gap = high.horizon - low.horizon;
        let share = if gap == 0 { 1.0 } else { f64::from(horizon - low.horizon) / f64::from(gap) };
        // Equal quantiles can come out of order by a rounding.
        *values = ascending(std::array::from_fn(|index| {
            low.quantiles[index] + share * (high.quantiles[index] - low.quantiles[index])
        }));
    }
    let worst = |at: &&AtAnchor| at.withheld.map_or(0.0, |withheld| withheld.loss_ratio);
    let withheld = told.iter().filter(|at| at.withheld.is_some());
    forecast.withheld = withheld.max_by(|a, b| worst(a).total_cmp(&worst(b))).and_then(|at| at.withheld);
}
