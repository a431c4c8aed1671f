//! A running scaler: what it is charged with, and the decision core that follows it. A tick takes in what was read,
//! plans, and says what to do; it does nothing itself. The simulator drives the same three calls.

mod charge;
mod costs;
mod edges;
mod findings;
mod headroom;
mod history;
mod readings;
mod report;
mod step;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use prescale_model::{
    Autoscaler, Event, Mode, Observation, Plan, Sample, Settings, events::Effect, forecast::value_at,
};

pub use charge::{Charge, Learning};
pub use history::History;
pub use readings::{NoWorkload, Nodes, Queue, Reading, Readings};
pub use step::{KubeEvent, Step, Weight};

use crate::{
    api::{AdviceStatus, CostStatus},
    apply::HeadroomError,
    board::{Notice, Observed},
    cost::advice::Advice,
    headroom::{By, HeadroomAct},
    hpa::HpaAct,
    status::{Began, CONDITIONS, Finding},
};
pub(crate) use costs::MostByDay;
use costs::{Costs, Kept, Terms};
use edges::Edges;
use findings::{Evidence, findings};
use headroom::Headroom;
use readings::by_our_clock;
use report::Reported;

/// A plan is served for at least three ticks of the usual period, whatever `holdFor` says: with less, a tick that
/// comes late would leave the HPA without a metric.
const LEAST_HELD: SignedDuration = SignedDuration::from_secs(45);
/// Pause after the first try to apply something, doubled after each: a watch shows within it what came of the try.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(15);
/// Doublings of that pause: 15 s × 2⁵ is eight minutes.
const MOST_DOUBLINGS: u32 = 5;

/// Whether this replica of the controller leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It plans, and is the only one that writes to the cluster.
    Leading,
    /// It observes, and remembers the leader's plans.
    Following,
}

/// A running scaler.
#[derive(Debug)]
pub struct Scaler {
    charge: Charge,
    autoscaler: Autoscaler,
    history: History,
    /// Counts what has to be learned from history: what was begun for an earlier charge is dropped.
    lesson: u64,
    edges: Edges,
    reported: Option<Reported>,
    /// Since when its conditions say what they say in the cluster, as far as this replica knows.
    began: Box<[Began]>,
    hpa: HpaTries,
    headroom: Headroom,
    /// The most demand observed during each event.
    peaks: BTreeMap<String, f64>,
    /// What was found at the last tick; nothing before the first.
    found: Option<[Finding; CONDITIONS]>,
    costs: Costs,
    /// What its containers might request, as it was looked at last.
    advice: Option<Box<Advice>>,
}

/// Tries to apply the HPA.
#[derive(Debug, Default)]
struct HpaTries {
    tries: u32,
    last: Option<Timestamp>,
    failure: Option<String>,
}

impl Scaler {
    /// A scaler that has seen nothing yet. `began` is since when the conditions of its status say what they say.
    #[must_use]
    pub fn new(charge: Charge, began: Box<[Began]>) -> Self {
        Self {
            autoscaler: Autoscaler::new(charge.spec.settings.clone()),
            charge,
            history: History::Awaited,
            lesson: 0,
            edges: Edges::default(),
            reported: None,
            began,
            hpa: HpaTries::default(),
            headroom: Headroom::default(),
            peaks: BTreeMap::new(),
            found: None,
            costs: Costs::default(),
            advice: None,
        }
    }

    /// The same, which goes on from what its status says of costs.
    #[must_use]
    pub fn resuming(mut self, cost: Option<&CostStatus>, now: Timestamp) -> Self {
        if let Some(cost) = cost {
            self.costs.resume(cost, now);
        }
        self
    }

