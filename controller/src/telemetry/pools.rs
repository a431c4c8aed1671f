//! The figures of pools of nodes, and of the prices that they are counted by. Where nobody counts, they have no series.

use std::{
    fmt,
    sync::{PoisonError, RwLock},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

use crate::cost::PoolCost;

/// What was counted last.
#[derive(Debug, Default)]
pub(super) struct Pools(RwLock<Counted>);

#[derive(Debug, Default)]
struct Counted {
    pools: Vec<PoolCost>,
    /// Whether the price table counts as it is written now; `None` where there is none.
    is_good: Option<bool>,
}

impl Pools {
    pub(super) fn put(&self, pools: Vec<PoolCost>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).pools = pools;
    }

    pub(super) fn put_table(&self, is_good: bool) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).is_good = Some(is_good);
    }
}

impl Collector for Pools {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counted = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut page = Page { encoder: &mut encoder, pools: &counted.pools };
        page.gauges("prescale_pool_nodes", "Nodes of a pool", |pool| Some(pool.nodes.into()))?;
        let help = "Nodes of a pool that no scaled workload requests, in parts of a node: other pods have them, or nobody";
        page.gauges("prescale_pool_unclaimed_nodes", help, |pool| Some(pool.unclaimed))?;
        let help = "Nodes of a pool without a price";
        page.gauges("prescale_pool_unpriced_nodes", help, |pool| Some(pool.unpriced.into()))?;
        let help = "What the nodes of a pool cost an hour, where each of them has a price";
        page.gauges("prescale_pool_cost_per_hour", help, |pool| pool.per_hour)?;
        let help = "Node-hours of a pool";
        page.counters("prescale_pool_node_hours", help, |pool| Some(pool.node_hours))?;
        let help = "What those node-hours of a pool cost that had a price";
        page.counters("prescale_pool_cost", help, |pool| pool.money)?;
        let Some(is_good) = counted.is_good else { return Ok(()) };
        let help = "1 where the price table counts as it is written, 0 where it is refused.";
        let family = encoder.encode_descriptor("prescale_price_table_good", help, None, MetricType::Gauge)?;
        ConstGauge::new(i64::from(is_good)).encode(family)
    }
}

/// A scrape that is being written.
struct Page<'a, 'e> {
    encoder: &'a mut DescriptorEncoder<'e>,
    pools: &'a [PoolCost],
}

impl Page<'_, '_> {
    fn gauges(&mut self, name: &str, help: &str, of: fn(&PoolCost) -> Option<f64>) -> fmt::Result {
        self.each((name, help, MetricType::Gauge), of, |value, encoder| {
            ConstGauge::new(value).encode(encoder)
        })
    }

    fn counters(&mut self, name: &str, help: &str, of: fn(&PoolCost) -> Option<f64>) -> fmt::Result {
        self.each((name, help, MetricType::Counter), of, |value, encoder| {
            ConstCounter::new(value).encode(encoder)
        })
    }

    /// A family with one series for each pool that has a value.
    fn each(
        &mut self,
        (name, help, kind): (&str, &str, MetricType),
        of: fn(&PoolCost) -> Option<f64>,
        write: fn(f64, MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let help = format!("{help}.");
        let mut family = self.encoder.encode_descriptor(name, &help, None, kind)?;
        for (pool, value) in self.pools.iter().filter_map(|pool| Some((pool, of(pool)?))) {
            write(value, family.encode_family(&[("pool", &*pool.pool)])?)?;
        }
        Ok(())
    }
}
