//! Real brokers.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "kafka/fixture.rs"]
mod fixture;

use prescale_testbed::Brokers;
use tokio::sync::OnceCell;

static BROKERS: OnceCell<Brokers> = OnceCell::const_new();

/// One broker for all: each test has topics and groups of its own.
async fn brokers() -> &'static Brokers {
    BROKERS.get_or_init(async || Brokers::start(1).await.unwrap()).await
}
