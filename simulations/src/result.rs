//! What a simulation gives: per policy totals, the trade-off frontier, what each event looked like, and the
//! timeline. `result.json` is [`Comparison`] as it stands; names in it are a contract.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// The policies of one scenario, side by side in the same world.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The scenario's title.
    pub scenario: String,
    /// What was recorded, and where it comes from.
    pub recording: RecordingSummary,
    /// Evaluated window, half open; history before it was observed, but not simulated.
    pub from: Timestamp,
    /// End of the window.
    pub to: Timestamp,
    /// Seed of all chance in the world.
    pub seed: u64,
    /// The world in which the policies ran, in words: pod start, node launch, limits, price.
    pub world: Vec<Fact>,
    /// Demand that one replica serves within the latency objective, per second: Ready replicas times this is the
    /// capacity that the report draws against demand.
    pub replica_capacity: f64,
    /// One result a policy, in the order in which they were asked for.
    pub policies: Vec<PolicyResult>,
    /// Prescale again, told of other calendars, that of the recording first. Empty without events, or when it was
    /// not asked for.
    pub calendars: Vec<CalendarResult>,
    /// What a wrong calendar would have cost, in a sentence. Empty where there is nothing to say.
    pub calendars_summary: String,
    /// Prescale again, with other room held for pods to come: `none`, `static`, `forecast`, by name. Empty where it was not
    /// asked for, or the cluster has no Karpenter.
    pub headroom: Vec<PolicyResult>,
    /// What it came to, in a sentence. Empty where there is nothing to say.
    pub headroom_summary: String,
    /// The same policies over their own settings: late requests against cost.
    pub frontier: Vec<FrontierPoint>,
    /// What happened in a sentence.
    pub summary: String,
}

/// Where the replayed traffic comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordingSummary {
    /// The recording's title.
    pub title: String,
    /// Its origin, in its own words. A generated recording says so here.
    pub source: String,
    /// Its licence.
    pub licence: String,
    /// What demand counts: `requests`, so that demand is in requests a second.
    pub unit: String,
    /// Step of the demand signal, in seconds.
    pub step_s: f64,
}

/// A name and a value, for people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fact {
    /// What it is: `pod start`.
    pub name: String,
    /// Its value with its unit: `8 s median, 11 s p95`.
    pub value: String,
}

/// What one policy did in the window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyResult {
    /// `static`, `hpa-cpu`, `hpa-demand`, `cron`, `prescale`, `oracle`.
    pub name: String,
    /// Its settings, in words: `CPU at 70 %`.
    pub settings: String,
    /// Requests (or messages) that arrived.
    pub requests: u64,
    /// Of them, served later than the latency objective.
    pub late_requests: u64,
    /// Of them, timed out or turned away. Not counted as late.
    pub failed_requests: u64,
    /// Minutes in which more than 1 % of the requests were late or failed.
    pub slo_minutes: u64,
    /// Integral of existing replicas.
    pub replica_hours: f64,
    /// Integral of existing nodes, the fixed ones of the cluster included.
    pub node_hours: f64,
    /// Cost of the node hours, in the scenario's currency.
    pub cost: f64,
    /// Node hours and cost by pool: `fixed`, the nodes that are always there, and `karpenter`.
    pub pools: Vec<PoolResult>,
    /// How much less it cost than capacity for the peak that is always on, the policy `static`; below 0 where it cost
    /// more. `None` where that was not run.
    pub saved: Option<f64>,
    /// The most replicas that existed.
    pub peak_replicas: u32,
    /// One entry an event of the window.
    pub events: Vec<EventResult>,
    /// Moments at which the plan turned, with the reason that it gave. Empty for policies without plans.
    pub turning_points: Vec<TurningPoint>,
    /// Pods that existed at each tick, where they were asked for; not part of the JSON.
    #[serde(skip)]
    pub sizes: Vec<u32>,
    /// One row a tick; CSV of its own, not part of the JSON.
    #[serde(skip)]
    pub timeline: Vec<TimelineRow>,
}

/// What one pool of nodes came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PoolResult {
    /// `fixed` or `karpenter`.
    pub name: String,
    /// Integral of its nodes.
    pub node_hours: f64,
    /// Cost of them.
    pub cost: f64,
}

