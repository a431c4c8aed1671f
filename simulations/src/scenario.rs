//! A scenario: a recording plus a world plus policies to compare. What people write in TOML is [`Written`], what
//! runs is [`Scenario`], and only `open` turns the first into the second.

mod notices;
mod prices;
mod written;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use prescale_controller::api::{CheckedScaler, DemandEvent, Manifest, read_manifests};
use prescale_model::capacity::{MARGIN, replicas_for};
use prescale_model::{CapacitySettings, Event, Mode, Sample, Settings};

use crate::calendar::{self, Announced, CalendarError};
use crate::error::ScenarioError;
use crate::load::Load;
use crate::recording::Recording;
use crate::world::SLO_SHARE;

pub use prices::{NodePrice, Prices};
pub use written::{Calendar, Written};

/// A scenario that can run: everything was found, read and checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What people wrote.
    pub written: Written,
    /// The traffic.
    pub recording: Recording,
    /// The scaler that is simulated, active whatever its own mode says, unless it is paused.
    pub scaler: CheckedScaler,
    /// The recording's events, in order of their start, with the times for which they were announced.
    pub calendar: Vec<Announced>,
    /// Those that took place, as far as the calendar tells.
    pub events: Vec<Event>,
    /// Those of the calendar that the scaler's `events.selector` selects.
    pub concerning: Vec<Announced>,
    /// Demand per second as arrivals of the whole recording; its draws are shared by all policies, and by scenarios
    /// that differ in nothing but the calendar.
    pub load: Arc<Load>,
    /// Recorded demand per second, one value a step.
    pub demand: Vec<Option<f64>>,
    /// The leading signals that the scaler names and the recording has, one value a step.
    pub signals: Vec<(String, Vec<Option<f64>>)>,
    /// Start of the simulated window.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

impl Scenario {
    /// Reads the scenario at `path`, and what it names.
    ///
    /// # Errors
    /// Names the file and the field that cannot be used, and the value it holds.
    pub fn open(path: &Path) -> Result<Self, ScenarioError> {
        let text = fs::read_to_string(path).map_err(|source| ScenarioError::read(path, source))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, path, folder)
    }

    /// Checks the scenario in `text`, which names files relative to `folder`. `origin` is its name in errors.
    ///
    /// # Errors
    /// Names the file and the field that cannot be used, and the value it holds.
    pub fn parse(text: &str, origin: &Path, folder: &Path) -> Result<Self, ScenarioError> {
        let mut written: Written =
            toml::from_str(text).map_err(|error| ScenarioError::toml(origin, &error))?;
        let refused = |refused| ScenarioError::refused(origin, refused);
        prices::price(&written.prices, &mut written.world).map_err(refused)?;
        written.check().map_err(|refused| ScenarioError::refused(origin, refused))?;
        let recording = Recording::open(&folder.join(&written.recording))?;
        let mut scaler = read_scaler(&folder.join(&written.scaler))?;
        simulate_on(Arc::make_mut(&mut scaler.settings), &recording);
        let calendar = read_calendar(&folder.join(&written.recording), &recording)?;
        let demand = recording.rate_per_second(&recording.meta.demand).unwrap_or_default();
        let demand: Vec<Option<f64>> = demand.iter().map(|rate| Some(rate? * written.scale)).collect();
        let load = Load::new(recording.start, recording.step, &demand, written.seed)
            .map_err(|error| ScenarioError::refused(origin, vec![error.to_string()]))?;
        let (from, to) =
            window(&written, &load).map_err(|refused| ScenarioError::refused(origin, vec![refused]))?;
        let concerning = calendar.iter().filter(|(written, _)| scaler.is_concerned_by(written));
        let concerning = concerning.map(|(_, announced)| scaled(announced, written.scale)).collect();
        let calendar: Vec<_> =
            calendar.iter().map(|(_, announced)| scaled(announced, written.scale)).collect();
        Ok(Self {
            events: calendar.iter().filter(|one| one.took_place()).map(|one| one.event.clone()).collect(),
            calendar,
            concerning,
            signals: signals(&scaler, &recording),
            written,
            recording,
            scaler,
            load: Arc::new(load),
            demand,
            from,
            to,
        })
    }

    /// The same traffic in the same world, of which Prescale is told with another calendar.
    #[must_use]
    pub fn told(&self, concerning: Vec<Announced>) -> Self {
        Self { concerning, ..self.clone() }
    }

    /// The events that Prescale is told of, each while it is in force.
    #[must_use]
    pub fn announced(&self) -> &[Announced] {
        match self.written.calendar {
            Calendar::Announced => &self.concerning,
            Calendar::Ignored => &[],
        }
    }

    /// The scaler's settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.scaler.settings
    }

    /// Replicas that the first minute of the window needs: all policies begin alike.
    #[must_use]
    pub fn first_size(&self) -> u32 {
        self.needed(self.from)
    }

    /// Replicas that the demand of the minute from `at` on needs, within limits.
    #[must_use]
    pub fn needed(&self, at: Timestamp) -> u32 {
        let minute = SignedDuration::from_mins(1);
        let rate = self.load.arrivals(at, at + minute) / minute.as_secs_f64();
        self.replicas_for(rate)
    }

    /// Replicas that a demand per second needs, within limits.
    #[must_use]
    pub fn replicas_for(&self, demand: f64) -> u32 {
        let limits = self.settings().limits;
        replicas_for(demand, self.per_replica()).clamp(limits.min, limits.max)
    }

    /// Demand that one replica serves within the objective: as the scaler has it, or what one that learns it can come
    /// to know of this world.
    #[must_use]
    pub fn per_replica(&self) -> f64 {
        match self.settings().capacity {
            CapacitySettings::Given { per_replica } => per_replica,
            CapacitySettings::Learned { .. } => {
                (1.0 - MARGIN) * self.written.world.workload.replica_rate_within(SLO_SHARE)
            }
        }
    }

    /// Replicas that the highest recorded step of `from..to` needs, within limits.
    #[must_use]
    pub fn peak_replicas(&self, from: Timestamp, to: Timestamp) -> u32 {
        let steps = |at: Timestamp| self.steps_until(at).min(self.demand.len());
        let peak = self.demand[steps(from)..steps(to)].iter().flatten().copied().fold(0.0, f64::max);
        self.replicas_for(peak)
    }

    /// Recorded steps that are over at `at`.
    fn steps_until(&self, at: Timestamp) -> usize {
        let steps = at.duration_since(self.recording.start).as_millis() / self.recording.step.as_millis();
        usize::try_from(steps).unwrap_or(0)
    }

    /// The leading signals' newest samples at `now`, by name: as late as the scaler says that they are known.
    #[must_use]
    pub fn signals_at(&self, now: Timestamp) -> Vec<(&str, Sample)> {
        let Some(index) = self.steps_until(now).checked_sub(1) else { return vec![] };
        let ends_at = self.recording.time_at(index + 1);
        let newest = self.signals.iter().filter_map(|(name, column)| {
            let value = column.get(index).copied().flatten()?;
            let settings = self.settings().signals.iter().find(|signal| signal.name == *name)?;
            Some((name.as_str(), Sample::new(ends_at - settings.delay, value)?))
        });
        newest.collect()
    }

    /// Ticks of the window, the start included.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        let length = self.to.duration_since(self.from).as_millis();
        u64::try_from(length / self.written.tick.as_millis().max(1)).unwrap_or(0)
    }
}