    /// One pass: takes in what was read at `now`, plans, and says what to do. A follower only observes.
    ///
    /// The caller acts, and tells a plan that was published by [`Self::commit`].
    pub fn tick(&mut self, now: Timestamp, readings: &Readings, role: Role) -> Vec<Step> {
        self.observe(now, readings);
        let mut steps = Vec::with_capacity(2);
        steps.extend(self.observed(now, readings).map(Step::Observe));
        let plan = self.autoscaler.plan(now);
        let findings = self.findings(&plan, readings);
        self.count(now, readings);
        let events = self.edges.cross(self.mode(), &plan, &findings);
        // The leader says all of it. The edges are crossed by followers too, so that one that takes over does not tell
        // again what has been told.
        if role == Role::Leading {
            steps.extend(self.hpa_act(now).map(Step::ApplyHpa));
            steps.extend(self.room_acts(&plan, readings));
            let forecast = self.forecast_at(now + plan.lead_time.pod);
            steps.extend(
                self.report(&plan, (forecast, readings), &findings)
                    .map(|status| Step::SetStatus(Box::new(status))),
            );
            steps.extend(events.into_iter().map(Step::Emit));
            steps.push(Step::Publish(Box::new(self.notice(plan, forecast, readings.lag))));
        }
        self.found = Some(findings);
        steps
    }

    /// Remembers a plan that was published: by this replica as the leader, or by the leader it follows.
    pub fn commit(&mut self, plan: &Plan) {
        self.autoscaler.commit(plan);
    }

    /// Notes what came of applying the HPA; the text of a failure is shown in the status.
    pub fn hpa_applied(&mut self, outcome: Result<(), String>) {
        self.hpa.failure = outcome.err();
    }

    /// Notes what came of keeping room.
    pub fn headroom_applied(&mut self, act: HeadroomAct, outcome: Result<(), HeadroomError>) {
        self.headroom.applied(act, outcome);
    }

    /// Notes what came of holding off disruption, or of letting it go on.
    pub fn hold_applied(&mut self, outcome: Result<(), String>) {
        self.headroom.hold_applied(outcome);
    }

    /// What keeps node room now; `None` where nothing does. And pods for which it was surely there at the last tick.
    #[must_use]
    pub fn room(&self) -> (Option<By>, u32) {
        (self.headroom.kept_by(), self.headroom.there())
    }

    /// What its workload costs; `None` where no nodes are counted.
    #[must_use]
    pub fn cost(&self) -> Option<CostStatus> {
        let capacity = self.autoscaler.capacity().capacity();
        let per_replica = capacity.map(|capacity| capacity.per_replica);
        self.costs.status(&Terms { limits: self.charge.spec.settings.limits, per_replica })
    }

    /// What its containers might request; `None` where it was not looked at.
    #[must_use]
    pub fn advice(&self) -> Option<AdviceStatus> {
        let advice = self.advice.as_deref()?;
        let has_any = !advice.containers.is_empty();
        let (saves_nodes, saves_per_hour) =
            if has_any { self.costs.saved_by(advice.less) } else { (None, None) };
        Some(AdviceStatus {
            at: Time(advice.at),
            containers: advice.containers.clone(),
            saves_nodes,
            saves_per_hour,
            message: advice.message.clone(),
        })
    }

    /// Whether it is time to look at what its containers use: once history is learned, and `every` so often.
    #[must_use]
    pub fn wants_advice(&self, now: Timestamp, every: SignedDuration) -> bool {
        let is_settled = match self.history {
            History::Learned | History::Failed { .. } => true,
            History::Awaited | History::Learning => false,
        };
        // What could not be had is asked for again sooner.
        let pause = |last: &Advice| if last.containers.is_empty() { every / 12 } else { every };
        let last = self.advice.as_deref();
        is_settled && last.is_none_or(|last| pause(last) <= now.duration_since(last.at).abs())
    }

    /// Takes up what was found of it.
    pub fn advise(&mut self, advice: Advice) {
        self.advice = Some(Box::new(advice));
    }

    /// Takes up the most demand of the days before.
    pub(crate) fn learned_most(&mut self, most: &MostByDay, now: Timestamp) {
        self.costs.learned(most, now);
    }

    /// Notes that the status was not written, so that the next tick writes it.
    pub fn status_lost(&mut self) {
        self.reported = None;
    }

