//! Node room: what is to be done about it, and what is found of it. Pure: what is there is told by readings.

use jiff::{SignedDuration, Timestamp};
use prescale_model::{Event, Mode, Plan, Room, events::Effect};

use super::{Readings, doubled};
use crate::{
    api::{CheckedScaler, HeadroomBy},
    apply::{HeadroomError, HoldAct},
    headroom::{By, Granted, HeadroomAct, Offer, Pools},
    status::{Finding, HEADROOM_READY},
};

/// A buffer that nobody has answered for so long is not served: Karpenter answers within seconds.
const ANSWERED_WITHIN: SignedDuration = SignedDuration::from_secs(60);
/// An object that was applied is seen within this time: buffers are listed each 10 s, Deployments are watched.
const SEEN_WITHIN: SignedDuration = SignedDuration::from_secs(60);
/// Placeholders that no node is on its way for by then will have none: a node's start has its p95 near 110 s.
const PLACED_WITHIN: SignedDuration = SignedDuration::from_secs(180);
/// What cannot be had is said when it has been so for longer than a moment in which nodes are being asked for.
const FAILS_FOR: SignedDuration = SignedDuration::from_secs(15);
/// Nodes are left alone for so long after an event has begun, at most: one of a week must not keep them from being
/// renewed.
const HELD_INTO: SignedDuration = SignedDuration::from_hours(1);

/// What a scaler knows of its room.
#[derive(Debug, Default)]
pub(super) struct Headroom {
    /// What was applied last in this run.
    kept: Option<Kept>,
    failure: Option<Box<Failure>>,
    tries: u32,
    tried_at: Option<Timestamp>,
    held_at: Option<Timestamp>,
    hold_tries: u32,
    hold_failure: Option<Box<str>>,
    /// Pods for which room was surely there when it was seen last.
    there: u32,
    /// Since when some of it has been on its way.
    asked_at: Option<Timestamp>,
    /// Since when some of it has been failing.
    fails_since: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    act: HeadroomAct,
    at: Timestamp,
    /// The target's template that it was made after.
    template: Option<u64>,
    is_applied: bool,
}

#[derive(Debug)]
struct Failure {
    reason: &'static str,
    message: String,
}

/// What of the room is there.
enum Fares {
    /// All of it.
    There,
    /// Nobody has answered yet.
    Unanswered,
    /// Nodes are on their way.
    Coming,
    /// So many pods cannot have a node.
    Failing(u32),
}

impl Headroom {
    /// What the model is told of room, by what was read.
    pub(super) fn room(
        &mut self,
        now: Timestamp,
        (spec, uid): (&CheckedScaler, &str),
        readings: &Readings,
    ) -> Room {
        let nodes = &readings.nodes;
        let asked = self.asked(now, (spec, uid), readings).filter(|(pods, _)| 0 < *pods);
        let ready = asked.map(|(pods, by)| {
            self.there = match (by, self.fares(now, (pods, by), readings)) {
                (By::PlaceholderPods, _) => nodes.seen.placeholders_ready.min(pods),
                (By::CapacityBuffer, Fares::There) => pods,
                (By::CapacityBuffer, Fares::Unanswered | Fares::Coming | Fares::Failing(_)) => {
                    self.there.min(pods)
                }
            };
            self.there
        });
        if ready.is_none() {
            self.there = 0;
        }
        let is_coming = asked.is_some_and(|(pods, _)| self.there < pods);
        self.asked_at = is_coming.then(|| self.asked_at.unwrap_or(now));
        let by = self.kept_by().or_else(|| chosen(spec, readings));
        let refill = by.map_or(SignedDuration::ZERO, By::refill);
        Room { going: nodes.seen.going, pending: nodes.seen.pending, ready, asked: self.asked_at, refill }
    }

    /// What keeps room now, and for how many pods.
    fn asked(
        &self,
        now: Timestamp,
        (spec, uid): (&CheckedScaler, &str),
        readings: &Readings,
    ) -> Option<(u32, By)> {
        let by = self.kept_by().or_else(|| chosen(spec, readings))?;
        Some((self.pods_of(now, (by, uid), readings)?, by))
    }

