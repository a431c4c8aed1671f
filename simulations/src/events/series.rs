//! From the VEVENTs of a calendar to single events: the latest version of each, series with their repetitions, changed and
//! excluded occurrences.

use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp, Zoned};

use super::error::Unusable;
use super::moment::{Form, Moment};
use super::name;
use super::options::Window;
use super::recurrence::expand;
use super::skip::Skip;
use super::summary::Counts;
use super::vevent::{Length, Refused, VEvent};

/// One event of a calendar at its time.
#[derive(Clone, Debug)]
pub(super) struct Occurrence {
    pub(super) name: String,
    pub(super) start: Zoned,
    pub(super) end: Zoned,
    /// The VEVENT that says what it is.
    pub(super) event: Rc<VEvent>,
}

/// What a calendar holds.
#[derive(Debug, Default)]
pub(super) struct Unrolled {
    pub(super) occurrences: Vec<Occurrence>,
    pub(super) unusable: Vec<Unusable>,
    pub(super) counts: Counts,
}

/// How series become events.
#[derive(Clone, Copy)]
pub(super) struct Unrolling<'a> {
    pub(super) window: &'a Window,
    /// Length of events that do not say it.
    pub(super) length: Option<SignedDuration>,
    pub(super) skips: &'a [Skip],
}

/// The events of one UID: the event or series itself, and its occurrences that were changed, by their original start.
#[derive(Default)]
struct Family {
    master: Option<VEvent>,
    changed: BTreeMap<Timestamp, VEvent>,
}

/// Unrolls all VEVENTs of a calendar. Of several versions of the same, the one with the highest SEQUENCE, and then the
/// latest stamp, counts; of equals the one that was read last.
pub(super) fn unroll(events: Vec<VEvent>, how: Unrolling<'_>) -> Unrolled {
    let mut unrolled = Unrolled::default();
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for event in events {
        if let Err((event, refused)) = join(&mut families, event, &mut unrolled.counts) {
            unrolled.refuse(&event, &refused);
        }
    }
    for family in families.into_values() {
        unrolled.add(family, how);
    }
    unrolled
}

/// Puts an event where its UID belongs.
fn join(
    families: &mut BTreeMap<String, Family>,
    event: VEvent,
    counts: &mut Counts,
) -> Result<(), (Box<VEvent>, Refused)> {
    let original = event.recurrence_id.as_ref().map(Moment::zoned).transpose();
    let original = match original {
        Ok(original) => original,
        Err(problem) => return Err((Box::new(event), Refused::of("RECURRENCE-ID", problem))),
    };
    let family = families.entry(event.uid.clone()).or_default();
    let before = match &original {
        None => family.master.take(),
        Some(original) => family.changed.remove(&original.timestamp()),
    };
    counts.superseded += usize::from(before.is_some());
    let latest = match before {
        Some(before) if event.version < before.version => before,
        Some(_) | None => event,
    };
    match original {
        None => family.master = Some(latest),
        Some(original) => {
            family.changed.insert(original.timestamp(), latest);
        }
    }
    Ok(())
}

impl Unrolled {
    fn refuse(&mut self, event: &VEvent, refused: &Refused) {
        let problem = describe(event.summary.as_deref(), refused);
        let line = Some(event.line_of(refused.property));
        self.unusable.push(Unusable { file: event.file.clone(), line, problem });
    }

    fn add(&mut self, family: Family, how: Unrolling<'_>) {
        if let Some(master) = family.master.map(Rc::new) {
            let added = if master.is_series() {
                self.add_series(&master, &family.changed, how)
            } else {
                self.add_single(&master, how)
            };
            if let Err(refused) = added {
                self.refuse(&master, &refused);
            }
        }
        for changed in family.changed.into_values().map(Rc::new) {
            if let Err(refused) = self.add_changed(&changed, how) {
                self.refuse(&changed, &refused);
            }
        }
    }

    fn add_single(&mut self, event: &Rc<VEvent>, how: Unrolling<'_>) -> Result<(), Refused> {
        let start = event.start.zoned().map_err(|problem| Refused::of("DTSTART", problem))?;
        let end = end_of(event, &start, how)?;
        let kept =
            self.keep(Occurrence { name: name::of_event(&event.uid), start, end, event: event.clone() }, how);
        self.counts.single += usize::from(kept);
        Ok(())
    }

    fn add_changed(&mut self, event: &Rc<VEvent>, how: Unrolling<'_>) -> Result<(), Refused> {
        let refuse = |problem: String| Refused::of("RECURRENCE-ID", problem);
        let original = event.recurrence_id.as_ref().expect("only occurrences of a series are put here");
        let name = name::of_occurrence(&event.uid, original).map_err(refuse)?;
        let start = event.start.zoned().map_err(|problem| Refused::of("DTSTART", problem))?;
        let end = end_of(event, &start, how)?;
        let is_moved = start.timestamp() != original.zoned().map_err(refuse)?.timestamp();
        let kept = self.keep(Occurrence { name, start, end, event: event.clone() }, how);
        self.counts.changed += usize::from(kept);
        self.counts.moved += usize::from(kept && is_moved);
        Ok(())
    }

