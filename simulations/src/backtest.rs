//! `prescale backtest`: forecasts of a recording from rolling origins, in one pass in the order of time, scored
//! against what came. Feedback for a horizon arrives that much later, and nothing earlier: cutting a recording off
//! leaves every forecast made before unchanged.

mod check;
mod courses;
mod html;
mod outcome;
mod scores;
mod tables;

use std::io::{self, Write};

use jiff::{SignedDuration, Timestamp};
use prescale_model::forecast::{Engine, EngineSettings, Forecaster, QUANTILES, Quantiles, Seen};
use prescale_model::signal::ClosedStep;

use crate::args::BacktestArgs;
use crate::calendar::{Announced, InForce};
use crate::failure::Failure;
use crate::recording::{Column, Recording};
use crate::run::{check_folder, write_whole};
use crate::scenario::read_calendar;
use check::check;
pub(crate) use check::{Plan, horizons};
use courses::Courses;
use outcome::Outcome;
use scores::Scores;
use tables::tables;

/// What counts as little: one event of what is counted, in a whole step.
const UNIT: f64 = 1.0;

/// A target is on a ramp where it is at least so many times what was last seen.
const RAMP: f64 = 1.25;

/// One forecast for one moment, beside what came.
pub(crate) struct Made {
    /// Stamp of the last step that it has seen.
    made_at: Timestamp,
    /// Stamp of the step that it is for.
    target_at: Timestamp,
    /// Position of its horizon among those asked for.
    pub(crate) horizon: usize,
    /// Whether it is made at one of the origins that were asked for.
    is_scored: bool,
    pub(crate) quantiles: Quantiles,
    /// Value of the last step that it has seen.
    last: f64,
    pub(crate) actual: f64,
}

impl Made {
    /// Whether demand rises steeply to what came.
    pub(crate) fn is_on_ramp(&self) -> bool {
        RAMP * self.last.max(1.0) <= self.actual
    }
}

/// What is kept of the forecasts of a pass.
struct Tally {
    scores: Scores,
    courses: Courses,
}

impl Tally {
    fn new(plan: &Plan, calendar: &[Announced]) -> Self {
        Self { scores: Scores::new(plan, calendar), courses: Courses::new(plan, calendar) }
    }

    fn add(&mut self, made: &Made) {
        if made.is_scored {
            self.scores.add(made);
        }
        self.courses.add(made);
    }
}

/// Runs `prescale backtest`.
///
/// # Errors
/// Exit 2 for what cannot be used; then nothing was written.
pub fn run(args: &BacktestArgs) -> Result<(), Failure> {
    let recording = Recording::open(&args.recording).map_err(Failure::input)?;
    let calendar = read_calendar(&args.recording, &recording).map_err(Failure::input)?;
    let calendar: Vec<Announced> = calendar.into_iter().map(|(_, announced)| announced).collect();
    let plan = check(args, &recording).map_err(Failure::input)?;
    for path in [&args.forecasts, &args.json, &args.report].into_iter().flatten() {
        check_folder(path)?;
    }
    let mut told = Tally::new(&plan, &calendar);
    let mut forecasts = |out: &mut dyn Write| forecast_all(&recording, &calendar, &plan, &mut told, out);
    match &args.forecasts {
        Some(path) => write_whole(path, forecasts)?,
        None => forecasts(&mut io::sink()).map_err(Failure::input)?,
    }
    let untold = (!calendar.is_empty()).then(|| {
        let mut untold = Tally::new(&plan, &calendar);
        roll(&recording, &beside(&recording), &[], &plan, |made| untold.add(&made));
        untold
    });
    let outcome = Outcome::of(&recording, &plan, &told, untold.as_ref());
    write(args, &outcome)?;
    println!("{}", tables(&outcome));
    Ok(())
}

/// The files that were asked for, but for the forecasts, which are written as they come.
fn write(args: &BacktestArgs, outcome: &Outcome) -> Result<(), Failure> {
    if let Some(path) = &args.json {
        write_whole(path, |out| {
            serde_json::to_writer_pretty(&mut *out, outcome)?;
            writeln!(out)
        })?;
    }
    if let Some(path) = &args.report {
        write_whole(path, |out| html::write(outcome, out))?;
    }
    Ok(())
}

/// Forecasts with the calendar, taken in, and written as CSV for any other judge.
fn forecast_all(
    recording: &Recording,
    calendar: &[Announced],
    plan: &Plan,
    told: &mut Tally,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "made_at,target_at,quantile,forecast")?;
    let mut written = Ok(());
    roll(recording, &beside(recording), calendar, plan, |made| {
        told.add(&made);
        if made.is_scored && written.is_ok() {
            written = rows(&made, out);
        }
    });
    written
}

fn rows(made: &Made, out: &mut dyn Write) -> io::Result<()> {
    for (quantile, forecast) in QUANTILES.iter().zip(made.quantiles) {
        writeln!(out, "{},{},{quantile},{forecast:.4}", made.made_at, made.target_at)?;
    }
    Ok(())
}

/// All signals but demand.
fn beside(recording: &Recording) -> Vec<&Column> {
    recording.beside_demand().collect()
}

/// Learns step by step, with the signals `leading`, and visits the forecasts of each step from the first origin on.
pub(crate) fn roll(
    recording: &Recording,
    leading: &[&Column],
    calendar: &[Announced],
    plan: &Plan,
    mut visit: impl FnMut(Made),
) {
    let step = recording.step;
    let mut forecaster = forecaster(step, plan.longest(), leading.len());
    let mut calendar = InForce::new(calendar);
    let demand: Vec<Option<f64>> = recording.demand().into_iter().flat_map(|column| column.iter()).collect();
    for (index, &value) in demand.iter().enumerate() {
        let stamp = recording.time_at(index);
        let ends_at = stamp + step;
        let signals: Vec<_> = leading.iter().map(|column| column.get(index)).collect();
        let step = ClosedStep { ends_at, value };
        forecaster.learn(&Seen { step, events: calendar.at(ends_at), signals: &signals });
        if !plan.holds(stamp) {
            continue;
        }
        let is_scored = plan.is_origin(index);
        let Some((last, forecast)) = value.zip(forecaster.forecast()) else { continue };
        for (horizon, &ahead) in plan.horizons.iter().enumerate() {
            let Some(actual) = demand.get(index + ahead as usize).copied().flatten() else { continue };
            let quantiles = forecast.values[ahead as usize - 1];
            let target_at = recording.time_at(index + ahead as usize);
            visit(Made { made_at: stamp, target_at, horizon, is_scored, quantiles, last, actual });
        }
    }
}

/// What is put to the test.
fn forecaster(step: SignedDuration, longest: u32, signals: usize) -> impl Forecaster {
    Engine::new(EngineSettings { step, unit: UNIT, longest, signals })
}