    /// Pods that an object keeps room for: as it was applied, until that can be seen, and then as it is seen. Who changes
    /// or deletes it is overruled so.
    fn pods_of(&self, now: Timestamp, (by, uid): (By, &str), readings: &Readings) -> Option<u32> {
        let applied = self.kept.filter(|kept| kept.is_applied && kept.act.by == by);
        let newer = applied.filter(|kept| now.duration_since(kept.at).abs() < SEEN_WITHIN);
        newer.map(|kept| kept.act.pods).or_else(|| there(by, uid, readings))
    }

    fn fares(&self, now: Timestamp, (pods, by): (u32, By), readings: &Readings) -> Fares {
        let nodes = &readings.nodes;
        match by {
            // Karpenter then says nothing more of buffers: their conditions stay as they were.
            By::CapacityBuffer if nodes.room.pools == Pools::None => Fares::Failing(pods),
            By::CapacityBuffer => match nodes.room.buffer.as_ref().filter(|buffer| buffer.pods == pods) {
                Some(buffer) if 0 < buffer.failed => Fares::Failing(buffer.failed),
                // Room on a node that is on its way counts as placed: it is there once no node is awaited.
                Some(buffer) if buffer.is_placed && nodes.seen.launching == 0 => Fares::There,
                Some(buffer) if buffer.is_answered => Fares::Coming,
                _ => Fares::Unanswered,
            },
            By::PlaceholderPods if pods <= nodes.seen.placeholders_ready => Fares::There,
            By::PlaceholderPods => {
                let waits_for = self.kept.map_or(SignedDuration::ZERO, |kept| now.duration_since(kept.at));
                let is_limited = nodes.room.pools.limit().is_some() && FAILS_FOR < waits_for;
                let is_given_up = is_limited || PLACED_WITHIN < waits_for;
                if nodes.seen.launching == 0 && is_given_up {
                    Fares::Failing(pods - nodes.seen.placeholders_ready)
                } else {
                    Fares::Coming
                }
            }
        }
    }

    /// What to do about room: in mode Active what the plan says, and otherwise to give back what is there.
    pub(super) fn act(
        &mut self,
        (spec, uid): (&CheckedScaler, &str),
        plan: &Plan,
        readings: &Readings,
    ) -> Option<HeadroomAct> {
        let now = plan.made_at;
        if self.tried_at.is_some_and(|at| now.duration_since(at).abs() < doubled(self.tries)) {
            return None;
        }
        let version = match readings.nodes.room.offer {
            Offer::Buffers(version) => Some(version),
            Offer::Absent | Offer::Unknown => None,
        };
        if readings.nodes.granted == Granted::Nothing {
            return None;
        }
        let is_kept = spec.settings.mode == Mode::Active && spec.settings.headroom;
        let by = chosen(spec, readings).filter(|_| is_kept);
        let others = [By::CapacityBuffer, By::PlaceholderPods].into_iter().filter(|other| Some(*other) != by);
        let given_back = others
            .filter(|other| *other == By::PlaceholderPods || version.is_some())
            .find(|other| self.pods_of(now, (*other, uid), readings).is_some_and(|pods| 0 < pods))
            .map(|by| HeadroomAct { pods: 0, by, version });
        let act = given_back.or_else(|| {
            let by = by?;
            let act = HeadroomAct { pods: plan.headroom, by, version };
            let is_same = act.pods == self.pods_of(now, (by, uid), readings).unwrap_or(0);
            let template = readings.nodes.template;
            let known = self.kept.filter(|kept| kept.act.by == by && kept.is_applied);
            let is_in_step = act.pods == 0 || known.is_some_and(|kept| kept.template == template);
            (!is_same || !is_in_step).then_some(act)
        });
        let Some(act) = act else {
            // What failed is not wanted any more.
            (self.tries, self.failure) = (0, None);
            return None;
        };
        self.tried_at = Some(now);
        self.tries += 1;
        self.kept = Some(Kept { act, at: now, template: readings.nodes.template, is_applied: false });
        Some(act)
    }