    /// Nothing of a series is added unless all of it can be.
    fn add_series(
        &mut self,
        series: &Rc<VEvent>,
        changed: &BTreeMap<Timestamp, VEvent>,
        how: Unrolling<'_>,
    ) -> Result<(), Refused> {
        check_changed(series, changed)?;
        let mut occurrences = vec![];
        for (at, (original, origin)) in starts(series, how.window)? {
            if changed.contains_key(&at) {
                continue;
            }
            let start = original.zoned().map_err(|problem| Refused::of("DTSTART", problem))?;
            let end = end_of(series, &start, how)?;
            let name = name::of_occurrence(&series.uid, &original);
            let name = name.map_err(|problem| Refused::of("RRULE", problem))?;
            occurrences.push((Occurrence { name, start, end, event: series.clone() }, origin));
        }
        let excluded = excluded(series)?;
        for (occurrence, origin) in occurrences {
            self.add_repetition(occurrence, origin, &excluded, how);
        }
        Ok(())
    }

    fn add_repetition(
        &mut self,
        occurrence: Occurrence,
        origin: Origin,
        excluded: &[Moment],
        how: Unrolling<'_>,
    ) {
        // A series has no number of repetitions outside of what is asked for: many go on for ever.
        if !how.window.holds(occurrence.start.timestamp(), occurrence.end.timestamp()) {
            return;
        }
        if excluded.iter().any(|moment| excludes(moment, &occurrence.start)) {
            self.counts.excluded += 1;
            return;
        }
        let skip = how.skips.iter().find(|skip| origin == Origin::Rule && skip.covers(&occurrence.start));
        if let Some(skip) = skip {
            *self.counts.skipped.entry(skip.file.clone()).or_default() += 1;
            return;
        }
        self.counts.repetitions += usize::from(self.keep(occurrence, how));
    }

    /// Keeps what is asked for.
    fn keep(&mut self, occurrence: Occurrence, how: Unrolling<'_>) -> bool {
        let is_asked = how.window.holds(occurrence.start.timestamp(), occurrence.end.timestamp());
        if is_asked {
            self.occurrences.push(occurrence);
        } else {
            self.counts.outside += 1;
        }
        is_asked
    }
}

/// Why an occurrence is in a series.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// DTSTART or a rule.
    Rule,
    /// RDATE: somebody wrote it.
    Written,
}

/// All starts of a series by their moments; the first of those that fall on the same.
fn starts(series: &VEvent, window: &Window) -> Result<BTreeMap<Timestamp, (Moment, Origin)>, Refused> {
    let mut all: Vec<_> = series.added.iter().map(|moment| (moment.clone(), Origin::Written)).collect();
    all.push((series.start.clone(), Origin::Rule));
    for rule in &series.rules {
        let locals = expand(rule, &series.start, window.until)?;
        all.extend(locals.into_iter().map(|local| (series.start.at(local), Origin::Rule)));
    }
    let mut starts = BTreeMap::new();
    for (moment, origin) in all {
        let at = moment.zoned().map_err(|problem| Refused::of("RRULE", problem))?.timestamp();
        starts.entry(at).or_insert((moment, origin));
    }
    Ok(starts)
}

/// A day cannot say which of a series' times is meant.
fn check_changed(series: &VEvent, changed: &BTreeMap<Timestamp, VEvent>) -> Result<(), Refused> {
    let is_day = |moment: &Moment| moment.form == Form::Day;
    let mut originals = changed.values().filter_map(|event| event.recurrence_id.as_ref());
    match originals.find(|original| is_day(original) != is_day(&series.start)) {
        Some(original) => {
            let problem = format!(
                "{} is changed by a RECURRENCE-ID {}: one is a day and the other a time",
                series.start.local, original.local
            );
            Err(Refused::of("DTSTART", problem))
        }
        None => Ok(()),
    }
}

fn excluded(series: &VEvent) -> Result<Vec<Moment>, Refused> {
    for moment in &series.excluded {
        moment.zoned().map_err(|problem| Refused::of("EXDATE", problem))?;
    }
    Ok(series.excluded.clone())
}

/// A day excludes what starts on it; some write EXDATE so for a series with times.
fn excludes(moment: &Moment, start: &Zoned) -> bool {
    match moment.form {
        Form::Day => moment.local.date() == start.date(),
        Form::Floating | Form::Placed => moment.zoned().is_ok_and(|at| at.timestamp() == start.timestamp()),
    }
}

fn end_of(event: &VEvent, start: &Zoned, how: Unrolling<'_>) -> Result<Zoned, Refused> {
    let length = match (event.length, how.length) {
        (Length::Unknown, Some(given)) => Length::Exact(given),
        (Length::Unknown, None) => {
            let problem = format!("{} has no end after it: give --duration, such as 2h", event.start.local);
            return Err(Refused::of("DTSTART", problem));
        }
        (known, _) => known,
    };
    length
        .end_of(start)
        .ok_or_else(|| Refused::of("DTSTART", format!("{start} does not end in a year that is")))
}

/// What an error calls an event.
pub(super) fn describe(summary: Option<&str>, refused: &Refused) -> String {
    let summary = summary.map(|summary| format!(" `{}`", summary.chars().take(60).collect::<String>()));
    format!("VEVENT{}: {} {}", summary.unwrap_or_default(), refused.property, refused.problem)
}
