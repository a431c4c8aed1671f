//! What is played: the steps of one signal, as load.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use realtime_load::shape::{Knot, Shape};
use realtime_load::{Load, Spacing};

use super::ReplayArgs;
use crate::recording::{Column, Kind, Recording};

/// A checked replay.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) recording: String,
    pub(super) target: String,
    pub(super) signal: String,
    /// Start of the first step.
    pub(super) from: Timestamp,
    /// End of the last one.
    pub(super) to: Timestamp,
    /// Length of a step in the recording.
    pub(super) recorded_step: SignedDuration,
    /// Length of a step when it is played.
    pub(super) step: Duration,
    pub(super) speed: f64,
    pub(super) scale: f64,
    /// What was recorded a second, a cell a step.
    pub(super) recorded: Vec<Option<f64>>,
    pub(super) load: Load,
}

/// An option that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlanError {
    #[error("--{option} {value} is not {wanted}")]
    Number { option: &'static str, value: f64, wanted: &'static str },
    #[error("--{option} {value:#} is not above 0")]
    Length { option: &'static str, value: SignedDuration },
    #[error("--signal {name:?} is not in the recording, which has {known}")]
    Signal { name: String, known: String },
    #[error("the signal {name} is a gauge: a level is nothing that can be sent a second")]
    Gauge { name: String },
    #[error("the signal {name} is {value} at {at}: less than nothing cannot be sent")]
    Negative { name: String, value: f64, at: Timestamp },
    #[error("--from {from} to --to {to} holds no step of the recording, which is from {start} to {end}")]
    Empty { from: Timestamp, to: Timestamp, start: Timestamp, end: Timestamp },
    #[error("--speed {0} plays a step in less than a millisecond")]
    TooFast(f64),
}

impl Plan {
    pub(super) fn of(args: &ReplayArgs, recording: &Recording) -> Result<Self, PlanError> {
        check_number("speed", args.speed, 0.0 < args.speed, "above 0")?;
        check_number("scale", args.scale, 0.0 <= args.scale, "0 or more")?;
        let (objective, patience) =
            (length("objective", args.objective)?, length("patience", args.patience)?);
        let step = recording.step.unsigned_abs().div_f64(args.speed);
        if step < Duration::from_millis(1) {
            return Err(PlanError::TooFast(args.speed));
        }
        let (signal, column) = signal(args, recording)?;
        let steps = window(args, recording)?;
        let recorded: Vec<_> = steps.clone().map(|index| column.get(index)).collect();
        let (from, to) = (recording.time_at(steps.start), recording.time_at(steps.end));
        if let Some(index) = steps.clone().find(|index| column.get(*index).is_some_and(|value| value < 0.0)) {
            let (value, at) = (column.get(index).unwrap_or_default(), recording.time_at(index));
            return Err(PlanError::Negative { name: signal, value, at });
        }
        let at = |index: usize| step.mul_f64(index as f64);
        let knots = recorded
            .iter()
            .enumerate()
            .map(|(index, cell)| Knot { at: at(index), level: cell.unwrap_or(0.0) * args.scale });
        let length = at(recorded.len());
        let rate = Shape::steps(knots).expect("levels are finite, not negative, and in the order of time");
        let load = Load { rate, length, spacing: Spacing::Totals(args.seed), objective, patience };
        Ok(Self {
            recording: args.recording.display().to_string(),
            target: args.target.clone(),
            signal,
            from,
            to,
            recorded_step: recording.step,
            step,
            speed: args.speed,
            scale: args.scale,
            recorded,
            load,
        })
    }

    fn missing(&self) -> usize {
        self.recorded.iter().filter(|cell| cell.is_none()).count()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { recording, target, signal, from, to, speed, scale, .. } = self;
        let peak = self.load.rate.peak(self.load.length);
        write!(f, "{signal} of {recording} from {from} to {to}, {speed} times as fast, times {scale}: ")?;
        write!(f, "up to {peak:.1} a second for {:.0?} to {target}", self.load.length)?;
        match self.missing() {
            0 => Ok(()),
            missing => write!(f, "; {missing} of {} steps are missing, and get nothing", self.recorded.len()),
        }
    }
}

fn check_number(option: &'static str, value: f64, fits: bool, wanted: &'static str) -> Result<(), PlanError> {
    if value.is_finite() && fits { Ok(()) } else { Err(PlanError::Number { option, value, wanted }) }
}

fn length(option: &'static str, value: SignedDuration) -> Result<Duration, PlanError> {
    let length = Duration::try_from(value).ok().filter(|length| !length.is_zero());
    length.ok_or(PlanError::Length { option, value })
}

/// The signal that is played, by its own name, a second.
fn signal(args: &ReplayArgs, recording: &Recording) -> Result<(String, Column), PlanError> {
    let name = args.signal.as_ref().unwrap_or(&recording.meta.demand);
    let known = || recording.signals.keys().cloned().collect::<Vec<_>>().join(", ");
    let unknown = || PlanError::Signal { name: name.clone(), known: known() };
    let column = recording.rate_per_second(name).ok_or_else(unknown)?;
    let is_gauge =
        |name: &String| recording.meta.signals.get(name).is_some_and(|meta| meta.kind == Kind::Gauge);
    if is_gauge(name) || is_gauge(&name.replace('-', "_")) {
        return Err(PlanError::Gauge { name: name.clone() });
    }
    Ok((name.clone(), column))
}

/// The steps that are played, by number.
fn window(args: &ReplayArgs, recording: &Recording) -> Result<std::ops::Range<usize>, PlanError> {
    let (start, end) = (recording.start, recording.time_at(recording.len()));
    let (from, to) = (args.from.unwrap_or(start), args.to.unwrap_or(end));
    let inside = |index: &usize| from <= recording.time_at(*index) && recording.time_at(*index) < to;
    let mut steps = (0..recording.len()).filter(inside);
    let first = steps.next().ok_or(PlanError::Empty { from, to, start, end })?;
    Ok(first..steps.next_back().unwrap_or(first) + 1)
}
