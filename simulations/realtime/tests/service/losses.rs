//! Redis fails over, or loses everything; workers compete: what people were acknowledged is counted once, by ID.

use std::{collections::BTreeSet, time::Duration};

use prescale_testbed::{Redis, until};
use realtime_e2e::{Gateway, Person, Service};
use realtime_protocol::{Reaction, Uuid};

use crate::fixture::{brokers, redis, topic};

/// A failover takes the Sentinels some seconds, and the worker one or two more.
const WITHIN: Duration = Duration::from_secs(90);
const PEOPLE: usize = 5;
const FLAGS: [&str; 4] = ["--user-rate", "1000", "--user-burst", "1000"];

/// Some people react until they are stopped; returns what was acknowledged.
async fn react(gateway: &Gateway, room: &str, each: usize) -> BTreeSet<Uuid> {
    let people = (0..PEOPLE).map(async |number| {
        let mut person = Person::join(gateway, &format!("user-{number}"), room).await.unwrap();
        let mut acknowledged = Vec::new();
        for _ in 0..each {
            acknowledged.push(person.react(Reaction::Clap).await.unwrap());
        }
        acknowledged
    });
    futures::future::join_all(people).await.into_iter().flatten().collect()
}

/// What Redis says was folded in a room, in all.
async fn folded(redis: &Redis, server: usize, room: &str) -> Option<usize> {
    let key = format!("rt:room:{room}:state");
    redis.ask::<Option<usize>>(server, &[b"HGET", key.as_bytes(), b"folded"]).await?
}

/// Waits until as many were folded as were acknowledged, and then sees that it was those and no more.
async fn counts_out_are_counts_in(redis: &Redis, server: usize, room: &str, acknowledged: &BTreeSet<Uuid>) {
    until("counts out to be counts in", WITHIN, async || {
        folded(redis, server, room).await.filter(|folded| *folded == acknowledged.len())
    })
    .await
    .unwrap();
    let base = format!("rt:room:{room}:");
    let keys: Vec<String> = redis.ask(server, &[b"KEYS", format!("{base}seen:*").as_bytes()]).await.unwrap();
    let mut seen = BTreeSet::new();
    for key in keys {
        let ids: Vec<Vec<u8>> = redis.ask(server, &[b"SMEMBERS", key.as_bytes()]).await.unwrap();
        seen.extend(ids.into_iter().map(|id| Uuid::from_slice(&id).unwrap()));
    }
    assert_eq!(&seen, acknowledged);
    let claps: usize =
        redis.ask(server, &[b"HGET", format!("{base}reactions").as_bytes(), b"clap"]).await.unwrap();
    assert_eq!(claps, acknowledged.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_is_killed_loses_nothing() {
    let redis = Redis::start_with_sentinels().await.unwrap();
    let service = Service::on(&brokers().await.bootstrap(), &topic().await, &redis.sentinel_url()).unwrap();
    let worker = service.worker("worker", &[]).await.unwrap();
    let gateway = service.gateway("gateway", &FLAGS).await.unwrap();
    let mut watcher = Person::join(&gateway, "watcher", "failover").await.unwrap();
    let mut acknowledged = react(&gateway, "failover", 20).await;
    let first = redis.primary().await.unwrap();
    // Killed in the middle of it.
    let (more, ()) = tokio::join!(react(&gateway, "failover", 60), async {
        redis.kill(first).await.unwrap();
    });
    acknowledged.extend(more);
    let second = redis.fails_over_from(first).await.unwrap();
    acknowledged.extend(react(&gateway, "failover", 20).await);
    assert_eq!(acknowledged.len(), PEOPLE * 100);
    counts_out_are_counts_in(&redis, second, "failover", &acknowledged).await;
    // Who was here all the time hears of it again.
    watcher
        .until(|frame| match frame {
            realtime_protocol::ServerFrame::Update(update) => (update.folded == 500).then_some(()),
            _ => None,
        })
        .await
        .unwrap();
    assert!(service.figure(&worker, "realtime_redis_errors_total", "").await.unwrap() > 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_lost_everything_is_filled_again_from_the_log() {
    let redis = Redis::start().await.unwrap();
    let service = Service::on(&brokers().await.bootstrap(), &topic().await, &redis.url(1)).unwrap();
    let worker = service.worker("worker", &[]).await.unwrap();
    let gateway = service.gateway("gateway", &FLAGS).await.unwrap();
    let acknowledged = react(&gateway, "empty", 20).await;
    counts_out_are_counts_in(&redis, 1, "empty", &acknowledged).await;
    redis.kill(1).await.unwrap();
    redis.start_again(1).await.unwrap();
    // Nobody does anything, and it comes back.
    counts_out_are_counts_in(&redis, 1, "empty", &acknowledged).await;
    assert!(service.figure(&worker, "realtime_rewinds_total", "").await.unwrap() > 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_fold_the_same_partitions_fold_each_record_once() {
    let redis = redis().await;
    let service = Service::on(&brokers().await.bootstrap(), &topic().await, &redis.url(1)).unwrap();
    // In groups of their own, each believes to have all partitions, as one that was thought dead does.
    let one = service.worker("one", &["--group", "one"]).await.unwrap();
    let other = service.worker("other", &["--group", "other"]).await.unwrap();
    let gateway = service.gateway("gateway", &FLAGS).await.unwrap();
    let acknowledged = react(&gateway, "zombie", 100).await;
    counts_out_are_counts_in(redis, 1, "zombie", &acknowledged).await;
    let mut rewinds = 0.0;
    for admin in [&one, &other] {
        rewinds += service.figure(admin, "realtime_rewinds_total", "").await.unwrap();
    }
    assert!(rewinds > 0.0, "they competed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_takes_over_from_one_that_is_killed() {
    let redis = redis().await;
    let service = Service::on(&brokers().await.bootstrap(), &topic().await, &redis.url(1)).unwrap();
    service.worker("first", &[]).await.unwrap();
    let gateway = service.gateway("gateway", &FLAGS).await.unwrap();
    let mut acknowledged = react(&gateway, "take-over", 20).await;
    service.worker("second", &[]).await.unwrap();
    service.signal("first", prescale_testbed::Signal::Kill).unwrap();
    acknowledged.extend(react(&gateway, "take-over", 20).await);
    counts_out_are_counts_in(redis, 1, "take-over", &acknowledged).await;
}