    /// Notes what came of an act.
    pub(super) fn applied(&mut self, act: HeadroomAct, outcome: Result<(), HeadroomError>) {
        match outcome {
            Ok(()) => {
                (self.tries, self.failure) = (0, None);
                if let Some(kept) = self.kept.as_mut().filter(|kept| kept.act == act) {
                    kept.is_applied = true;
                }
            }
            Err(error) => {
                self.kept = None;
                self.failure = Some(Box::new(Failure { reason: error.reason(), message: error.to_string() }));
            }
        }
    }

    /// What to do about disruption: held off before an event and into it, where any of the pods is not held yet.
    pub(super) fn hold(
        &mut self,
        now: Timestamp,
        spec: &CheckedScaler,
        events: &[Event],
        readings: &Readings,
    ) -> Option<HoldAct> {
        if self.held_at.is_some_and(|at| now.duration_since(at).abs() < doubled(self.hold_tries)) {
            return None;
        }
        if readings.nodes.granted != Granted::RoomAndHold {
            return None;
        }
        let seen = &readings.nodes.seen;
        let is_held = spec.settings.mode == Mode::Active
            && spec.settings.headroom
            && is_held_off(now, spec.headroom.hold_disruption, events);
        let act = match is_held {
            true if seen.held < seen.pods + seen.placeholders => HoldAct::Hold,
            false if 0 < seen.held => HoldAct::Release,
            _ => {
                (self.hold_tries, self.hold_failure) = (0, None);
                return None;
            }
        };
        self.held_at = Some(now);
        // Pods with an annotation of their users' own are counted as not held: it is tried again, and less and less often.
        self.hold_tries += 1;
        Some(act)
    }

    /// Notes what came of it.
    pub(super) fn hold_applied(&mut self, outcome: Result<(), String>) {
        self.hold_failure = outcome.err().map(String::into_boxed_str);
    }

    /// What is found of room.
    pub(super) fn finding(&mut self, spec: &CheckedScaler, plan: &Plan, readings: &Readings) -> Finding {
        let pods = plan.headroom;
        let said = |by: Option<By>| by.map_or_else(String::new, |by| format!(", by {}", by.word()));
        let by = chosen(spec, readings);
        match spec.settings.mode {
            _ if readings.nodes.granted == Granted::Nothing => {
                let message = "no headroom is kept: the controller runs with --no-headroom";
                return Finding::well(HEADROOM_READY, "Off", message);
            }
            _ if !spec.settings.headroom => {
                return Finding::well(
                    HEADROOM_READY,
                    "Off",
                    "no headroom is kept: spec.headroom.enabled is false",
                );
            }
            Mode::Paused => {
                return Finding::well(HEADROOM_READY, "Paused", "no headroom is kept while paused");
            }
            Mode::Shadow => {
                let message = format!("mode Active would keep room for {pods} pods{}", said(by));
                return Finding::open(HEADROOM_READY, "Shadow", message);
            }
            Mode::Active => {}
        }
        if let Some(failure) = &self.failure {
            return Finding::wrong(HEADROOM_READY, failure.reason, failure.message.clone());
        }
        let limit = readings.nodes.room.pools.limit().map_or_else(String::new, |limit| format!(": {limit}"));
        if let Some(late) = &plan.late {
            return Finding::wrong(HEADROOM_READY, "TooLate", format!("{late}{limit}"));
        }
        let Some(by) = by else {
            return match (spec.headroom.by, readings.nodes.room.offer) {
                (HeadroomBy::CapacityBuffer, Offer::Absent) => Finding::wrong(
                    HEADROOM_READY,
                    "ApiAbsent",
                    "the cluster has no CapacityBuffer API: install its CRD, or write spec.headroom.by: Auto",
                ),
                _ => Finding::open(HEADROOM_READY, "Discovering", "what can keep room is being looked at"),
            };
        };
        if let Some(failure) = &self.hold_failure {
            let message = format!("disruption of nodes cannot be held off before an event: {failure}");
            return Finding::wrong(HEADROOM_READY, "DisruptionNotHeld", message);
        }
        if pods == 0 {
            self.fails_since = None;
            return Finding::well(
                HEADROOM_READY,
                "NotNeeded",
                "no pod is foreseen beyond those that are asked for",
            );
        }
        self.kept_finding(plan, (by, &limit), readings)
    }