/// In a simulation the plan is followed, since that is what is asked; and demand comes on the recording's step.
fn simulate_on(settings: &mut Settings, recording: &Recording) {
    settings.step = recording.step;
    settings.mode = match settings.mode {
        Mode::Shadow | Mode::Active => Mode::Active,
        Mode::Paused => Mode::Paused,
    };
}

/// The signals that the scaler names and the recording has.
fn signals(scaler: &CheckedScaler, recording: &Recording) -> Vec<(String, Vec<Option<f64>>)> {
    let named = scaler.settings.signals.iter().map(|signal| &signal.name);
    named.filter_map(|name| Some((name.clone(), recording.rate_per_second(name)?.iter().collect()))).collect()
}

fn window(written: &Written, load: &Load) -> Result<(Timestamp, Timestamp), String> {
    let (from, to) = (written.from.unwrap_or(load.start()), written.to.unwrap_or(load.end()));
    if from < load.start() || load.end() < to {
        return Err(format!(
            "from {from} to {to} is not within the recording, which is from {} to {}",
            load.start(),
            load.end()
        ));
    }
    if to <= from {
        return Err(format!("to {to} is not after from {from}"));
    }
    Ok((from, to))
}

/// The one scaler in the file at `path`, checked.
pub(crate) fn read_scaler(path: &Path) -> Result<CheckedScaler, ScenarioError> {
    let text = fs::read_to_string(path).map_err(|source| ScenarioError::read(path, source))?;
    let manifests = read_manifests(&text, &path.display().to_string())?;
    let mut scalers = manifests.into_iter().filter_map(|manifest| match manifest {
        Manifest::PredictiveScaler(scaler) => Some(scaler),
        Manifest::DemandEvent(_) => None,
    });
    let (Some(scaler), None) = (scalers.next(), scalers.next()) else {
        return Err(ScenarioError::refused(path, vec!["does not hold exactly one PredictiveScaler".into()]));
    };
    scaler.check().map_err(|problems| ScenarioError::problems(path, problems))
}

/// The recording's calendar, in order of start. Events that were never to come are left out.
pub(crate) fn read_calendar(
    folder: &Path,
    recording: &Recording,
) -> Result<Vec<(DemandEvent, Announced)>, CalendarError> {
    let Some(text) = &recording.events_yaml else { return Ok(vec![]) };
    let announced = calendar::read(text, &folder.join("events.yaml"))?;
    let mut kept: Vec<_> =
        announced.into_iter().filter_map(|(written, announced)| Some((written, announced?))).collect();
    kept.sort_by(|(_, Announced { event: a, .. }), (_, Announced { event: b, .. })| {
        (a.starts_at, &a.name).cmp(&(b.starts_at, &b.name))
    });
    Ok(kept)
}

/// An event with what is expected of it taken `scale` times.
fn scaled(announced: &Announced, scale: f64) -> Announced {
    let mut scaled = announced.clone();
    if let Some(expected) = &mut scaled.event.expected {
        expected.peak *= scale;
    }
    scaled
}
