//! The external-metrics server that was in the cluster before: it answers for the metrics that are not ours.

use std::sync::Arc;

use axum::response::Response;
use futures::future::BoxFuture;

/// A read of a metric that is not ours, by a caller who has the right to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignRead {
    /// The namespace.
    pub namespace: String,
    /// The metric's name.
    pub metric: String,
    /// Path and query as they came.
    pub path_and_query: String,
}

/// How it is reached. Both calls are expected to end by themselves; the API cuts a read off when its own time is up.
#[derive(Clone)]
pub struct Neighbour {
    /// Passes a read on.
    pub read: Arc<dyn Fn(ForeignRead) -> BoxFuture<'static, Response> + Send + Sync>,
    /// The names of its metrics, from memory: discovery lists them beside ours.
    pub metrics: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
}
