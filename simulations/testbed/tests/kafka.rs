//! The controller's Kafka source against a real broker: lag beside a consumer whose commits we count, arrivals beside what
//! we produce, and everything that is unknown, which must never read as 0.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "kafka/arrivals.rs"]
mod arrivals;
#[path = "kafka/changes.rs"]
mod changes;
#[path = "kafka/check.rs"]
mod check;
#[path = "kafka/fixture.rs"]
mod fixture;
#[path = "kafka/groups.rs"]
mod groups;
#[path = "kafka/lag.rs"]
mod lag;
#[path = "kafka/past.rs"]
mod past;
#[path = "kafka/security.rs"]
mod security;
#[path = "kafka/sums.rs"]
mod sums;
#[path = "kafka/watch.rs"]
mod watch;

use prescale_testbed::Brokers;
use tokio::sync::OnceCell;

static BROKERS: OnceCell<Brokers> = OnceCell::const_new();

/// One broker for all: each test has topics and groups of its own.
async fn brokers() -> &'static Brokers {
    BROKERS.get_or_init(async || Brokers::start(1).await.unwrap()).await
}
