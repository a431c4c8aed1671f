//! What nodes cost, and what requests might be. Prices come by a table that people write, or by OpenCost through
//! Prometheus; `nodes/` shares the nodes out, `scaler/costs.rs` sums up what falls on a scaler.

pub mod advice;
mod book;
mod follow;
mod prices;

pub use book::PriceBook;
pub(crate) use follow::follow;
pub use prices::{Capacity, NodePrice, Prices, PricesError, read_prices};

use std::sync::Arc;

/// What a pool of nodes costs.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolCost {
    /// Its name; empty for nodes that are of none.
    pub pool: Arc<str>,
    /// Nodes that are there.
    pub nodes: u32,
    /// Nodes that no workload of a scaler asks for, in parts of a node: other pods have them, or nobody.
    pub unclaimed: f64,
    /// Nodes without a price.
    pub unpriced: u32,
    /// What they cost an hour; `None` while one of them has no price.
    pub per_hour: Option<f64>,
    /// Node-hours that were counted since this replica started.
    pub node_hours: f64,
    /// Money of those of them that had a price; `None` where none had.
    pub money: Option<f64>,
}
