//! The controller's Kafka source while brokers are lost and come back: a partition without a leader and a Kafka that is
//! gone are unknown, and never 0.

#[path = "kafka/watch.rs"]
#[expect(dead_code, reason = "shared with tests that watch more")]
mod watch;

use prescale_testbed::Brokers;
use prescale_testbed::brokers::Topic;
use watch::{Read, Watch};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_broker_held_is_unknown_and_the_rest_stays_right() {
    let brokers = Brokers::start(3).await.unwrap();
    let safe = Topic::new("safe", 3).placed(&[&[1, 2, 3], &[2, 3, 1], &[3, 1, 2]]);
    let fragile = Topic::new("fragile", 2).placed(&[&[1], &[3]]);
    for (topic, committed) in [(&safe, 8), (&fragile, 5)] {
        brokers.create(topic).await.unwrap();
        for partition in (0..).take(topic.partitions.len()) {
            brokers.fill(topic.name, partition, 10).await.unwrap();
            brokers.commit("crew", topic.name, &[(partition, committed)]).await.unwrap();
        }
    }
    let safe = Watch::of(&brokers, "safe", Some("crew"));
    let fragile = Watch::of(&brokers, "fragile", Some("crew"));
    safe.lag_is(6).await;
    fragile.lag_is(10).await;

    brokers.kill(3).await.unwrap();
    fragile.lag_is_unknown("partition 1 has no leader").await;
    let arrivals = |read: &Read| read.as_ref().ok()?.arrivals.as_ref().err().map(ToString::to_string);
    let why = fragile.until("arrivals that are unknown", arrivals).await;
    assert!(why.contains("partition 1 has no leader"), "{why}");
    brokers.notice_the_loss_of(3).await.unwrap();
    safe.forget();
    safe.lag_is(6).await;
    brokers.fill("safe", 2, 1).await.unwrap();
    safe.lag_is(7).await;
    brokers.start_again(3).await.unwrap();
    fragile.lag_is(10).await;
    safe.lag_is(7).await;

    brokers.kill_all().await.unwrap();
    safe.fails("cannot reach the broker").await;
    fragile.fails("cannot reach the broker").await;
    brokers.start_all_again().await.unwrap();
    safe.lag_is(7).await;
    fragile.lag_is(10).await;
    safe.until("arrivals again", |read| read.as_ref().ok()?.arrivals.is_ok().then_some(())).await;
    safe.told_only(&[None, Some(6), Some(7)]);
    fragile.told_only(&[None, Some(10)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_answers_nothing_is_unknown_until_it_goes_on() {
    let brokers = Brokers::start(1).await.unwrap();
    brokers.create(&Topic::new("frozen", 1)).await.unwrap();
    brokers.fill("frozen", 0, 10).await.unwrap();
    brokers.commit("crew", "frozen", &[(0, 7)]).await.unwrap();
    let watch = Watch::of(&brokers, "frozen", Some("crew"));
    watch.lag_is(3).await;
    brokers.freeze(1).unwrap();
    watch.fails("within 3s").await;
    brokers.thaw(1).unwrap();
    watch.lag_is(3).await;
    watch.until("arrivals again", |read| read.as_ref().ok()?.arrivals.is_ok().then_some(())).await;
    watch.told_only(&[None, Some(3)]);
}
