//! The sum of a field of JSON records, beside what we produce: in three partitions, packed, with records among them that
//! say nothing.

use std::time::Duration;

use prescale_controller::sources::error::SourceError;
use prescale_controller::sources::kafka::{Kafka, Settings, SumReading};
use prescale_testbed::brokers::{Record, Topic};
use prescale_testbed::until;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::brokers;
use crate::watch::WINDOW;

const WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_is_of_what_was_produced_over_the_time_that_it_took() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("baskets", 3)).await.unwrap();
    let basket = |partition, tickets: u32| {
        Record::to(partition).saying(format!("{{\"order\":{{\"tickets\":{tickets}}}}}"))
    };
    brokers.produce("baskets", &vec![basket(0, 1_000); 10]).await.unwrap();
    let began = Instant::now();
    let kafka = followed();
    let sum = || kafka.sum("baskets", "order.tickets", WINDOW);
    let value = |sum: Result<SumReading, SourceError>| sum.ok().map(|sum| sum.sample.value());
    let first = until("a sum", WITHIN, async || value(sum())).await.unwrap();
    assert_eq!(first, 0.0, "what was there before does not count");

    let mut records: Vec<_> = (0..300).map(|record| basket(record % 3, 4)).collect();
    records.push(Record::to(1).saying("no JSON"));
    records.push(Record::to(2).saying("{\"order\":{\"tickets\":-5}}"));
    brokers.produce("baskets", &records).await.unwrap();
    // A rate is over the time since the first look, which is a little shorter than the time since we began.
    until("1,200 tickets", WITHIN, async || {
        let tickets = value(sum())? * began.elapsed().as_secs_f64();
        (1_200.0..=1_800.0).contains(&tickets).then_some(())
    })
    .await
    .unwrap();
    let skipped = sum().unwrap().skipped;
    assert!((skipped - 2.0 / 302.0).abs() < 1e-9, "{skipped}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_no_record_has_is_no_sum_of_0() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("wordless", 1)).await.unwrap();
    let kafka = followed();
    let sum = || kafka.sum("wordless", "tickets", WINDOW);
    until("a sum", WITHIN, async || sum().ok()).await.unwrap();
    brokers.produce("wordless", &vec![Record::to(0).saying("{\"seats\":2}"); 20]).await.unwrap();
    let said = until("words", WITHIN, async || sum().err().map(|error| error.to_string())).await.unwrap();
    assert!(said.contains("none of its records is JSON with a number of 0 or more at `tickets`"), "{said}");
}

/// Polls four times a second.
fn followed() -> Kafka {
    let bootstrap = crate::BROKERS.get().map(prescale_testbed::Brokers::bootstrap).unwrap_or_default();
    let poll_every = Duration::from_millis(250);
    let kafka = Kafka::new(Settings { poll_every, ..Settings::plaintext(&bootstrap) });
    let follower = kafka.clone();
    tokio::spawn(async move { follower.follow(None, CancellationToken::new()).await });
    kafka
}