/// What Prescale did when it was told of another calendar. In JSON it has the fields of a policy, of which `name`
/// is that of the calendar: `right`, `late`, `cancelled`, `false`, `none`; `settings` says how it differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalendarResult {
    /// The run.
    #[serde(flatten)]
    pub run: PolicyResult,
    /// The event that this calendar has and nobody came to; `None` where it has none.
    pub extra: Option<ExtraEvent>,
}

/// An announced event that did not come, and the capacity that waited for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExtraEvent {
    /// Its class.
    pub class: String,
    /// When it was to start.
    pub starts_at: Timestamp,
    /// When it was to end.
    pub ends_at: Timestamp,
    /// When it was withdrawn; `None` where it never was.
    pub withdrawn_at: Option<Timestamp>,
    /// The most replicas beyond those of the right calendar at one time.
    pub most_replicas: u32,
    /// Minutes from its start until nine in ten of them were gone; below 0 before its start. `None` where they still
    /// waited when last looked at, four hours after its start or at the end of the window.
    pub mostly_gone_after_min: Option<f64>,
    /// The same until none was left: what is within a replica or a tenth of the right calendar's does not count.
    pub gone_after_min: Option<f64>,
}

/// What one policy made of one event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventResult {
    /// Name of the `DemandEvent`.
    pub name: String,
    /// Its class.
    pub class: String,
    /// When it started.
    pub starts_at: Timestamp,
    /// When it ended.
    pub ends_at: Timestamp,
    /// The most demand between half an hour before the start and half an hour after the end, per second.
    pub peak_demand: f64,
    /// When that was.
    pub peak_at: Timestamp,
    /// Requests in that time.
    pub requests: u64,
    /// Of them late.
    pub late_requests: u64,
    /// Of them failed.
    pub failed_requests: u64,
    /// Replicas that were Ready when the event started.
    pub ready_at_start: u32,
    /// Replicas that the demand at the start needed.
    pub needed_at_start: u32,
}

/// A moment at which the plan turned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TurningPoint {
    /// When.
    pub at: Timestamp,
    /// Replicas planned at the turn before, or at first.
    pub from: u32,
    /// Replicas planned from then on.
    pub to: u32,
    /// The plan's reason, as it printed it.
    pub reason: String,
}

/// One setting of one policy on the trade-off plane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FrontierPoint {
    /// The policy.
    pub policy: String,
    /// The setting, in words.
    pub settings: String,
    /// Late and failed requests over all requests, within [0, 1].
    pub late_share: f64,
    /// Replica-hours.
    pub replica_hours: f64,
    /// Cost.
    pub cost: f64,
    /// Whether no other setting of the same family (HPA or Prescale) is better in both.
    pub on_frontier: bool,
}

/// One tick of one policy. The first twelve fields are the columns of the timeline CSV, in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineRow {
    /// The tick.
    pub time: Timestamp,
    /// True arrivals in the length of a tick before it, per second.
    pub demand: f64,
    /// What the source told: the newest sample, per second. `None` while it is silent.
    pub observed: Option<f64>,
    /// What the `demand` metric answered; `None` for policies without one, or when it had no answer.
    pub served_demand: Option<f64>,
    /// Replicas that the policy (or its HPA) asked for.
    pub desired_replicas: u32,
    /// Pods that exist.
    pub replicas: u32,
    /// Pods that serve.
    pub ready_replicas: u32,
    /// Nodes that exist.
    pub nodes: u32,
    /// Requests that wait.
    pub backlog: f64,
    /// Requests of this tick that were late.
    pub late_requests: f64,
    /// Requests of this tick that failed (kept for the report; the CSV's columns are a contract without it).
    pub failed_requests: f64,
    /// The plan's reason; empty for policies without plans.
    pub reason: String,
    /// What Prescale forecast at this tick for one lead time ahead, for the report's band.
    pub band: Option<Band>,
}

/// A forecast for one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// How far ahead of the tick it looks.
    pub ahead: SignedDuration,
    /// 10 % quantile.
    pub low: f64,
    /// Median.
    pub median: f64,
    /// 95 % quantile.
    pub high: f64,
}
