//! What a wrong calendar would have cost: Prescale again in the same world, told that events come earlier than they
//! do, of one that is called off, of one that never comes, and of nothing.

mod extra;

use jiff::SignedDuration;
use prescale_model::Event;
use rayon::prelude::*;

use crate::calendar::Announced;
use crate::compare::prescale;
use crate::error::ScenarioError;
use crate::figures::{count, minute};
use crate::policies::PolicyKind;
use crate::result::{CalendarResult, Comparison, ExtraEvent, PolicyResult};
use crate::scenario::Scenario;
use crate::simulate::{Detail, simulate};

/// A late event comes so long after its announced start.
const LATE_BY: SignedDuration = SignedDuration::from_mins(10);

/// An event is called off so long before its start, when its capacity is there.
const WITHDRAWN_BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// A calendar that is not the recorded one.
struct Wrong {
    name: &'static str,
    /// How it differs.
    words: String,
    concerning: Vec<Announced>,
    /// The event that it has and nobody comes to.
    extra: Option<Announced>,
}

/// How many runs [`compare_calendars`] takes.
#[must_use]
pub fn runs(scenario: &Scenario, kinds: &[PolicyKind]) -> usize {
    if kinds.contains(&PolicyKind::Prescale) { wrong_calendars(scenario).len() } else { 0 }
}

/// Runs Prescale with calendars that are wrong, and puts them beside its run of `comparison`, which needs the sizes
/// of its ticks. Nothing is run without it, or without an event in the window. `done` is called after each of the
/// [`runs`].
///
/// # Errors
/// A world or an HPA that cannot be.
pub fn compare_calendars(
    scenario: &Scenario,
    comparison: &mut Comparison,
    done: impl Fn() + Sync,
) -> Result<(), ScenarioError> {
    let name = PolicyKind::Prescale.name();
    let Some(right) = comparison.policies.iter().find(|policy| policy.name == name) else { return Ok(()) };
    let wrong = wrong_calendars(scenario);
    if wrong.is_empty() {
        return Ok(());
    }
    let run = |wrong: &Wrong| {
        let policy = prescale(scenario, scenario.settings().risk);
        let run = simulate(&scenario.told(wrong.concerning.clone()), &policy, Detail::Sizes)?;
        done();
        let extra =
            wrong.extra.as_ref().map(|extra| extra::result(extra, scenario, &run.sizes, &right.sizes));
        Ok(result((wrong.name, wrong.words.clone()), run, extra))
    };
    let wrong = wrong.par_iter().map(run).collect::<Result<Vec<_>, ScenarioError>>()?;
    let right = result(("right", "as recorded".into()), right.clone(), None);
    comparison.calendars = std::iter::once(right).chain(wrong).collect();
    comparison.calendars_summary = summary(&comparison.calendars);
    Ok(())
}

/// The calendars that are worth a run: none where Prescale knows of no event of the window, and none with one more
/// event where there is no room for it.
fn wrong_calendars(scenario: &Scenario) -> Vec<Wrong> {
    let recorded = scenario.announced();
    let Some(usual) = extra::largest(scenario) else { return vec![] };
    let late = Wrong {
        name: "late",
        words: format!("events come {LATE_BY:#} after their announced start"),
        concerning: recorded.iter().map(|one| earlier(one, scenario)).collect(),
        extra: None,
    };
    let none = Wrong { name: "none", words: "no event is announced".into(), concerning: vec![], extra: None };
    let more = extra::find(scenario, usual).into_iter().flat_map(|event| {
        let withdrawn_at = Some(event.starts_at - WITHDRAWN_BEFORE);
        let words = format!("an event is called off {WITHDRAWN_BEFORE:#} before its start");
        let called_off = Announced { withdrawn_at, ..Announced::always(event.clone()) };
        let never_comes = Announced::always(event);
        [
            with("cancelled", words, recorded, called_off),
            with("false", "an announced event never comes".into(), recorded, never_comes),
        ]
    });
    std::iter::once(late).chain(more).chain([none]).collect()
}

fn with(name: &'static str, words: String, recorded: &[Announced], extra: Announced) -> Wrong {
    let concerning = recorded.iter().chain([&extra]).cloned().collect();
    Wrong { name, words, concerning, extra: Some(extra) }
}

/// The announced start of an event of the window is moved ahead of when it comes. Past events keep theirs: it is
/// these that are late, and not all of their class.
fn earlier(one: &Announced, scenario: &Scenario) -> Announced {
    if !starts_within(&one.event, scenario) {
        return one.clone();
    }
    let event = Event {
        starts_at: one.event.starts_at - LATE_BY,
        ends_at: one.event.ends_at - LATE_BY,
        ..one.event.clone()
    };
    Announced { event, ..one.clone() }
}

fn starts_within(event: &Event, scenario: &Scenario) -> bool {
    (scenario.from..scenario.to).contains(&event.starts_at)
}

/// A run by the name of its calendar. What fills pages is left out.
fn result((name, words): (&str, String), run: PolicyResult, extra: Option<ExtraEvent>) -> CalendarResult {
    let run = PolicyResult {
        name: name.into(),
        settings: words,
        turning_points: vec![],
        sizes: vec![],
        timeline: vec![],
        ..run
    };
    CalendarResult { run, extra }
}

/// What became of the capacity for the event that never came, or why there was none.
fn summary(calendars: &[CalendarResult]) -> String {
    let of_false = calendars.iter().find(|calendar| calendar.run.name == "false");
    let Some(extra) = of_false.and_then(|calendar| calendar.extra.as_ref()) else {
        return format!(
            "No moment of the window is {:#} away from every event and has room for another that Prescale would \
             prepare for, so none was called off or invented.",
            extra::AWAY
        );
    };
    let start = format!("To the false event of {} nobody came", minute(extra.starts_at));
    if extra.most_replicas == 0 {
        return format!("{start}, and no replica waited for it.");
    }
    format!(
        "{start}. At most {} replicas waited for it: nine in ten were gone {}, and the last {}.",
        count(extra.most_replicas.into()),
        since_start(extra.mostly_gone_after_min),
        since_start(extra.gone_after_min)
    )
}

/// When something was seen to be gone: `14 min after its start`.
fn since_start(minutes: Option<f64>) -> String {
    match minutes {
        Some(minutes) if minutes < 0.0 => format!("{:.0} min before its start", -minutes),
        Some(minutes) => format!("{minutes:.0} min after its start"),
        None => "later than was looked at".into(),
    }
}
