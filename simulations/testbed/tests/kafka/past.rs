//! What arrived at a topic before we looked, beside what we produced with stamps of the past.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prescale_controller::sources::kafka::{Kafka, Settings};
use prescale_testbed::brokers::{Record, Topic};
use prescale_testbed::until;

use crate::brokers;

const STEP: SignedDuration = SignedDuration::from_mins(1);
const STEPS: i64 = 60;

/// What comes in a minute to each partition: none for a while, then more and more.
fn arrivals(minute: i64) -> usize {
    if (20..30).contains(&minute) { 0 } else { usize::try_from(1 + minute / 4).unwrap() }
}

/// Arrivals a minute, from the first that is known, as the log of `topic` tells them.
async fn past(topic: &str, end: Timestamp) -> Vec<(i64, f64)> {
    let kafka = Kafka::new(Settings::plaintext(&brokers().await.bootstrap()));
    let begin = end - STEP * i32::try_from(STEPS).unwrap();
    // A topic that was just made has no leader yet.
    let history = async || kafka.history(topic, (begin + STEP, end), STEP, Duration::ZERO).await.ok();
    let read = until("the history", Duration::from_secs(30), history).await.unwrap();
    let minute = |at: Timestamp| at.duration_since(begin).as_mins() - 1;
    read.iter().map(|sample| (minute(sample.at()), (sample.value() * 60.0).round())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn arrivals_of_before_are_those_that_the_log_has() {
    let brokers = brokers().await;
    let now = Timestamp::now();
    let end = now - SignedDuration::from_secs(now.as_second().rem_euclid(60));
    let begin = end - STEP * i32::try_from(STEPS).unwrap();
    brokers.create(&Topic::new("past", 2)).await.unwrap();
    assert_eq!(past("past", end).await.len(), 60, "nothing has ever come: 0 is measured");

    let mut records = Vec::new();
    for minute in 0..STEPS {
        let at = begin + STEP * i32::try_from(minute).unwrap();
        for partition in 0..2 {
            let one = Record::to(partition).made(at + SignedDuration::from_secs(20));
            records.extend(vec![one; arrivals(minute)]);
        }
    }
    brokers.produce("past", &records).await.unwrap();
    // The first minute is cut off by its first record: what came before that is not known.
    let whole: Vec<_> = (1..STEPS).map(|minute| (minute, 2.0 * arrivals(minute) as f64)).collect();
    assert_eq!(past("past", end).await, whole);

    // Retention takes the first ten minutes of one partition, and more of the other.
    let before = |minutes: i64| i64::try_from((0..minutes).map(arrivals).sum::<usize>()).unwrap();
    brokers.delete_records_below("past", 0, before(10)).await.unwrap();
    brokers.delete_records_below("past", 1, before(15)).await.unwrap();
    assert_eq!(past("past", end).await, whole[15..]);
    brokers.delete_records_below("past", 1, before(STEPS)).await.unwrap();
    assert_eq!(past("past", end).await, [], "a partition that has lost all of it tells of nothing");
}
