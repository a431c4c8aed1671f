//! One broker and one Redis for all tests; each has a topic and processes of its own.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use prescale_testbed::{Brokers, Redis, brokers::Topic};
use realtime_e2e::{Gateway, Service};
use tokio::sync::OnceCell;

static BROKERS: OnceCell<Brokers> = OnceCell::const_new();
static REDIS: OnceCell<Redis> = OnceCell::const_new();
static TOPICS: AtomicU32 = AtomicU32::new(0);

pub(crate) async fn brokers() -> &'static Brokers {
    BROKERS.get_or_init(async || Brokers::start(1).await.unwrap()).await
}

pub(crate) async fn redis() -> &'static Redis {
    REDIS.get_or_init(async || Redis::start().await.unwrap()).await
}

/// A topic of a test's own, with four partitions.
pub(crate) async fn topic() -> String {
    let topic = format!("interactions-{}", TOPICS.fetch_add(1, Relaxed));
    brokers().await.create(&Topic::new(&topic, 4)).await.unwrap();
    topic
}

/// A service on a topic of its own; nothing runs yet.
pub(crate) async fn service() -> Service {
    let redis = redis().await.url(1);
    Service::on(&brokers().await.bootstrap(), &topic().await, &redis).unwrap()
}

/// A service with one worker and one gateway, told with these flags.
pub(crate) async fn small(flags: &[&str]) -> (Service, Gateway) {
    let service = service().await;
    service.worker("worker", &[]).await.unwrap();
    let gateway = service.gateway("gateway", flags).await.unwrap();
    (service, gateway)
}