    fn kept_finding(&mut self, plan: &Plan, (by, limit): (By, &str), readings: &Readings) -> Finding {
        let (now, pods, word) = (plan.made_at, plan.headroom, by.word());
        let fares = self.fares(now, (pods, by), readings);
        if !matches!(fares, Fares::Failing(_)) {
            self.fails_since = None;
        }
        let asked = || {
            let message = format!("room for {pods} pods is asked for, by {word}");
            Finding::open(HEADROOM_READY, "Asked", message)
        };
        match fares {
            Fares::There => {
                Finding::well(HEADROOM_READY, "Ready", format!("room for {pods} pods is there, by {word}"))
            }
            Fares::Unanswered => {
                let asked_for = self.kept.map(|kept| now.duration_since(kept.at));
                if asked_for.is_some_and(|time| ANSWERED_WITHIN < time) {
                    let message = format!(
                        "nobody answers the CapacityBuffer for {pods} pods: is the feature gate CapacityBuffer of \
                         Karpenter on? Or write spec.headroom.by: PlaceholderPods"
                    );
                    return Finding::wrong(HEADROOM_READY, "NotServed", message);
                }
                asked()
            }
            Fares::Failing(failing) => {
                let since = *self.fails_since.get_or_insert(now);
                if now.duration_since(since).abs() < FAILS_FOR {
                    return asked();
                }
                let message = format!("room for {failing} of {pods} pods cannot be had, by {word}{limit}");
                Finding::wrong(HEADROOM_READY, "CannotBeProvisioned", message)
            }
            Fares::Coming => {
                let there = self.there.min(pods);
                let message =
                    format!("room for {there} of {pods} pods is there, nodes are on their way, by {word}");
                Finding::open(HEADROOM_READY, "BeingProvisioned", message)
            }
        }
    }

    /// What keeps room now; `None` where nothing does.
    pub(super) fn kept_by(&self) -> Option<By> {
        self.kept.filter(|kept| kept.is_applied && 0 < kept.act.pods).map(|kept| kept.act.by)
    }

    /// Pods for which room was surely there when it was seen last.
    pub(super) fn there(&self) -> u32 {
        self.there
    }
}

/// By what room is to be kept; `None` where that is not known yet, or not to be had.
fn chosen(spec: &CheckedScaler, readings: &Readings) -> Option<By> {
    match (spec.headroom.by, readings.nodes.room.offer) {
        (HeadroomBy::PlaceholderPods, _) | (HeadroomBy::Auto, Offer::Absent) => Some(By::PlaceholderPods),
        (HeadroomBy::Auto | HeadroomBy::CapacityBuffer, Offer::Buffers(_)) => Some(By::CapacityBuffer),
        (HeadroomBy::Auto | HeadroomBy::CapacityBuffer, Offer::Unknown)
        | (HeadroomBy::CapacityBuffer, Offer::Absent) => None,
    }
}

/// Pods that an object of this scaler keeps room for, as it is seen; `None` where there is none.
fn there(by: By, uid: &str, readings: &Readings) -> Option<u32> {
    match by {
        By::CapacityBuffer => {
            let buffer = readings.nodes.room.buffer.as_ref().filter(|buffer| buffer.owner == uid)?;
            Some(buffer.pods)
        }
        By::PlaceholderPods => readings.nodes.placeholders,
    }
}

fn is_held_off(now: Timestamp, before: SignedDuration, events: &[Event]) -> bool {
    before.is_positive()
        && events.iter().filter(|event| event.effect == Effect::Demand).any(|event| {
            event.starts_at - before <= now && now < event.ends_at.min(event.starts_at + HELD_INTO)
        })
}