    /// Takes up another charge: a spec, events or an HPA that have changed. What was learned is kept where it still
    /// fits.
    pub fn recharge(&mut self, charge: Charge) -> Learning {
        if self.charge.judgement != charge.judgement {
            self.hpa = HpaTries::default();
        }
        self.peaks.retain(|name, _| charge.events.iter().any(|event| event.name == *name));
        let learning = self.charge.learning_under(&charge, &self.autoscaler);
        let settings = &charge.spec.settings;
        match learning {
            Learning::Kept if *self.autoscaler.settings() == **settings => {}
            Learning::Kept => self.resettle(Arc::clone(settings)),
            Learning::Anew if self.charge.spec.demand == charge.spec.demand => {
                self.resettle(Arc::clone(settings));
            }
            Learning::Anew => {
                let starts = self.autoscaler.starts().clone();
                self.autoscaler = Autoscaler::new(Arc::clone(settings));
                self.autoscaler.restore_starts(starts);
            }
        }
        if learning == Learning::Anew {
            self.history = History::Awaited;
            self.lesson += 1;
        }
        self.charge = charge;
        learning
    }

    fn resettle(&mut self, settings: Arc<Settings>) {
        let placeholder = Autoscaler::new(Arc::clone(&settings));
        let before = std::mem::replace(&mut self.autoscaler, placeholder);
        self.autoscaler = before.resettled(settings);
    }

    /// Begins to learn from history; the number is told again with what came of it.
    pub fn begin_lesson(&mut self) -> u64 {
        self.history = History::Learning;
        self.lesson
    }

    /// What it is charged with; `None` where another lesson has begun since.
    #[must_use]
    pub fn charge_in(&self, lesson: u64) -> Option<&Charge> {
        (lesson == self.lesson).then_some(&self.charge)
    }

    /// Takes up what was learned from history, or why it could not be, unless another lesson has begun since.
    pub fn end_lesson(&mut self, lesson: u64, outcome: Result<(Autoscaler, BTreeMap<String, f64>), String>) {
        if lesson != self.lesson {
            return;
        }
        match outcome {
            Ok((taught, peaks)) => {
                self.autoscaler.take_up(taught);
                for (name, peak) in peaks {
                    raise(&mut self.peaks, &name, peak);
                }
                self.history = History::Learned;
            }
            Err(message) => self.history = History::Failed { message },
        }
    }

    /// What it is charged with.
    #[must_use]
    pub fn charge(&self) -> &Charge {
        &self.charge
    }

    /// The decision core, for what it has learned.
    #[must_use]
    pub fn autoscaler(&self) -> &Autoscaler {
        &self.autoscaler
    }

    /// How far it has come with its history.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What was found at the last tick, one finding for each condition; empty before the first.
    #[must_use]
    pub fn found(&self) -> &[Finding] {
        self.found.as_ref().map_or(&[], |found| found)
    }

    /// Since when the conditions of its status say what they say, as far as this replica knows.
    #[must_use]
    pub fn began(&self) -> &[Began] {
        &self.began
    }

    /// The most demand observed during each event.
    #[must_use]
    pub fn peaks(&self) -> &BTreeMap<String, f64> {
        &self.peaks
    }

    /// What it knows of an event: the uplift of its class, once one was seen here, and the most demand during it.
    #[must_use]
    pub fn seen_of(&self, event: &Event) -> (Option<f64>, Option<f64>) {
        let profile = self.autoscaler.forecaster().tracker().profiles().get(&event.class);
        let uplift = profile.filter(|profile| 0 < profile.events()).map(|profile| profile.peak());
        (uplift, self.peaks.get(&event.name).copied())
    }

    fn mode(&self) -> Mode {
        self.charge.spec.settings.mode
    }

    fn observe(&mut self, now: Timestamp, readings: &Readings) {
        let read = |reading: &Reading| reading.as_ref().ok().map(|sample| by_our_clock(*sample, now));
        let demand = read(&readings.demand);
        let latency = readings.latency.as_ref().and_then(|reading| reading.as_ref().ok());
        let spec = Arc::clone(&self.charge.spec);
        let room = self.headroom.room(now, (&spec, &self.charge.uid), readings);
        let (pod_starts, node_starts) = readings.nodes.starts();
        let sampled = spec
            .signals
            .iter()
            .zip(&readings.signals)
            .filter_map(|((name, _), reading)| Some((name.as_str(), read(reading)?)));
        let signals = sampled.collect::<Vec<(&str, Sample)>>();
        self.autoscaler.observe(
            now,
            &Observation {
                demand: demand.as_slice(),
                signals: &signals,
                lag: readings.lag,
                partitions: readings.queue.partitions,
                latency: latency.map(|sample| sample.value()),
                events: &self.charge.events,
                workload: readings.workload.as_ref().ok().copied(),
                pod_starts: &pod_starts,
                node_starts: &node_starts,
                node_launch: readings.nodes.seen.node_launch,
                hpa_period: readings.nodes.hpa_period,
                room,
            },
        );
        if let Some(sample) = demand {
            note_peaks(&self.charge.events, sample, &mut self.peaks);
        }
    }

