use super::*;

const STALE_AFTER: Duration = Duration::from_secs(15);

fn moment(second: u64) -> Moment {
    let at = Timestamp::from_second(1_000_000 + i64::try_from(second).unwrap()).unwrap();
    Moment { at, steady: Duration::from_secs(second) }
}

fn seen(id: u128, ends: &[i64]) -> SeenTopic {
    let extent = |end: &i64| Extent { start: Ok(0), end: Ok(*end) };
    SeenTopic { id, extents: ends.iter().map(extent).collect(), leaders: vec![Some(1); ends.len()] }
}

fn read(topic: &Topic, group: Option<&str>, second: u64) -> Result<TopicReading, Problem> {
    topic.read(("orders", group), Duration::from_secs(60), (Duration::from_secs(second), STALE_AFTER))
}

/// Learns `(second, id, ends)` of polls, and checks what arrives a second at the last of them.
fn check(polls: &[(u64, u128, &[i64])], expected: &Result<f64, Problem>) {
    let mut topic = Topic::default();
    for &(second, id, ends) in polls {
        topic.learn(moment(second), seen(id, ends), BTreeMap::new(), STALE_AFTER);
    }
    let now = polls.last().unwrap().0;
    let arrivals = read(&topic, None, now).and_then(|reading| reading.arrivals);
    assert_eq!(arrivals.map(|sample| sample.value()), *expected, "{polls:?}");
}

#[test]
fn arrivals_are_the_growth_of_ends_between_polls() {
    check(&[(0, 1, &[100, 200])], &Err(Problem::OnePoll));
    check(&[(0, 1, &[100, 200]), (5, 1, &[110, 240])], &Ok(10.0));
    check(&[(0, 1, &[100, 200]), (5, 1, &[100, 200])], &Ok(0.0));
    // A partition that was added has all of its messages since.
    check(&[(0, 1, &[100]), (5, 1, &[100, 50])], &Ok(10.0));
}

#[test]
fn offsets_that_began_anew_are_no_arrivals_and_no_silence() {
    check(&[(0, 1, &[100]), (5, 1, &[90])], &Err(Problem::BeganAnew));
    check(&[(0, 1, &[100]), (5, 1, &[90]), (10, 1, &[95])], &Ok(1.0));
    check(&[(0, 1, &[100, 100]), (5, 1, &[900])], &Err(Problem::BeganAnew));
    // Made anew, and already longer than before.
    check(&[(0, 1, &[100]), (5, 2, &[900])], &Err(Problem::BeganAnew));
    // What came while nobody looked is not what comes now.
    check(&[(0, 1, &[100]), (60, 1, &[90_000])], &Err(Problem::OnePoll));
    check(&[(0, 1, &[100]), (60, 1, &[90_000]), (65, 1, &[90_050])], &Ok(10.0));
}

#[test]
fn a_partition_without_leader_hides_arrivals_until_it_is_back() {
    let mut topic = Topic::default();
    let away = Problem::NoLeader { partition: 1 };
    topic.learn(moment(0), seen(1, &[100, 100]), BTreeMap::new(), STALE_AFTER);
    let mut half = seen(1, &[150, 0]);
    half.extents[1] = Extent { start: Err(away.clone()), end: Err(away.clone()) };
    topic.learn(moment(5), half, BTreeMap::new(), STALE_AFTER);
    let reading = read(&topic, None, 5).unwrap();
    assert_eq!((reading.arrivals, reading.partitions), (Err(away), 2));
    topic.learn(moment(10), seen(1, &[180, 120]), BTreeMap::new(), STALE_AFTER);
    assert_eq!(read(&topic, None, 10).unwrap().arrivals.unwrap().value(), 10.0);
}

#[test]
fn a_reading_stands_until_it_is_stale() {
    let mut topic = Topic::default();
    assert_eq!(read(&topic, None, 0), Err(Problem::NotPolled));
    topic.learn(moment(0), seen(1, &[100]), BTreeMap::new(), STALE_AFTER);
    topic.learn(moment(5), seen(1, &[150]), BTreeMap::new(), STALE_AFTER);
    let away = Problem::Unreachable { address: "a:9092".into(), message: "refused".into() };
    topic.fail(away.clone());
    let held = read(&topic, None, 20).unwrap().arrivals.unwrap();
    assert_eq!((held.at(), held.value()), (moment(5).at, 10.0), "it is of the poll that it was made at");
    assert_eq!(read(&topic, None, 21), Err(away));
    topic.fail(Problem::NoTopic);
    assert_eq!(read(&topic, None, 6), Err(Problem::NoTopic), "a topic that is gone is gone at once");
}

/// The group of a topic with one partition, which ended at 100 first, and at 200 ten seconds later.
fn group(state: GroupState, committed: i64) -> (Topic, GroupReading) {
    let mut topic = Topic::default();
    let offsets = BTreeMap::from([("orders".to_owned(), vec![Ok(committed)])]);
    let workers = Ok(SeenGroup { state, committed: offsets });
    let groups = BTreeMap::from([("workers".to_owned(), workers)]);
    topic.learn(moment(0), seen(1, &[100]), groups.clone(), STALE_AFTER);
    topic.learn(moment(10), seen(1, &[200]), groups, STALE_AFTER);
    let reading = read(&topic, Some("workers"), 10).unwrap().group.unwrap();
    (topic, reading)
}

#[test]
fn the_lag_in_time_is_that_of_the_oldest_message_that_waits() {
    let time_lag = |committed| group(GroupState::Stable, committed).1.time_lag;
    assert_eq!(time_lag(200), Some(SignedDuration::ZERO));
    assert_eq!(time_lag(150), Some(SignedDuration::from_secs(5)));
    assert_eq!(time_lag(100), Some(SignedDuration::from_secs(10)));
    // It came before we looked.
    assert_eq!(time_lag(99), None);
}

#[test]
fn what_came_before_we_looked_is_as_old_as_its_stamp_says() {
    let (mut topic, _) = group(GroupState::Stable, 7);
    let waiting = topic.waiting("orders");
    assert_eq!(waiting, [Waiting { topic: "orders".to_owned(), partition: 0, offset: 7 }]);
    let stamp = moment(10).at - SignedDuration::from_secs(90);
    topic.learn_stamps("orders", &Stamps::from([(waiting[0].clone(), stamp)]));
    let reading = read(&topic, Some("workers"), 10).unwrap().group.unwrap();
    assert_eq!((reading.lag, reading.time_lag), (Some(193.0), Some(SignedDuration::from_secs(90))));
    assert_eq!(topic.waiting("orders"), [], "it is not read twice");
    assert_eq!(group(GroupState::Stable, 150).0.waiting("orders"), [], "it arrived while we looked");
}

#[test]
fn a_group_that_is_not_there_has_no_lag_and_not_a_lag_of_none() {
    let (_, missing) = group(GroupState::NotFound, -1);
    assert_eq!((missing.lag, missing.unknown), (None, Some(Unknown::NoGroup)));
    let (_, idle) = group(GroupState::Empty, 50);
    assert_eq!((idle.lag, idle.state, idle.skew), (Some(150.0), GroupState::Empty, Some(1.0)));
    let (topic, _) = group(GroupState::Stable, 50);
    let other = read(&topic, Some("others"), 10).unwrap().group.unwrap();
    assert_eq!(other.unknown, Some(Unknown::Unread(Problem::NotPolled)));
}
