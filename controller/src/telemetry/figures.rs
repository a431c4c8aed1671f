//! What is shown of one scaler: numbers taken from a tick, so that a scrape reads nothing that a tick writes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prescale_model::{
    Autoscaler, Mode,
    forecast::{Engine, Forecast, Quantiles, band::Regime},
    lead_time::LeadTime,
};

use crate::{api::CostStatus, board::Notice, scaler::Queue};

/// Horizons that are shown, with their labels: a few, since each costs a series for each quantile and scaler.
const HORIZONS: [(SignedDuration, &str); 3] = [
    (SignedDuration::from_mins(1), "1m"),
    (SignedDuration::from_mins(5), "5m"),
    (SignedDuration::from_mins(15), "15m"),
];

/// A tick that was made.
#[derive(Clone, Copy, Debug)]
pub struct Ticked<'a> {
    /// Its plan.
    pub notice: &'a Notice,
    /// The scaler's mode.
    pub mode: Mode,
    /// What the scaler knows after it.
    pub autoscaler: &'a Autoscaler,
    /// The times of the newest samples, by `demand` and the names of signals; those never read are left out.
    pub newest: &'a [(&'a str, Timestamp)],
    /// What is known of the topic that the workload reads.
    pub queue: &'a Queue,
    /// Pods for which headroom is surely there; `None` where nothing keeps any, or where nobody looks.
    pub room: Option<u32>,
    /// What the nodes under the workload cost; `None` where they are not counted.
    pub cost: Option<&'a CostStatus>,
    /// How long it took to decide and publish, without the reading.
    pub took: Duration,
}

/// What is shown of costs: of pods and of headroom.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct CostFigures {
    pub(super) nodes: [Option<f64>; 2],
    pub(super) per_hour: [Option<f64>; 2],
    pub(super) node_hours: [f64; 2],
    pub(super) money: [Option<f64>; 2],
    /// In node-hours, and in money.
    pub(super) saved: [Option<f64>; 2],
}

impl CostFigures {
    fn of(cost: &CostStatus) -> Self {
        let money = cost.money.as_ref();
        Self {
            nodes: [cost.nodes, cost.headroom_nodes],
            per_hour: [cost.per_hour, cost.headroom_per_hour],
            node_hours: [cost.node_hours.pods, cost.node_hours.headroom],
            money: [money.map(|money| money.pods), money.map(|money| money.headroom)],
            saved: [cost.node_hours.saved, money.and_then(|money| money.saved)],
        }
    }
}

/// What is shown of a scaler.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figures {
    pub(super) mode: Mode,
    pub(super) observed: Option<f64>,
    pub(super) served: Option<f64>,
    pub(super) replicas: u32,
    pub(super) headroom: u32,
    pub(super) lag: Option<f64>,
    pub(super) time_lag: Option<f64>,
    pub(super) skew: Option<f64>,
    pub(super) partitions: Option<f64>,
    pub(super) room: Option<u32>,
    pub(super) cost: Option<Box<CostFigures>>,
    pub(super) late: u32,
    pub(super) going: u32,
    pub(super) lead_time: LeadTime,
    pub(super) hpa_period: SignedDuration,
    /// Starts that were measured on nodes that were there, and on those that were launched.
    pub(super) starts: (usize, usize),
    pub(super) reason: &'static str,
    pub(super) forecast: Vec<(&'static str, Quantiles)>,
    pub(super) skills: Vec<(SignedDuration, Regime, f64)>,
    pub(super) newest: Vec<(Box<str>, Timestamp)>,
}

impl Figures {
    pub(super) fn of(ticked: &Ticked<'_>) -> Self {
        let plan = &ticked.notice.plan;
        Self {
            mode: ticked.mode,
            observed: plan.observed,
            served: plan.demand,
            replicas: plan.replicas,
            headroom: plan.headroom,
            lag: ticked.notice.lag,
            time_lag: ticked.queue.time_lag.map(|lag| lag.as_secs_f64()),
            skew: ticked.queue.skew,
            partitions: ticked.queue.partitions.map(f64::from),
            room: ticked.room,
            cost: ticked.cost.map(|cost| Box::new(CostFigures::of(cost))),
            late: plan.late.map_or(0, |late| late.needed.saturating_sub(late.room)),
            going: plan.reason.going,
            lead_time: plan.lead_time,
            hpa_period: ticked.autoscaler.hpa_period(),
            starts: (ticked.autoscaler.starts().pods.len(), ticked.autoscaler.starts().nodes.len()),
            reason: plan.reason.code(),
            forecast: ticked.autoscaler.forecast().map(ahead).unwrap_or_default(),
            skills: skills(ticked.autoscaler.forecaster()),
            newest: ticked.newest.iter().map(|(name, at)| (Box::from(*name), *at)).collect(),
        }
    }
}

/// The forecast at each horizon that it reaches, counted from the last step that was learned.
fn ahead(forecast: &Forecast) -> Vec<(&'static str, Quantiles)> {
    let at = |(horizon, label)| Some((label, *forecast.at(forecast.origin + horizon)?));
    HORIZONS.into_iter().filter_map(at).collect()
}

/// The skill at those horizons of the forecaster that are the first to reach the ones shown.
fn skills(forecaster: &Engine) -> Vec<(SignedDuration, Regime, f64)> {
    let mut shown: Vec<(SignedDuration, Regime, f64)> = Vec::new();
    let mut left = HORIZONS.iter().map(|(horizon, _)| *horizon).peekable();
    for skill in forecaster.skills() {
        let is_same = shown.last().is_some_and(|last| last.0 == skill.0);
        let reaches = left.peek().is_some_and(|horizon| *horizon <= skill.0);
        while left.next_if(|horizon| *horizon <= skill.0).is_some() {}
        if is_same || reaches {
            shown.push(skill);
        }
    }
    shown
}
