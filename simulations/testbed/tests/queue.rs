//! Workers that drain a real topic, scaled by the controller and the real HPA controller: arrivals rise sixfold, and what
//! waits stays within what the objective lets wait. The pods run no programs, so the test works in their place: as fast
//! as those that are Ready would.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "queue/crew.rs"]
mod crew;

use std::time::Duration;

use prescale_testbed::brokers::Topic;
use prescale_testbed::{Brokers, Prescale, Settings, Testbed, until};

use crew::Crew;

/// The HPA looks, and Prescale plans, this often: three times as fast as in a cluster.
const SYNC: Duration = Duration::from_secs(5);
const PARTITIONS: usize = 20;
/// What one replica works off in a second, and the time in which what waits must be gone: as the manifest says.
const PER_REPLICA: f64 = 20.0;
const WITHIN_S: f64 = 20.0;
/// Messages a second.
const BEFORE: f64 = 40.0;
const AFTER: f64 = 240.0;
const STEADY_FOR: Duration = Duration::from_secs(15);
const RISES_FOR: Duration = Duration::from_secs(30);
const STAYS_FOR: Duration = Duration::from_secs(30);
/// What 12 replicas can work off within the objective, and no more may wait at any time. The four from before would let
/// 6,600 wait.
const MOST_WAITING: f64 = AFTER * WITHIN_S;

#[tokio::test(flavor = "multi_thread")]
async fn workers_are_there_before_more_waits_than_they_can_drain_in_time() {
    let settings = Settings { nodes: 2, hpa_sync: SYNC, ..Settings::default() };
    let (bed, brokers) = tokio::join!(Testbed::start(settings), Brokers::start(1));
    let (bed, brokers) = (bed.unwrap(), brokers.unwrap());
    brokers.create(&Topic::new("orders", PARTITIONS)).await.unwrap();
    let nothing_read: Vec<_> = (0..).take(PARTITIONS).map(|partition| (partition, 0)).collect();
    brokers.commit("workers", "orders", &nothing_read).await.unwrap();
    let prescale = Prescale {
        prometheus_url: bed.prometheus(&[], SYNC).await.unwrap(),
        replicas: 1,
        flags: ["--tick=5s", "--kafka-poll=2s"].map(str::to_owned).to_vec(),
        environment: [("PRESCALE_KAFKA_BOOTSTRAP_SERVERS".to_owned(), brokers.bootstrap())].into(),
        ..Prescale::default()
    };
    let replica = bed.install(&prescale).await.unwrap().remove(0);
    bed.apply(include_str!("manifests/worker.yaml")).await.unwrap();

    brokers.fill("orders", 0, 60).await.unwrap();
    until("the lag that we made", Duration::from_secs(60), async || {
        let page = reqwest::get(format!("http://{}/metrics", replica.http)).await.ok()?.text().await.ok()?;
        let lag = page.lines().find(|line| line.starts_with("prescale_lag_messages{"))?;
        (lag.rsplit_once(' ')?.1.parse() == Ok(60.0)).then_some(())
    })
    .await
    .unwrap();

    let crew = Crew::begin(&bed, &brokers, ("workers", "orders"), 60).await;
    let (work, ready) = (crew.work(PER_REPLICA), async {
        crew.produce(STEADY_FOR, |_| BEFORE).await;
        let before = crew.ready();
        crew.produce(RISES_FOR, |part| BEFORE + (AFTER - BEFORE) * part).await;
        crew.produce(STAYS_FOR, |_| AFTER).await;
        (before, crew.ready())
    });
    let (before, after) = tokio::select! {
        () = work => unreachable!("workers go on"),
        ready = ready => ready,
    };
    let most = crew.most_waiting();
    println!("{before} replicas before, {after} after; at most {most} waited, and {MOST_WAITING} might");
    assert!(before <= 4, "{before} replicas for {BEFORE} messages a second");
    assert!(AFTER <= f64::from(after) * PER_REPLICA, "{after} replicas for {AFTER} messages a second");
    assert!(f64::from(after) <= PARTITIONS as f64, "more replicas than partitions");
    assert!((most as f64) <= MOST_WAITING, "{most} messages waited");
}
