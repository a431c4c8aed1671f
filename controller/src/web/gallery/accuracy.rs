//! How right a scaler's forecasts were: what the forecaster itself has recorded of its errors, and what came of its
//! plans over the trail.

use std::collections::BTreeMap;

use prescale_model::{Autoscaler, Mode, Worths, forecast::Judged, forecast::band::Regime};

use super::{Hung, outcome::Outcomes};
use crate::web::wire::{Accuracy, EventsWorth, HorizonSkill, Outcome, SignalWorth};

/// What the scaler itself has recorded.
struct Recorded {
    judged: Vec<Judged>,
    /// Class, events seen, uplift at its peak.
    classes: Vec<(String, u32, f64)>,
}

impl Recorded {
    fn of(autoscaler: &Autoscaler) -> Self {
        let forecaster = autoscaler.forecaster();
        let profiles = forecaster.tracker().profiles().iter();
        let classes = profiles.map(|(class, profile)| (class.clone(), profile.events(), profile.peak()));
        Self { judged: forecaster.judged().collect(), classes: classes.collect() }
    }
}

/// How right it was; `None` where it is gone.
pub(super) fn accuracy(hung: &Hung) -> Option<Accuracy> {
    let living = hung.lock().living.clone();
    let mut recorded = None;
    living.look(&mut |autoscaler| recorded = Some(Recorded::of(autoscaler)));
    let Recorded { judged, mut classes } = recorded?;
    let exhibit = hung.lock();
    let Outcomes { reality, plan, reactive, calibration } = exhibit.outcomes();
    let worths = exhibit.worths();
    // Of a class whose first event is not over, no profile is there yet.
    let news = worths.iter().flat_map(|worths| worths.classes.keys());
    let news: Vec<_> = news.filter(|class| classes.iter().all(|known| known.0 != **class)).cloned().collect();
    classes.extend(news.into_iter().map(|class| (class, 0, 1.0)));
    let ours = if exhibit.spec.settings.mode == Mode::Active { &reality } else { &plan };
    let late_minutes_avoided = reactive.late_minutes.zip(ours.late_minutes).map(|(late, ours)| late - ours);
    let horizons = horizons(&judged);
    let on_events = skill(judged.iter().filter(|judged| judged.regime != Regime::Quiet));
    let signals = exhibit.spec.signals.iter();
    Some(Accuracy {
        judged_steps: horizons.first().map_or(0, |nearest| nearest.steps),
        since: exhibit.kept_since(),
        says_what: says(skill(judged.iter()), (&reality, &plan, &reactive)),
        calibration,
        horizons,
        events: classes.into_iter().map(|class| events_worth(class, on_events, worths)).collect(),
        signals: signals.enumerate().map(|(index, (name, _))| signal_worth((index, name), worths)).collect(),
        worth_minutes: worths.and_then(judged_minutes),
        reality,
        plan,
        reactive,
        late_minutes_avoided,
    })
}

/// One a horizon, over all parts of events' course by the steps that were judged in each.
fn horizons(judged: &[Judged]) -> Vec<HorizonSkill> {
    let mut by_horizon: BTreeMap<_, Vec<&Judged>> = BTreeMap::new();
    for each in judged {
        by_horizon.entry(each.horizon).or_default().push(each);
    }
    let horizons = by_horizon.into_iter().map(|(horizon, each)| {
        let steps: u32 = each.iter().map(|judged| judged.steps).sum();
        let mean = |loss: fn(&Judged) -> f64| {
            let sum: f64 = each.iter().map(|judged| loss(judged) * f64::from(judged.steps)).sum();
            (0 < steps).then(|| sum / f64::from(steps))
        };
        HorizonSkill {
            horizon_seconds: horizon.as_secs_f64(),
            error: mean(|judged| judged.loss),
            last_value_error: mean(|judged| judged.last_value_loss),
            skill: skill(each.iter().copied()),
            steps,
        }
    });
    horizons.collect()
}

/// Share of the last value's error that forecasts save.
fn skill<'a>(judged: impl Iterator<Item = &'a Judged>) -> Option<f64> {
    let (mut loss, mut last_value) = (0.0, 0.0);
    for each in judged {
        loss += each.loss * f64::from(each.steps);
        last_value += each.last_value_loss * f64::from(each.steps);
    }
    (0.0 < last_value).then(|| 1.0 - loss / last_value)
}

fn judged_minutes(worths: &Worths) -> Option<f64> {
    worths.judged.is_positive().then(|| worths.judged.as_secs_f64() / 60.0)
}

fn signal_worth((index, name): (usize, &str), worths: Option<&Worths>) -> SignalWorth {
    let saves = worths.and_then(|worths| worths.signals.get(index).copied().flatten());
    let worth = saves.map(|saves| format!("forecasts are {} with it than without", more_right(saves)));
    SignalWorth { name: name.to_owned(), saves, worth }
}

fn events_worth(
    (class, seen, peak): (String, u32, f64),
    on_events: Option<f64>,
    worths: Option<&Worths>,
) -> EventsWorth {
    let saves = worths.and_then(|worths| worths.classes.get(&class).copied().flatten());
    let learned_uplift = (0 < seen).then_some(peak);
    let learned = match learned_uplift {
        Some(uplift) => {
            let events = if seen == 1 { "event" } else { "events" };
            format!("{uplift:.1} times the usual demand at its peak, learned from {seen} {events} here")
        }
        None => "none was seen here yet".to_owned(),
    };
    let compared = on_events.map(|skill| format!("; around events, forecasts are {}", compared(skill)));
    let known = saves.map(|saves| format!("; they are {} for knowing of these", more_right(saves)));
    let worth = [Some(learned), compared, known].into_iter().flatten().collect();
    EventsWorth { class, seen, learned_uplift, saves, worth }
}

/// What is saved, in words.
fn more_right(saves: f64) -> String {
    match (100.0 * saves).round() {
        0.0 => "no more right".to_owned(),
        less if 0.0 < less => format!("{less}% less wrong"),
        more => format!("{}% more wrong", -more),
    }
}

/// A skill in words.
fn compared(skill: f64) -> String {
    let percent = (100.0 * skill.abs()).round();
    if skill < 0.0 {
        format!("{percent}% more wrong than the last value")
    } else {
        format!("{percent}% less wrong than the last value")
    }
}

fn says(skill: Option<f64>, (reality, plan, reactive): (&Outcome, &Outcome, &Outcome)) -> String {
    let judged = match skill {
        Some(skill) => format!("Forecasts are {}.", compared(skill)),
        None => "No forecast has been compared with what came yet.".to_owned(),
    };
    let outcome = match (reality.late_minutes, plan.late_minutes) {
        (Some(was), Some(planned)) => format!(
            " Demand was more than the replicas serve in {} of {} minutes; with the plans it would have been {} of {}.",
            minutes(was),
            minutes(reality.minutes),
            minutes(planned),
            minutes(plan.minutes)
        ),
        (Some(was), None) => format!(
            " Demand was more than the replicas serve in {} of {} minutes.",
            minutes(was),
            minutes(reality.minutes)
        ),
        (None, _) => String::new(),
    };
    let reactive_outcome = reactive.late_minutes.map(|late| {
        let (late, all) = (minutes(late), minutes(reactive.minutes));
        format!(" An HPA that follows demand as it comes would have been late in {late} of {all}.")
    });
    judged + &outcome + &reactive_outcome.unwrap_or_default()
}

fn minutes(minutes: f64) -> f64 {
    (minutes * 10.0).round() / 10.0
}
