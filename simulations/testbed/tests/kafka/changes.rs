//! Topics that change while they are watched: retention, more partitions, made anew, never there.

use prescale_testbed::brokers::{Record, Topic};

use crate::brokers;
use crate::watch::Watch;

#[tokio::test(flavor = "multi_thread")]
async fn what_retention_deleted_under_the_group_is_unknown_until_it_commits_again() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("forgetful", 1)).await.unwrap();
    brokers.fill("forgetful", 0, 100).await.unwrap();
    brokers.commit("late", "forgetful", &[(0, 10)]).await.unwrap();
    let watch = Watch::of(brokers, "forgetful", Some("late"));
    watch.lag_is(90).await;
    brokers.delete_records_below("forgetful", 0, 50).await.unwrap();
    watch.lag_is_unknown("retention has deleted all before 50").await;
    brokers.commit("late", "forgetful", &[(0, 60)]).await.unwrap();
    watch.lag_is(40).await;
    brokers.delete_records_below("forgetful", 0, 100).await.unwrap();
    watch.lag_is_unknown("retention has deleted all before 100").await;
    watch.told_only(&[None, Some(90), Some(40)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_that_are_added_count_from_their_first_message() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("growing", 1)).await.unwrap();
    brokers.fill("growing", 0, 6).await.unwrap();
    brokers.commit("growers", "growing", &[(0, 2)]).await.unwrap();
    let watch = Watch::of(brokers, "growing", Some("growers"));
    watch.lag_is(4).await;
    brokers.add_partitions("growing", 3).await.unwrap();
    let has_three = |read: &crate::watch::Read| (read.as_ref().ok()?.partitions == 3).then_some(());
    watch.until("three partitions", has_three).await;
    assert_eq!(watch.lag_is(4).await.skew, Some(3.0), "nothing is in the new ones");
    brokers.produce("growing", &[Record::to(1), Record::to(2), Record::to(2)]).await.unwrap();
    watch.lag_is_unknown("committed no offset for partition 1").await;
    brokers.commit("growers", "growing", &[(1, 0)]).await.unwrap();
    watch.lag_is_unknown("committed no offset for partition 2").await;
    brokers.commit("growers", "growing", &[(2, 1)]).await.unwrap();
    watch.lag_is(4 + 1 + 1).await;
    watch.told_only(&[None, Some(4), Some(6)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_made_anew_begins_anew() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("phoenix", 1)).await.unwrap();
    brokers.fill("phoenix", 0, 50).await.unwrap();
    brokers.commit("birds", "phoenix", &[(0, 40)]).await.unwrap();
    let watch = Watch::of(brokers, "phoenix", Some("birds"));
    watch.lag_is(10).await;
    brokers.delete("phoenix").await.unwrap();
    watch.fails("there is no such topic").await;
    brokers.create(&Topic::new("phoenix", 1)).await.unwrap();
    brokers.fill("phoenix", 0, 5).await.unwrap();
    watch.lag_is_unknown("").await;
    let arrivals = watch.until("arrivals", |read| read.as_ref().ok()?.arrivals.clone().ok()).await;
    // Five have come since, and not 45 fewer than before.
    assert!((0.0..=5.0 / 0.2).contains(&arrivals.value()), "{arrivals:?}");
    brokers.commit("birds", "phoenix", &[(0, 3)]).await.unwrap();
    watch.lag_is(2).await;
    watch.told_only(&[None, Some(10), Some(2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_does_not_exist_is_named_and_not_made() {
    let brokers = brokers().await;
    let watch = Watch::of(brokers, "never-made", Some("nobody"));
    watch.fails("the topic `never-made`: there is no such topic").await;
    watch.told_only(&[None]);
    assert!(!brokers.has("never-made").await, "asking for a topic made it");
}
