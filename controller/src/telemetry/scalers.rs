//! The figures of every scaler, written out when Prometheus asks. A tick only leaves its numbers here.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, RwLock},
};

use jiff::Timestamp;
use prescale_model::{
    Mode,
    forecast::{QUANTILES, band::Regime},
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric, MetricEncoder},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

use super::figures::{CostFigures, Figures};
use crate::board::ScalerKey;

/// Quantiles of a forecast that are shown: the middle, and two that people provision for.
const SHOWN: [f64; 3] = [0.5, 0.95, 0.99];

type Entry = (ScalerKey, Arc<Figures>);

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Scalers {
    figures: RwLock<BTreeMap<ScalerKey, Arc<Figures>>>,
}

impl Scalers {
    pub(super) fn put(&self, key: ScalerKey, figures: Figures) {
        self.figures.write().expect("no writer panics").insert(key, Arc::new(figures));
    }

    pub(super) fn remove(&self, key: &ScalerKey) {
        self.figures.write().expect("no writer panics").remove(key);
    }

    /// A copy, so that ticks need not wait for a scrape.
    fn entries(&self) -> Vec<Entry> {
        let figures = self.figures.read().expect("no writer panics");
        figures.iter().map(|(key, figures)| (key.clone(), Arc::clone(figures))).collect()
    }
}

impl Collector for Scalers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let entries = self.entries();
        let mut page = Page { encoder: &mut encoder, entries: &entries, now: Timestamp::now() };
        page.demand()?;
        page.forecasts()?;
        page.plans()?;
        page.costs()?;
        page.sources()?;
        page.modes()
    }
}

/// A scrape that is being written.
struct Page<'a, 'e> {
    encoder: &'a mut DescriptorEncoder<'e>,
    entries: &'a [Entry],
    now: Timestamp,
}

impl Page<'_, '_> {
    fn demand(&mut self) -> fmt::Result {
        self.one("prescale_observed_demand", "Demand as observed, in its unit", |figures| figures.observed)?;
        self.one("prescale_served_demand", "What the demand metric answers, in its unit", |figures| {
            figures.served
        })?;
        self.one("prescale_lag_messages", "Messages that wait", |figures| figures.lag)?;
        self.one("prescale_lag_seconds", "Age of the oldest message that waits", |figures| figures.time_lag)?;
        let help = "Messages that wait in the fullest partition over the mean: 1 is even";
        self.one("prescale_lag_skew", help, |figures| figures.skew)?;
        self.one("prescale_topic_partitions", "Partitions of the topic that is read", |figures| {
            figures.partitions
        })
    }

    fn forecasts(&mut self) -> fmt::Result {
        let help = "Demand as forecast, counted from the last step learned, in its unit";
        self.each("prescale_forecast_demand", help, |figures, write| {
            for (horizon, values) in &figures.forecast {
                for (quantile, value) in
                    QUANTILES.iter().zip(values).filter(|(known, _)| SHOWN.contains(known))
                {
                    write(&[("horizon", horizon), ("quantile", &quantile.to_string())], *value)?;
                }
            }
            Ok(())
        })?;
        let help = "Share of the last value's loss that the forecast saves: 0 is no better, below 0 is worse";
        self.each("prescale_forecast_skill", help, |figures, write| {
            for (horizon, regime, skill) in &figures.skills {
                write(&[("horizon", &format!("{horizon:#}")), ("regime", regime_name(*regime))], *skill)?;
            }
            Ok(())
        })
    }

    fn plans(&mut self) -> fmt::Result {
        self.one("prescale_planned_replicas", "Replicas of the plan", |figures| {
            Some(figures.replicas.into())
        })?;
        let help = "Pods that node room is kept for, beyond the replicas";
        self.one("prescale_headroom_replicas", help, |figures| Some(figures.headroom.into()))?;
        let help = "Pods that node room is surely there for, beyond the replicas";
        self.one("prescale_headroom_ready_replicas", help, |figures| figures.room.map(f64::from))?;
        let help = "Pods that are needed before the nodes that are on their way are there";
        self.one("prescale_late_replicas", help, |figures| Some(figures.late.into()))?;
        let help = "Pods on nodes that are about to go, for which as many more are asked for";
        self.one("prescale_going_replicas", help, |figures| Some(figures.going.into()))?;
        let help = "1 for the reason of the plan, as its code";
        self.each("prescale_plan_reason", help, |figures, write| write(&[("reason", figures.reason)], 1.0))?;
        let help = "Time from deciding to serving that the plan reckons with";
        self.each("prescale_lead_time_seconds", help, |figures, write| {
            write(&[("stage", "pod")], figures.lead_time.pod.as_secs_f64())?;
            write(&[("stage", "node")], figures.lead_time.node.as_secs_f64())?;
            write(&[("stage", "hpa")], figures.hpa_period.as_secs_f64())
        })?;
        let help = "Starts of the workload's pods that lead times are measured by";
        self.each("prescale_lead_time_starts", help, |figures, write| {
            let (pods, nodes) = figures.starts;
            write(&[("stage", "pod")], pods as f64)?;
            write(&[("stage", "node")], nodes as f64)
        })
    }

