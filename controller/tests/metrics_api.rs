//! The metrics API over real TLS, as the aggregator, people and strangers call it.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "metrics_api/caller.rs"]
mod caller;
#[path = "metrics_api/certificates.rs"]
mod certificates;
#[path = "metrics_api/discovery.rs"]
mod discovery;
#[path = "metrics_api/reads.rs"]
mod reads;
#[path = "metrics_api/strangers.rs"]
mod strangers;
#[path = "metrics_api/world.rs"]
mod world;
