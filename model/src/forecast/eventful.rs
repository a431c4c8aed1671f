//! What announced events let one expect, as features on each event's own clock: where on its course an event is, what
//! kind of event it is, and how large this one has turned out so far.

use std::ops::Range;

use jiff::Timestamp;

use super::band::Regime;
use super::usual::CHANGES;
use crate::events::clock::{Clock, add_hats};

/// Knots of the course that all events share.
const COURSE: [f32; 28] = [
    -90.0, -60.0, -45.0, -30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0, 40.0, 47.0, 54.0, 61.0, 70.0, 80.0,
    90.0, 98.0, 105.0, 112.0, 119.0, 127.0, 140.0, 155.0, 175.0, 205.0, 240.0, 290.0,
];
/// Knots of what sets events late in the day apart.
const LATE: [f32; 9] = [-100.0, -30.0, 0.0, 35.0, 70.0, 105.0, 140.0, 190.0, 270.0];
/// Knots of what sets those on workdays apart.
const WORKDAY: [f32; 17] = [
    -100.0, -55.0, -25.0, -10.0, 0.0, 10.0, 25.0, 40.0, 55.0, 70.0, 85.0, 98.0, 107.0, 116.0, 130.0, 165.0,
    270.0,
];
/// Knots of what sets a rarer class apart from the most frequent one.
const CLASS: [f32; 6] = [-100.0, 0.0, 60.0, 110.0, 170.0, 280.0];
/// Knots at which it counts how large this event has turned out.
const ELEVATION: [f32; 9] = [-60.0, 0.0, 50.0, 95.0, 115.0, 135.0, 160.0, 200.0, 300.0];
/// Knots of how uncertain an event makes forecasts.
const DOUBT: [f32; 16] = [
    -105.0, -60.0, -25.0, -10.0, 0.0, 10.0, 20.0, 40.0, 65.0, 90.0, 107.0, 120.0, 140.0, 175.0, 230.0, 320.0,
];

/// Time on an event's clock at which the level before it is taken.
pub const BEFORE: f32 = -60.0;

/// Reach of an event on its clock, of all knots.
pub const REACH: Range<f32> = -105.0..320.0;

/// Time on an event's clock in which changes mean something else than usual.
const INSIDE: Range<f32> = -60.0..300.0;

/// Features of [`write`].
pub const FEATURES: usize =
    inner(&COURSE) + inner(&LATE) + inner(&WORKDAY) + inner(&CLASS) + inner(&ELEVATION) + CHANGES;

/// Features of [`write_doubt`].
pub const DOUBT_FEATURES: usize = inner(&DOUBT) + inner(&ELEVATION);

const fn inner(knots: &[f32]) -> usize {
    knots.len() - 2
}

/// All events that start and end together, as one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slot {
    /// When.
    pub clock: Clock,
    /// How much they move demand together, where 1 is a usual event.
    pub size: f32,
    /// How late in the day they start, within [0, 1].
    pub late: f32,
    /// 1 on a workday.
    pub workday: f32,
    /// How much of their size is of another class than the most frequent one.
    pub rare: f32,
    /// Level before they had an effect; `None` until it was seen.
    pub before: Option<f32>,
}

/// Writes the features at `at`. `changes` are those of that moment, `level` is the base of its forecasts.
pub fn write(slots: &[Slot], at: Timestamp, changes: &[f32], level: f32, out: &mut [f32]) {
    out.fill(0.0);
    let (course, rest) = out.split_at_mut(inner(&COURSE));
    let (late, rest) = rest.split_at_mut(inner(&LATE));
    let (workday, rest) = rest.split_at_mut(inner(&WORKDAY));
    let (class, rest) = rest.split_at_mut(inner(&CLASS));
    let (elevation, inside) = rest.split_at_mut(inner(&ELEVATION));
    for slot in slots {
        let time = slot.clock.at(at);
        add_hats(&COURSE, time, slot.size, course);
        add_hats(&LATE, time, slot.size * slot.late, late);
        add_hats(&WORKDAY, time, slot.size * slot.workday, workday);
        add_hats(&CLASS, time, slot.rare, class);
    }
    write_elevation(slots, at, level, elevation);
    if slots.iter().any(|slot| INSIDE.contains(&slot.clock.at(at))) {
        inside.copy_from_slice(changes);
    }
}