    fn costs(&mut self) -> fmt::Result {
        let help = "Nodes that a workload takes up, in parts of a node";
        self.by_part("prescale_workload_nodes", help, |cost| cost.nodes)?;
        let help = "What the nodes that a workload takes up cost an hour, where each of them has a price";
        self.by_part("prescale_workload_cost_per_hour", help, |cost| cost.per_hour)?;
        let help = "Node-hours that a workload took up since the start of the month";
        self.sums("prescale_workload_node_hours", help, |cost| cost.node_hours.map(Some))?;
        let help = "What a workload cost since the start of the month, in hours in which each of its nodes had a price";
        self.sums("prescale_workload_cost", help, |cost| cost.money)?;
        let help = "Node-hours less than by as many replicas all the time as were needed at the most";
        self.one("prescale_workload_saved_node_hours", help, |figures| figures.cost.as_ref()?.saved[0])?;
        let help =
            "How much less a workload cost than as many replicas all the time as were needed at the most";
        self.one("prescale_workload_saved_cost", help, |figures| figures.cost.as_ref()?.saved[1])
    }

    /// A family of gauges for pods and for headroom.
    fn by_part(
        &mut self,
        name: &str,
        help: &str,
        of: impl Fn(&CostFigures) -> [Option<f64>; 2],
    ) -> fmt::Result {
        self.each(name, help, |figures, write| {
            for (part, value) in parts(figures, &of) {
                write(&[("of", part)], value)?;
            }
            Ok(())
        })
    }

    /// A family of counters for pods and for headroom.
    fn sums(&mut self, name: &str, help: &str, of: impl Fn(&CostFigures) -> [Option<f64>; 2]) -> fmt::Result {
        let entries = self.entries;
        let help = format!("{help}.");
        let mut family = self.encoder.encode_descriptor(name, &help, None, MetricType::Counter)?;
        for (key, figures) in entries {
            for (part, value) in parts(figures, &of) {
                let labels = [("namespace", &*key.namespace), ("scaler", &*key.name), ("of", part)];
                ConstCounter::new(value).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }

    fn sources(&mut self) -> fmt::Result {
        let now = self.now;
        let help = "Age of the newest sample of demand, or of a signal";
        self.each("prescale_source_staleness_seconds", help, |figures, write| {
            for (signal, at) in &figures.newest {
                write(&[("signal", signal)], now.duration_since(*at).as_secs_f64().max(0.0))?;
            }
            Ok(())
        })
    }

    fn modes(&mut self) -> fmt::Result {
        let entries = self.entries;
        let mut family = self.family("prescale_scalers", "Scalers that are ticked")?;
        for (mode, name) in [(Mode::Shadow, "Shadow"), (Mode::Active, "Active"), (Mode::Paused, "Paused")] {
            let count = entries.iter().filter(|(_, figures)| figures.mode == mode).count();
            gauge(&mut family, &[("mode", name)], count)?;
        }
        Ok(())
    }

    /// A family with one series for each scaler that has a value.
    fn one(&mut self, name: &str, help: &str, value: impl Fn(&Figures) -> Option<f64>) -> fmt::Result {
        self.each(name, help, |figures, write| value(figures).map_or(Ok(()), |value| write(&[], value)))
    }

    /// A family with series that `write_all` writes for each scaler, by the labels that they have beside its own.
    fn each(
        &mut self,
        name: &str,
        help: &str,
        write_all: impl Fn(&Figures, &mut dyn FnMut(&[(&str, &str)], f64) -> fmt::Result) -> fmt::Result,
    ) -> fmt::Result {
        let entries = self.entries;
        let mut family = self.family(name, help)?;
        for (key, figures) in entries {
            let whose = [("namespace", &*key.namespace), ("scaler", &*key.name)];
            write_all(figures, &mut |more, value| gauge(&mut family, &[&whose, more].concat(), value))?;
        }
        Ok(())
    }

    /// The registry ends what its own families mean with a full stop.
    fn family<'s>(&'s mut self, name: &'s str, help: &str) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.encoder.encode_descriptor(name, &format!("{help}."), None, MetricType::Gauge)
    }
}

/// What is known of pods and of headroom.
fn parts(
    figures: &Figures,
    of: impl Fn(&CostFigures) -> [Option<f64>; 2],
) -> impl Iterator<Item = (&'static str, f64)> {
    let values = figures.cost.as_deref().map_or([None, None], of);
    ["pods", "headroom"].into_iter().zip(values).filter_map(|(part, value)| Some((part, value?)))
}

fn gauge<N: EncodeGaugeValue>(
    family: &mut MetricEncoder<'_>,
    labels: &[(&str, &str)],
    value: N,
) -> fmt::Result {
    ConstGauge::new(value).encode(family.encode_family(&labels)?)
}

fn regime_name(regime: Regime) -> &'static str {
    match regime {
        Regime::Quiet => "quiet",
        Regime::Start => "event_start",
        Regime::Course => "event_course",
    }
}
