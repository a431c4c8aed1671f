//! What a backtest is asked for, checked: horizons and origins are whole steps of the recording.

use jiff::{SignedDuration, Timestamp};

use crate::args::BacktestArgs;
use crate::recording::Recording;

/// Longest horizon, in steps: what the live forecasts reach.
const MOST_STEPS: u32 = 240;

/// Horizons without the option: what pods and nodes need.
const HORIZONS: [SignedDuration; 2] = [SignedDuration::from_mins(5), SignedDuration::from_mins(15)];

/// Distance of origins without the option.
const EVERY: SignedDuration = SignedDuration::from_mins(15);

/// A checked backtest.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Length of a step.
    pub(crate) step: SignedDuration,
    /// In steps, ascending, each once.
    pub(crate) horizons: Vec<u32>,
    /// Steps from one origin to the next.
    pub(crate) every: usize,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

/// An option that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BacktestError {
    #[error("--{option} {value:#} is not a whole number of the recording's steps of {step:#}")]
    NotWholeSteps { option: &'static str, value: SignedDuration, step: SignedDuration },
    #[error("--horizon {value:#} is more than {MOST_STEPS} steps of {step:#}")]
    TooFar { value: SignedDuration, step: SignedDuration },
    #[error("--from {from} to --to {to} holds no step of the recording, which is from {start} to {end}")]
    Empty { from: Timestamp, to: Timestamp, start: Timestamp, end: Timestamp },
}

impl Plan {
    /// The longest horizon, in steps.
    pub(super) fn longest(&self) -> u32 {
        self.horizons.last().copied().unwrap_or(1)
    }

    /// Whether forecasts that are made at this step are looked at.
    pub(super) fn holds(&self, stamp: Timestamp) -> bool {
        self.from <= stamp && stamp < self.to
    }

    /// Whether forecasts that are made at this step are scored.
    pub(super) fn is_origin(&self, index: usize) -> bool {
        index.is_multiple_of(self.every)
    }
}

pub(super) fn check(args: &BacktestArgs, recording: &Recording) -> Result<Plan, BacktestError> {
    let step = recording.step;
    let horizons = horizons(&args.horizons, step)?;
    let every = whole_steps("every", args.every.unwrap_or(EVERY.max(step)), step)?;
    let (start, end) = (recording.start, recording.time_at(recording.len()));
    let (from, to) = (args.from.unwrap_or(start), args.to.unwrap_or(end));
    if to.min(end) <= from.max(start) {
        return Err(BacktestError::Empty { from, to, start, end });
    }
    Ok(Plan { step, horizons, every: every as usize, from, to })
}

/// Horizons in steps, ascending, each once: those that are wanted, or else what pods and nodes need.
pub(crate) fn horizons(wanted: &[SignedDuration], step: SignedDuration) -> Result<Vec<u32>, BacktestError> {
    let wanted = if wanted.is_empty() { or_a_step(&HORIZONS, step) } else { wanted.to_vec() };
    let mut horizons = wanted.iter().map(|&value| horizon(value, step)).collect::<Result<Vec<_>, _>>()?;
    horizons.sort_unstable();
    horizons.dedup();
    Ok(horizons)
}

/// Those of `lengths` that are whole steps, or else one step.
fn or_a_step(lengths: &[SignedDuration], step: SignedDuration) -> Vec<SignedDuration> {
    let whole: Vec<_> = lengths.iter().copied().filter(|&length| steps(length, step).is_some()).collect();
    if whole.is_empty() { vec![step] } else { whole }
}

fn horizon(value: SignedDuration, step: SignedDuration) -> Result<u32, BacktestError> {
    let steps = whole_steps("horizon", value, step)?;
    if steps <= MOST_STEPS { Ok(steps) } else { Err(BacktestError::TooFar { value, step }) }
}

fn whole_steps(
    option: &'static str,
    value: SignedDuration,
    step: SignedDuration,
) -> Result<u32, BacktestError> {
    steps(value, step).ok_or(BacktestError::NotWholeSteps { option, value, step })
}

/// `None` unless it is a whole number of steps, at least one.
fn steps(value: SignedDuration, step: SignedDuration) -> Option<u32> {
    let is_whole = value.as_nanos() % step.as_nanos() == 0;
    let steps = u32::try_from(value.as_nanos() / step.as_nanos()).ok()?;
    (is_whole && 0 < steps).then_some(steps)
}
