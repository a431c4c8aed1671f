//! The brokers of the testbed do what tests on them take for granted.

use std::time::Duration;

use prescale_testbed::Brokers;
use prescale_testbed::brokers::{Record, Topic};

use crate::brokers;

#[tokio::test(flavor = "multi_thread")]
async fn a_group_shares_partitions_and_takes_each_record_once() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("counted", 2)).await.unwrap();
    let one = brokers.join("counters", "counted").unwrap();
    one.is_given(2).await.unwrap();
    brokers.produce("counted", &[Record::to(0), Record::to(0), Record::to(1)]).await.unwrap();
    assert_eq!(one.take(3).await.unwrap(), [(0, 2), (1, 1)].into());
    let other = brokers.join("counters", "counted").unwrap();
    let (first, second) = tokio::join!(one.is_given(1), other.is_given(1));
    first.unwrap();
    second.unwrap();
    brokers.produce("counted", &[Record::to(0), Record::to(1)]).await.unwrap();
    let (first, second) = tokio::join!(one.take(1), other.take(1));
    assert_eq!(first.unwrap().into_values().chain(second.unwrap().into_values()).sum::<usize>(), 2);
    assert_eq!(brokers.offsets("counted", 0).await.unwrap(), (0, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_is_gone() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("gone", 1)).await.unwrap();
    brokers.fill("gone", 0, 10).await.unwrap();
    brokers.delete_records_below("gone", 0, 7).await.unwrap();
    assert_eq!(brokers.offsets("gone", 0).await.unwrap(), (7, 10));
    brokers.add_partitions("gone", 3).await.unwrap();
    brokers.fill("gone", 2, 1).await.unwrap();
    brokers.commit("nobody", "gone", &[(0, 8)]).await.unwrap();
    brokers.delete_group("nobody").await.unwrap();
    brokers.delete("gone").await.unwrap();
    assert!(!brokers.has("gone").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_transaction_occupies_an_offset() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("paid", 1)).await.unwrap();
    let transactions = brokers.transactions("till").await.unwrap();
    transactions.begin("paid", &[Record::to(0), Record::to(0)]).await.unwrap();
    transactions.commit().await.unwrap();
    transactions.begin("paid", &[Record::to(0)]).await.unwrap();
    transactions.abort().await.unwrap();
    let end = async || brokers.offsets("paid", 0).await.unwrap().1;
    let markers = prescale_testbed::until("the markers", Duration::from_secs(30), async || {
        (end().await == 5).then_some(())
    });
    markers.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_brokers_that_are_dropped() {
    let brokers = Brokers::start(1).await.unwrap();
    let (folder, process) = (brokers.folder().to_owned(), brokers.process(1).unwrap());
    drop(brokers);
    assert!(!folder.exists());
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());
}
