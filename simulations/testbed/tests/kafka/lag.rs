//! Lag beside a consumer that is watched: what it has left is what we produced, less what it took and committed.

use prescale_controller::sources::kafka::GroupState;
use prescale_testbed::brokers::{Record, Topic};
use tokio::time::Instant;

use crate::brokers;
use crate::watch::Watch;

#[tokio::test(flavor = "multi_thread")]
async fn the_lag_is_what_a_watched_consumer_has_left() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("orders", 2)).await.unwrap();
    brokers.produce("orders", &[Record::to(0), Record::to(1)]).await.unwrap();
    let watch = Watch::of(brokers, "orders", Some("workers"));
    let member = brokers.join("workers", "orders").unwrap();
    assert_eq!(member.take(2).await.unwrap(), [(0, 1), (1, 1)].into());
    let drained = watch.lag_is(0).await;
    assert_eq!((drained.skew, drained.state), (None, GroupState::Stable), "a zero that was measured");
    watch.forget();
    brokers.fill("orders", 0, 30).await.unwrap();
    let waiting = watch.lag_is(30).await;
    assert_eq!(waiting.skew, Some(2.0), "all of it waits in one of two partitions");
    brokers.fill("orders", 1, 10).await.unwrap();
    let mut left = 40;
    watch.lag_is(left).await;
    for count in [5, 7, 20, 8] {
        left -= member.take(count).await.unwrap().values().sum::<usize>();
        watch.lag_is(left).await;
    }
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_lag_is_the_age_of_what_waits_longest() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("aging", 1)).await.unwrap();
    brokers.fill("aging", 0, 1).await.unwrap();
    let watch = Watch::of(brokers, "aging", Some("agers"));
    let member = brokers.join("agers", "aging").unwrap();
    member.take(1).await.unwrap();
    let drained = watch.lag_is(0).await;
    assert_eq!(drained.time_lag.map(|age| age.as_secs_f64()), Some(0.0), "nothing waits");
    watch.is_begun().await;
    let before = Instant::now();
    brokers.fill("aging", 0, 4).await.unwrap();
    let after = Instant::now();
    let age = watch
        .until("a record that has waited for two seconds", |read| {
            let age = read.as_ref().ok()?.group.as_ref()?.time_lag?.unsigned_abs();
            (2.0 <= age.as_secs_f64()).then_some(age)
        })
        .await;
    // It came between two polls, and was looked at since: on a busy machine each takes its time.
    assert!(age.as_secs_f64() <= before.elapsed().as_secs_f64() + 2.0, "{age:?} of {:?}", before.elapsed());
    assert!(after.elapsed().as_secs_f64() <= age.as_secs_f64() + 3.0, "{age:?} of {:?}", after.elapsed());
    member.take(4).await.unwrap();
    watch.lag_is(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_consumer_is_never_unknown_and_never_further_behind_than_was_produced() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("busy", 1)).await.unwrap();
    brokers.fill("busy", 0, 1).await.unwrap();
    let watch = Watch::of(brokers, "busy", Some("hurried"));
    let member = brokers.join("hurried", "busy").unwrap();
    member.take(1).await.unwrap();
    watch.lag_is(0).await;
    watch.forget();
    let rounds = 100;
    for _ in 0..rounds {
        let (filled, taken) = tokio::join!(brokers.fill("busy", 0, 10), member.take(10));
        filled.unwrap();
        taken.unwrap();
    }
    watch.lag_is(0).await;
    // A round ends when its ten are committed.
    watch.told_only(&(0..=10).map(Some).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drained_transactional_topic_keeps_the_marker_that_nobody_reads() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("payments", 1)).await.unwrap();
    let till = brokers.transactions("till-of-payments").await.unwrap();
    for _ in 0..3 {
        till.begin("payments", &[Record::to(0), Record::to(0)]).await.unwrap();
        till.commit().await.unwrap();
    }
    let watch = Watch::of(brokers, "payments", Some("bookkeepers"));
    let member = brokers.join("bookkeepers", "payments").unwrap();
    assert_eq!(member.take(6).await.unwrap(), [(0, 6)].into());
    // Nine offsets: six records and three markers, of which the last lies behind what was committed.
    watch.lag_is(1).await;
    watch.forget();
    till.begin("payments", &vec![Record::to(0); 4]).await.unwrap();
    watch.lag_is(5).await;
    till.abort().await.unwrap();
    // What was taken back stays in the log, and readers of committed records pass over it.
    watch.lag_is(6).await;
    till.begin("payments", &[Record::to(0)]).await.unwrap();
    till.commit().await.unwrap();
    watch.lag_is(8).await;
    assert_eq!(member.take(1).await.unwrap(), [(0, 1)].into());
    watch.lag_is(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compaction_leaves_holes_and_a_reader_past_them_is_at_zero() {
    let brokers = brokers().await;
    let topic = Topic::new("prices", 1)
        .set("cleanup.policy", "compact")
        .set("segment.ms", "100")
        .set("min.cleanable.dirty.ratio", "0.01");
    brokers.create(&topic).await.unwrap();
    let record = |price: u32| Record::to(0).keyed("ticket").saying(price.to_string());
    brokers.produce("prices", &(0..50).map(record).collect::<Vec<_>>()).await.unwrap();
    brokers.commit("listeners", "prices", &[(0, 1)]).await.unwrap();
    let watch = Watch::of(brokers, "prices", Some("listeners"));
    watch.lag_is(49).await;
    // A record behind them closes their segment, which may be cleaned then: of fifty, the last is kept.
    let mut produced = 50;
    let cleaned = async |produced: &mut u32| {
        brokers.produce("prices", &[record(*produced)]).await.unwrap();
        *produced += 1;
        brokers.log(1).contains("cleaned log prices-0")
    };
    while !cleaned(&mut produced).await {
        assert!(produced < 5_000, "not compacted; the end of the log: {}", brokers.log(1));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // Offsets are not messages here: the lag is what offsets say, an upper bound.
    watch.lag_is(produced as usize - 1).await;
    let member = brokers.join("listeners", "prices").unwrap();
    let taken = member.take_to(i64::from(produced)).await.unwrap();
    watch.lag_is(0).await;
    assert!(taken < produced as usize - 1, "{taken} of {produced} records were left: nothing was compacted");
}
