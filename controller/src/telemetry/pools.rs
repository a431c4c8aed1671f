//! The figures of pools of nodes, and of the prices that they are counted by. Where nobody counts, they have no series.

use std::{
    fmt,
    sync::{PoisonError, RwLock},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
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
        let now = |of: fn(&PoolCost) -> Option<f64>| (MetricType::Gauge, of);
        page.each("prescale_pool_nodes", "Nodes of a pool", now(|pool| Some(pool.nodes.into())))?;
        let help = "Nodes of a pool that no scaled workload requests, in parts of a node: other pods have them, or nobody";
        page.each("prescale_pool_unclaimed_nodes", help, now(|pool| Some(pool.unclaimed)))?;
        let help = "Nodes of a pool without a price";
        page.each("prescale_pool_unpriced_nodes", help, now(|pool| Some(pool.unpriced.into())))?;
        let help = "What the nodes of a pool cost an hour, where each of them has a price";
        page.each("prescale_pool_cost_per_hour", help, now(|pool| pool.per_hour))?;
        let summed = |of: fn(&PoolCost) -> Option<f64>| (MetricType::Counter, of);
        let help = "Node-hours of a pool";
        page.each("prescale_pool_node_hours", help, summed(|pool| Some(pool.node_hours)))?;
        let help = "What those node-hours of a pool cost that had a price";
        page.each("prescale_pool_cost", help, summed(|pool| pool.money))?;
        let Some(is_good) = counted.is_good else { return Ok(()) };
        let help = "1 where the price table counts as it is written, 0 where it is refused";
        let gauge = ConstGauge::new(i64::from(is_good));
        gauge.encode(encoder.encode_descriptor(
            "prescale_price_table_good",
            &format!("{help}."),
            None,
            MetricType::Gauge,
        )?)
    }
}

/// A scrape that is being written.
struct Page<'a, 'e> {
    encoder: &'a mut DescriptorEncoder<'e>,
    pools: &'a [PoolCost],
}

impl Page<'_, '_> {
    /// A family with one series for each pool that has a value.
    fn each(
        &mut self,
        name: &str,
        help: &str,
        (kind, of): (MetricType, fn(&PoolCost) -> Option<f64>),
    ) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, &format!("{help}."), None, kind)?;
        for (pool, value) in self.pools.iter().filter_map(|pool| Some((pool, of(pool)?))) {
            let labels = [("pool", &*pool.pool)];
            let encoder = family.encode_family(&labels)?;
            match kind {
                MetricType::Counter => ConstCounter::new(value).encode(encoder)?,
                _ => ConstGauge::new(value).encode(encoder)?,
            }
        }
        Ok(())
    }
}
