//! Arrivals beside what we produce.

use prescale_testbed::brokers::{Record, Topic};
use tokio::time::Instant;

use crate::brokers;
use crate::watch::{Read, Watch};

#[tokio::test(flavor = "multi_thread")]
async fn arrivals_are_what_was_produced_over_the_time_that_it_took() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("arriving", 3)).await.unwrap();
    brokers.fill("arriving", 0, 1_000).await.unwrap();
    let began = Instant::now();
    let watch = Watch::of(brokers, "arriving", None);
    let value = |read: &Read| Some(read.as_ref().ok()?.arrivals.as_ref().ok()?.value());
    let rate = watch.until("arrivals", value).await;
    assert_eq!(rate, 0.0, "what was there before is no arrival");
    for partition in 0..3 {
        brokers.fill("arriving", partition, 100).await.unwrap();
    }
    // A rate is over the time since the first look, which is a little shorter than the time since we began.
    watch
        .until("300 arrivals", |read| {
            let arrived = value(read)? * began.elapsed().as_secs_f64();
            (300.0..=450.0).contains(&arrived).then_some(())
        })
        .await;
    assert!(watch.now().unwrap().group.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn arrivals_do_not_depend_on_who_reads() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("read", 1)).await.unwrap();
    let watch = Watch::of(brokers, "read", Some("readers"));
    watch.is_begun().await;
    let member = brokers.join("readers", "read").unwrap();
    brokers.produce("read", &vec![Record::to(0).saying("x".repeat(100)); 50]).await.unwrap();
    member.take(50).await.unwrap();
    watch.lag_is(0).await;
    let rate = watch.now().unwrap().arrivals.unwrap().value();
    assert!(0.0 < rate, "drained, and yet it came");
}