/// Writes what tells how uncertain events make forecasts made at `at`.
pub fn write_doubt(slots: &[Slot], at: Timestamp, level: f32, out: &mut [f32]) {
    out.fill(0.0);
    let (course, elevation) = out.split_at_mut(inner(&DOUBT));
    slots.iter().for_each(|slot| add_hats(&DOUBT, slot.clock.at(at), 1.0, course));
    write_elevation(slots, at, level, elevation);
    elevation.iter_mut().for_each(|value| *value = 0.5 * value.abs());
}

/// How far the level lies above what it was before the event that counts now.
fn write_elevation(slots: &[Slot], at: Timestamp, level: f32, out: &mut [f32]) {
    let Some(slot) = counting(slots, at) else { return };
    let time = slot.clock.at(at);
    let Some(before) = slot.before.filter(|_| BEFORE <= time) else { return };
    add_hats(&ELEVATION, time, 0.5 * (level - before), out);
}

/// Of events that follow each other, the latest; but the one before until it is well over or the next is near.
fn counting(slots: &[Slot], at: Timestamp) -> Option<&Slot> {
    const NEAR: f32 = -30.0;
    const OVER: f32 = 150.0;
    let in_reach = |slot: &&Slot| (-90.0..300.0).contains(&slot.clock.at(at));
    let mut counting: Option<&Slot> = None;
    for slot in slots.iter().filter(in_reach) {
        let before_goes_on = counting.is_some_and(|before| before.clock.at(at) < OVER);
        if !before_goes_on || NEAR <= slot.clock.at(at) {
            counting = Some(slot);
        }
    }
    counting
}

/// Whether an event has, or may have, an effect between two moments.
#[must_use]
pub fn is_near(slots: &[Slot], from: Timestamp, to: Timestamp) -> bool {
    slots.iter().any(|slot| REACH.start < slot.clock.at(to) && slot.clock.at(from) < REACH.end)
}

/// Where on an event's course a moment lies. The event that starts last counts; `slots` are in the order of starts.
#[must_use]
pub fn regime(slots: &[Slot], at: Timestamp) -> Regime {
    let times = slots.iter().map(|slot| slot.clock.at(at));
    times.fold(Regime::Quiet, |regime, time| match time {
        -30.0..30.0 => Regime::Start,
        30.0..200.0 => Regime::Course,
        _ => regime,
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn slot(starts_min: i64, before: Option<f32>) -> Slot {
        let starts_at = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(starts_min);
        let clock = Clock { starts_at, length_min: 120.0 };
        Slot { clock, size: 1.0, late: 0.0, workday: 0.0, rare: 0.0, before }
    }

    fn features(slots: &[Slot], minute: i64, level: f32) -> Vec<f32> {
        let mut out = vec![0.0; FEATURES];
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute);
        write(slots, at, &[0.5; CHANGES], level, &mut out);
        out
    }

    #[test]
    fn without_an_event_in_reach_nothing_is_seen() {
        for minute in [-300, -110, 330, 10_000] {
            assert!(
                features(&[slot(0, Some(3.0))], minute, 9.0).iter().all(|&value| value == 0.0),
                "{minute}"
            );
        }
    }

    #[test]
    fn events_that_overlap_add_up() {
        let (one, other) = (slot(0, None), slot(45, None));
        let course = ..inner(&COURSE);
        let both = features(&[one, other], 60, 4.0);
        let sum: Vec<f32> = features(&[one], 60, 4.0)[course]
            .iter()
            .zip(&features(&[other], 60, 4.0)[course])
            .map(|(a, b)| a + b)
            .collect();
        assert_eq!(both[course], sum[..]);
    }

    #[test]
    fn how_large_an_event_has_turned_out_counts_once_it_has_an_effect() {
        let elevation = FEATURES - CHANGES - inner(&ELEVATION)..FEATURES - CHANGES;
        let sum = |minute, level| -> f32 {
            features(&[slot(0, Some(3.0))], minute, level)[elevation.clone()].iter().sum()
        };
        assert_eq!(sum(-80, 5.0), 0.0);
        assert_eq!(sum(50, 3.0), 0.0);
        assert!((sum(50, 5.0) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_event_that_starts_last_says_where_a_moment_lies() {
        let slots = [slot(0, None), slot(180, None)];
        let at = |minute| regime(&slots, Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute));
        assert_eq!(
            [-60, 0, 60, 140, 170, 240, 500].map(at),
            [
                Regime::Quiet,
                Regime::Start,
                Regime::Course,
                Regime::Course,
                Regime::Start,
                Regime::Course,
                Regime::Quiet
            ]
        );
    }
}