    fn count(&mut self, now: Timestamp, readings: &Readings) {
        let kept = Kept { by: self.headroom.kept_by(), pods: self.headroom.there() };
        let demand = readings.demand.as_ref().ok().map(|sample| by_our_clock(*sample, now));
        self.costs.count(now, readings, &kept, demand);
    }

    fn observed(&self, now: Timestamp, readings: &Readings) -> Option<Observed> {
        let sample = by_our_clock(*readings.demand.as_ref().ok()?, now);
        let fallback = self.charge.spec.settings.fallback;
        Some(Observed {
            at: sample.at(),
            demand: sample.value(),
            told: self.autoscaler.capacity().told(sample.value()),
            hold_for: fallback.stale_after + fallback.hold_for,
        })
    }

    fn findings(&mut self, plan: &Plan, readings: &Readings) -> [Finding; CONDITIONS] {
        let headroom = self.headroom.finding(&self.charge.spec, plan, readings);
        findings(&Evidence {
            headroom,
            mode: self.mode(),
            plan,
            readings,
            signals: &self.charge.spec.signals,
            judgement: &self.charge.judgement,
            hpa_failure: self.hpa.failure.as_deref(),
            history: &self.history,
            refusal: self.charge.refusal.as_deref(),
        })
    }

    /// What is forecast for `at`, at the quantile that is provisioned for.
    fn forecast_at(&self, at: Timestamp) -> Option<f64> {
        let settings = &self.charge.spec.settings;
        let quantiles = self.autoscaler.forecast().filter(|_| settings.mode != Mode::Paused)?.at(at)?;
        Some(value_at(quantiles, settings.risk))
    }

    fn notice(&self, plan: Plan, forecast: Option<f64>, lag: Option<f64>) -> Notice {
        let hold_for = self.charge.spec.settings.fallback.hold_for.max(LEAST_HELD);
        Notice { key: self.charge.key.clone(), plan, forecast, lag, hold_for }
    }

    /// What to do about room, and about the disruption of nodes.
    fn room_acts(&mut self, plan: &Plan, readings: &Readings) -> Vec<Step> {
        let charge = &self.charge;
        let headroom = self.headroom.act((&charge.spec, &charge.uid), plan, readings).map(Step::SetHeadroom);
        let hold = self.headroom.hold(plan.made_at, &charge.spec, &charge.events, readings);
        headroom.into_iter().chain(hold.map(Step::HoldDisruption)).collect()
    }

    /// What to do about the HPA, less often the longer it does not help.
    fn hpa_act(&mut self, now: Timestamp) -> Option<HpaAct> {
        let act = self.charge.judgement.act;
        if act == HpaAct::Leave {
            return None;
        }
        if self.hpa.last.is_some_and(|last| now.duration_since(last).abs() < doubled(self.hpa.tries)) {
            return None;
        }
        self.hpa.last = Some(now);
        self.hpa.tries += 1;
        Some(act)
    }
}

/// Pause after so many tries; none before the first.
fn doubled(tries: u32) -> SignedDuration {
    match tries.checked_sub(1) {
        None => SignedDuration::ZERO,
        Some(doublings) => AGAIN_AFTER * 2_i32.pow(doublings.min(MOST_DOUBLINGS)),
    }
}

/// Notes a sample in the peak of each event that it falls in.
pub fn note_peaks(events: &[Event], sample: Sample, peaks: &mut BTreeMap<String, f64>) {
    for event in events {
        if event.effect == Effect::Demand && event.holds(sample.at()) {
            raise(peaks, &event.name, sample.value());
        }
    }
}

fn raise(peaks: &mut BTreeMap<String, f64>, name: &str, value: f64) {
    match peaks.get_mut(name) {
        Some(peak) => *peak = peak.max(value),
        None => drop(peaks.insert(name.to_owned(), value)),
    }
}

#[cfg(test)]
#[path = "scaler/tests.rs"]
mod tests;
