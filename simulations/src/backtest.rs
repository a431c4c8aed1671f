//! `prescale backtest`: forecasts of a recording from rolling origins, in one pass in the order of time, scored
//! against what came. Feedback for a horizon arrives that much later, and nothing earlier: cutting a recording off
//! leaves every forecast made before unchanged.

mod check;
mod report;
mod scores;

use std::io::{self, Write};

use jiff::{SignedDuration, Timestamp};
use prescale_model::forecast::banded::anchors;
use prescale_model::forecast::mixture::Mixture;
use prescale_model::forecast::{Banded, Forecaster, QUANTILES, Quantiles};
use prescale_model::signal::ClosedStep;

use crate::args::BacktestArgs;
use crate::calendar::{Announced, InForce};
use crate::failure::Failure;
use crate::recording::Recording;
use crate::run::write_whole;
use crate::scenario::read_calendar;
use check::{Plan, check};
use report::{json, table};
use scores::Scores;

/// What counts as little: one event of what is counted, in a whole step.
const UNIT: f64 = 1.0;

/// One forecast for one moment, beside what came.
struct Made {
    /// Stamp of the last step that it has seen.
    made_at: Timestamp,
    /// Stamp of the step that it is for.
    target_at: Timestamp,
    /// Position of its horizon among those asked for.
    horizon: usize,
    quantiles: Quantiles,
    /// Value of the last step that it has seen.
    last: f64,
    actual: f64,
}

/// Runs `prescale backtest`.
///
/// # Errors
/// Exit 2 for what cannot be used; then nothing was written.
pub fn run(args: &BacktestArgs) -> Result<(), Failure> {
    let recording = Recording::open(&args.recording).map_err(Failure::input)?;
    let calendar = read_calendar(&args.recording, &recording).map_err(Failure::input)?;
    let events: Vec<Announced> = calendar.into_iter().map(|(_, announced)| announced).collect();
    let plan = check(args, &recording).map_err(Failure::input)?;
    let mut scores = Scores::new(&plan, &events);
    let mut forecasts = |out: &mut dyn Write| forecast_all(&recording, &events, &plan, &mut scores, out);
    match &args.forecasts {
        Some(path) => write_whole(path, forecasts)?,
        None => forecasts(&mut io::sink()).map_err(Failure::input)?,
    }
    let without = (!events.is_empty()).then(|| {
        let mut without = Scores::new(&plan, &events);
        roll(&recording, &[], &plan, |made| without.add(&made));
        without
    });
    if let Some(path) = &args.json {
        write_whole(path, |out| json(&plan, &scores, without.as_ref(), out))?;
    }
    println!("{}", table(&plan, &scores, without.as_ref()));
    Ok(())
}

/// Forecasts with the calendar, scored, and written as CSV for any other judge.
fn forecast_all(
    recording: &Recording,
    calendar: &[Announced],
    plan: &Plan,
    scores: &mut Scores,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "made_at,target_at,quantile,forecast")?;
    let mut written = Ok(());
    roll(recording, calendar, plan, |made| {
        scores.add(&made);
        for (quantile, forecast) in QUANTILES.iter().zip(made.quantiles) {
            let row = format_args!("{},{},{quantile},{forecast:.4}", made.made_at, made.target_at);
            if written.is_ok() {
                written = writeln!(out, "{row}");
            }
        }
    });
    written
}

/// Learns step by step, and visits each forecast that was asked for.
fn roll(recording: &Recording, calendar: &[Announced], plan: &Plan, mut visit: impl FnMut(Made)) {
    let step = recording.step;
    let horizons = anchors(plan.longest());
    let mut forecaster = forecaster(step, horizons);
    let mut calendar = InForce::new(calendar);
    let demand: Vec<Option<f64>> = recording.demand().into_iter().flat_map(|column| column.iter()).collect();
    for (index, &value) in demand.iter().enumerate() {
        let stamp = recording.time_at(index);
        let ends_at = stamp + step;
        forecaster.learn(ClosedStep { ends_at, value }, calendar.at(ends_at));
        if !plan.is_origin(index, stamp) {
            continue;
        }
        let Some((last, forecast)) = value.zip(forecaster.forecast()) else { continue };
        for (horizon, &ahead) in plan.horizons.iter().enumerate() {
            let Some(actual) = demand.get(index + ahead as usize).copied().flatten() else { continue };
            let quantiles = forecast.values[ahead as usize - 1];
            let target_at = recording.time_at(index + ahead as usize);
            visit(Made { made_at: stamp, target_at, horizon, quantiles, last, actual });
        }
    }
}

/// What is put to the test.
fn forecaster(step: SignedDuration, horizons: Vec<u32>) -> impl Forecaster {
    let mixture = Mixture::new(step, &horizons);
    Banded::new(step, UNIT, horizons, mixture)
}
