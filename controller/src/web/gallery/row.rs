//! The row of a scaler in the list. Numbers are rounded to what people can see of them, so that a row that looks the
//! same is the same, and is not sent again.

use jiff::Timestamp;
use prescale_model::forecast::{Forecast, value_at};

use super::{Look, ROW_HORIZON, found::Found};
use crate::{
    api::CheckedScaler,
    web::wire::{PeakShown, ScalerRow},
};

/// Points of the line that shows the coming hour.
const MOST_POINTS: usize = 12;
/// Significant digits of what is forecast: finer than a pixel of that line.
const FORECAST_DIGITS: i32 = 3;
/// Significant digits of what is observed.
const OBSERVED_DIGITS: i32 = 5;
/// Steps of skill that people see.
const SKILL_STEP: f64 = 0.01;

/// The row of a scaler after a tick.
pub(super) fn row(look: &Look<'_>, found: &Found) -> ScalerRow {
    let (state, wrong) = found.worst(look);
    let plan = look.plan;
    let forecast = look.autoscaler.forecast();
    let risk = look.spec.settings.risk;
    ScalerRow {
        namespace: look.key.namespace.to_string(),
        name: look.key.name.to_string(),
        mode: look.spec.settings.mode.into(),
        target: format!("{} {}", look.spec.target.kind, look.spec.target.name),
        demand: plan.observed.map(|demand| rounded(demand, OBSERVED_DIGITS)),
        planned: Some(plan.replicas),
        running: look.workload.map(|workload| workload.replicas),
        next: forecast.map_or(vec![], |forecast| next(forecast, look.now, risk)),
        peak: forecast.and_then(|forecast| peak(forecast, look.now, risk)),
        skill: skill(look),
        state,
        wrong,
        reason: plan.reason.to_string(),
        at: look.now,
    }
}

/// Whether people would see a difference. Time passes for all rows alike, and is none.
pub(super) fn differ(before: &ScalerRow, now: &ScalerRow) -> bool {
    let ScalerRow {
        namespace: _,
        name: _,
        mode,
        target,
        demand,
        planned,
        running,
        next,
        peak,
        skill,
        state,
        wrong,
        reason,
        at: _,
    } = before;
    (mode, target, demand, planned, running)
        != (&now.mode, &now.target, &now.demand, &now.planned, &now.running)
        || (next, peak, skill, state, wrong, reason)
            != (&now.next, &now.peak, &now.skill, &now.state, &now.wrong, &now.reason)
}

/// Whether what was seen under one spec is another quantity than what is seen under the next.
pub(super) fn is_another_series(before: &CheckedScaler, after: &CheckedScaler) -> bool {
    let names = |spec: &CheckedScaler| spec.signals.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    before.demand != after.demand
        || before.settings.step != after.settings.step
        || names(before) != names(after)
}

/// What is forecast for the coming hour, evenly apart.
fn next(forecast: &Forecast, now: Timestamp, risk: f64) -> Vec<f64> {
    let coming = forecast.steps().filter(|(at, _)| now < *at && *at <= now + ROW_HORIZON);
    let values: Vec<f64> = coming.map(|(_, quantiles)| value_at(quantiles, risk)).collect();
    let points = values.len().min(MOST_POINTS);
    (1..=points).map(|point| rounded(values[point * values.len() / points - 1], FORECAST_DIGITS)).collect()
}

fn peak(forecast: &Forecast, now: Timestamp, risk: f64) -> Option<PeakShown> {
    let peak = forecast.peak(risk, now, now + ROW_HORIZON)?;
    Some(PeakShown { demand: rounded(peak.demand, FORECAST_DIGITS), at: peak.at })
}

/// Over all horizons and parts of events' course, each by the steps that were judged in it.
fn skill(look: &Look<'_>) -> Option<f64> {
    let (mut loss, mut last_value) = (0.0, 0.0);
    for judged in look.autoscaler.forecaster().judged() {
        loss += judged.loss * f64::from(judged.steps);
        last_value += judged.last_value_loss * f64::from(judged.steps);
    }
    (0.0 < last_value).then(|| ((1.0 - loss / last_value) / SKILL_STEP).round() * SKILL_STEP).map(tidy)
}

/// To so many significant digits.
pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let places = digits - 1 - value.abs().log10().floor() as i32;
    let scale = 10_f64.powi(places.abs());
    if 0 <= places { (value * scale).round() / scale } else { (value / scale).round() * scale }
}

/// Without the last digits that a multiplication leaves.
fn tidy(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_people_see() {
        for (value, digits, shown) in [
            (0.0, 3, 0.0),
            (5_840.2, 3, 5_840.0),
            (0.012_345, 3, 0.012_3),
            (-17.06, 3, -17.1),
            (999_999.0, 3, 1_000_000.0),
            (123_456.7, 5, 123_460.0),
        ] {
            assert_eq!(rounded(value, digits), shown, "{value} to {digits}");
        }
    }
}
