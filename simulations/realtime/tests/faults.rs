//! Servers die while people are at it: a Kafka broker, the primary of Redis, a gateway. Afterwards what had effect is what was
//! acknowledged, by id, and nothing had effect twice.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "faults/effect.rs"]
mod effect;
#[path = "faults/people.rs"]
mod people;

use prescale_testbed::brokers::Topic;
use prescale_testbed::{Brokers, Redis, Signal};
use realtime_e2e::Service;
use tokio::sync::OnceCell;

use effect::check_effect;
use people::{PLAYED, play};

/// Six partitions, each on all brokers, led by each in turn.
const EVERYWHERE: [&[i32]; 6] = [&[1, 2, 3], &[2, 3, 1], &[3, 1, 2], &[1, 3, 2], &[2, 1, 3], &[3, 2, 1]];

static BROKER: OnceCell<Brokers> = OnceCell::const_new();

/// The one broker of the tests that kill something else.
async fn broker() -> &'static Brokers {
    BROKER.get_or_init(async || Brokers::start(1).await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_broker_loses_nothing_and_doubles_nothing() {
    let (brokers, redis) = (Brokers::start(3).await.unwrap(), Redis::start().await.unwrap());
    // What is acknowledged lies on two of the three at least.
    let topic = Topic::new("broker", 0).placed(&EVERYWHERE).set("min.insync.replicas", "2");
    brokers.create(&topic).await.unwrap();
    let service = Service::on(&brokers.bootstrap(), "broker", &redis.url(1)).unwrap();
    service.worker("worker", &[]).await.unwrap();
    let gateway = service.gateway("gateway", &[]).await.unwrap();
    let played = play(&service, &[&gateway], "broker-", async || {
        brokers.kill(1).await.unwrap();
        brokers.notice_the_loss_of(1).await.unwrap();
        brokers.start_again(1).await.unwrap();
    })
    .await;
    check_effect(&redis, 1, "broker-", &played).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_primary_of_redis_loses_nothing_and_doubles_nothing() {
    let redis = Redis::start_with_sentinels().await.unwrap();
    broker().await.create(&Topic::new("redis", 6)).await.unwrap();
    let service = Service::on(&broker().await.bootstrap(), "redis", &redis.sentinel_url()).unwrap();
    service.worker("worker", &[]).await.unwrap();
    let gateway = service.gateway("gateway", &[]).await.unwrap();
    let played = play(&service, &[&gateway], "redis-", async || {
        redis.kill(1).await.unwrap();
        redis.fails_over_from(1).await.unwrap();
    })
    .await;
    check_effect(&redis, 2, "redis-", &played).await;
    assert!(played.report.is_whole(), "{}", played.report);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_gateway_loses_nothing_and_doubles_nothing() {
    let redis = Redis::start().await.unwrap();
    broker().await.create(&Topic::new("gateway", 6)).await.unwrap();
    let service = Service::on(&broker().await.bootstrap(), "gateway", &redis.url(1)).unwrap();
    service.worker("worker", &[]).await.unwrap();
    let (one, other) =
        (service.gateway("one", &[]).await.unwrap(), service.gateway("other", &[]).await.unwrap());
    let played = play(&service, &[&one, &other], "gateway-", async || {
        service.signal("one", Signal::Kill).unwrap();
        service.ended("one").await.unwrap();
    })
    .await;
    check_effect(&redis, 1, "gateway-", &played).await;
    let crowd = played.report.crowd.as_ref().unwrap();
    // Half of the people were there, and all of them are at the other now.
    assert!(PLAYED.people / 2 <= crowd.cut_off && PLAYED.people / 2 <= crowd.joined_again, "{crowd:?}");
}
