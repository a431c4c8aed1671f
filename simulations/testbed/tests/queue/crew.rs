//! Producers and workers of one topic. What waits is counted here: what was produced, less what was taken and committed.

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;
use prescale_testbed::brokers::{Consumer, Record};
use prescale_testbed::{Brokers, Testbed};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often messages come, and workers take some.
const TICK: Duration = Duration::from_millis(250);

pub(crate) struct Crew<'a> {
    brokers: &'a Brokers,
    topic: &'a str,
    member: Consumer,
    workers: Api<Deployment>,
    produced: AtomicUsize,
    taken: AtomicUsize,
    most_waiting: AtomicUsize,
    ready: AtomicI32,
}

impl<'a> Crew<'a> {
    /// Joins the group, on a topic where `waiting` messages wait already.
    pub(crate) async fn begin(
        bed: &Testbed,
        brokers: &'a Brokers,
        (group, topic): (&str, &'a str),
        waiting: usize,
    ) -> Self {
        Self {
            brokers,
            topic,
            member: brokers.join(group, topic).unwrap(),
            workers: Api::namespaced(bed.client().await.unwrap(), "live"),
            produced: waiting.into(),
            taken: 0.into(),
            most_waiting: waiting.into(),
            ready: 0.into(),
        }
    }

    /// Produces for so long, at the rate that `rate` gives for the part of it that has passed.
    pub(crate) async fn produce(&self, lasts: Duration, rate: impl Fn(f64) -> f64) {
        let (began, mut last) = (Instant::now(), Instant::now());
        let mut ticks = ticks();
        let mut due = 0.0;
        while began.elapsed() < lasts {
            ticks.tick().await;
            due += rate(began.elapsed().div_duration_f64(lasts).min(1.0)) * last.elapsed().as_secs_f64();
            last = Instant::now();
            let records = vec![Record::default().saying("{}"); due as usize];
            due -= records.len() as f64;
            self.brokers.produce(self.topic, &records).await.unwrap();
            let produced = self.produced.fetch_add(records.len(), Ordering::SeqCst) + records.len();
            let waiting = produced - self.taken.load(Ordering::SeqCst);
            self.most_waiting.fetch_max(waiting, Ordering::SeqCst);
        }
    }

    /// Works as fast as the replicas that are Ready would, on and on.
    pub(crate) async fn work(&self, per_replica: f64) {
        let mut ticks = ticks();
        let mut last = Instant::now();
        let mut able = 0.0;
        loop {
            ticks.tick().await;
            let ready =
                self.workers.get("worker").await.unwrap().status.and_then(|status| status.ready_replicas);
            self.ready.store(ready.unwrap_or(0), Ordering::SeqCst);
            able += f64::from(self.ready()) * per_replica * last.elapsed().as_secs_f64();
            last = Instant::now();
            let waiting = self.produced.load(Ordering::SeqCst) - self.taken.load(Ordering::SeqCst);
            let count = waiting.min(able as usize);
            // Who has nothing to do does not work the faster for it later.
            able = (able - count as f64).min(f64::from(self.ready()) * per_replica);
            self.member.take(count).await.unwrap();
            self.taken.fetch_add(count, Ordering::SeqCst);
        }
    }

    /// Replicas that are Ready.
    pub(crate) fn ready(&self) -> i32 {
        self.ready.load(Ordering::SeqCst)
    }

    /// The most messages that ever waited.
    pub(crate) fn most_waiting(&self) -> usize {
        self.most_waiting.load(Ordering::SeqCst)
    }
}

/// After a delay, what was missed comes at once: by the time that has passed.
fn ticks() -> tokio::time::Interval {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
