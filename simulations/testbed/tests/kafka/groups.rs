//! Groups that are new, gone, idle, rebalancing, or of the newer protocol.

use prescale_controller::sources::kafka::GroupState;
use prescale_testbed::brokers::Topic;

use crate::brokers;
use crate::watch::Watch;

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_does_not_exist_is_said_to_be_none() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("unread", 1)).await.unwrap();
    brokers.fill("unread", 0, 3).await.unwrap();
    let watch = Watch::of(brokers, "unread", Some("ghosts"));
    let reading = watch.lag_is_unknown("no such consumer group").await;
    assert_eq!(reading.state, GroupState::NotFound);
    watch.told_only(&[None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_group_has_no_lag_before_it_commits() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("young", 1)).await.unwrap();
    brokers.fill("young", 0, 5).await.unwrap();
    let watch = Watch::of(brokers, "young", Some("novices"));
    let member = brokers.join("novices", "young").unwrap();
    member.is_given(1).await.unwrap();
    let reading = watch.lag_is_unknown("committed no offset for partition 0").await;
    assert_eq!(reading.time_lag, None);
    watch.told_only(&[None]);
    member.take(2).await.unwrap();
    assert_eq!(watch.lag_is(3).await.state, GroupState::Stable);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_group_keeps_its_lag_and_a_deleted_one_loses_it() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("idle", 1)).await.unwrap();
    brokers.fill("idle", 0, 8).await.unwrap();
    let watch = Watch::of(brokers, "idle", Some("sleepers"));
    let member = brokers.join("sleepers", "idle").unwrap();
    member.take(3).await.unwrap();
    watch.lag_is(5).await;
    drop(member);
    let gone = |group: &prescale_controller::sources::kafka::GroupReading| group.state == GroupState::Empty;
    watch
        .until("a group without members", |read| {
            read.as_ref().ok()?.group.as_ref().filter(|one| gone(one)).map(|_| ())
        })
        .await;
    watch.lag_is(5).await;
    brokers.fill("idle", 0, 2).await.unwrap();
    watch.lag_is(7).await;
    brokers.delete_group("sleepers").await.unwrap();
    let reading = watch.lag_is_unknown("no such consumer group").await;
    assert_eq!((reading.state, reading.time_lag, reading.skew), (GroupState::NotFound, None, None));
    watch.told_only(&[None, Some(5), Some(6), Some(7)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebalance_does_not_move_the_lag() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("shared", 2)).await.unwrap();
    for partition in [0, 1] {
        brokers.fill("shared", partition, 4).await.unwrap();
        brokers.commit("sharers", "shared", &[(partition, 1)]).await.unwrap();
    }
    let watch = Watch::of(brokers, "shared", Some("sharers"));
    let first = brokers.join("sharers", "shared").unwrap();
    first.is_given(2).await.unwrap();
    watch.lag_is(6).await;
    watch.forget();
    // The first member does not listen yet, so the group waits for it.
    let second = brokers.join("sharers", "shared").unwrap();
    let is = |state: GroupState| {
        move |read: &crate::watch::Read| {
            let group = read.as_ref().ok()?.group.as_ref()?;
            (group.state == state).then_some(())
        }
    };
    watch.until("a group that rebalances", is(GroupState::Rebalancing)).await;
    let (one, other) = tokio::join!(first.is_given(1), second.is_given(1));
    one.unwrap();
    other.unwrap();
    watch.until("a group that is stable again", is(GroupState::Stable)).await;
    watch.lag_is(6).await;
    watch.told_only(&[Some(6)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_the_newer_protocol_is_read_alike() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("modern", 1)).await.unwrap();
    brokers.fill("modern", 0, 9).await.unwrap();
    let watch = Watch::of(brokers, "modern", Some("moderns"));
    let member = brokers.join_by_newer_protocol("moderns", "modern").unwrap();
    member.take(4).await.unwrap();
    assert_eq!(watch.lag_is(5).await.state, GroupState::Stable);
}
