//! One tick of one scaler: read, decide, act.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::join_all;
use jiff::Timestamp;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::debug;

use super::{
    Shared,
    advise::advise,
    slot::{Handle, Slot},
};
use crate::{
    api::CheckedScaler,
    board::{Notice, ScalerKey},
    nodes::placeholders_of,
    scaler::{Nodes, Queue, Readings, Role, Scaler, Step},
    sources::{
        error::SourceError,
        kafka::{GroupState, TopicReading},
    },
};

/// A tick, for telemetry.
pub struct Ticked<'a> {
    /// Whose.
    pub key: &'a ScalerKey,
    /// The scaler after it.
    pub scaler: &'a Scaler,
    /// What was read for it.
    pub readings: &'a Readings,
    /// What hangs on the board of it: by this replica as the leader, or by the one it follows.
    pub notice: Option<&'a Notice>,
    /// How long reading took.
    pub read_for: Duration,
    /// How long deciding took.
    pub decided_for: Duration,
    slot: &'a Arc<Slot>,
}

impl Ticked<'_> {
    /// For looking into the scaler later.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::new(self.slot)
    }
}

/// Ticks the scaler in `slot`.
pub(super) async fn tick(
    shared: &Arc<Shared>,
    slot: &Arc<Slot>,
    (tasks, shutdown): (&TaskTracker, &CancellationToken),
) {
    let spec = Arc::clone(&slot.scaler().charge().spec);
    let began = Instant::now();
    let readings = {
        let _permit = shared.reads.acquire().await.expect("it is never closed");
        // Boxed only now: it is 80 KiB large, and who waits for a permit is small.
        Box::pin(read(shared, &spec)).await
    };
    let read_for = began.elapsed();
    let role = *shared.role.borrow();
    let steps = {
        let mut scaler = slot.scaler();
        // The spec may have changed while its sources were read: what they said is then not what it asks.
        if !Arc::ptr_eq(&scaler.charge().spec, &spec) {
            return;
        }
        let began = Instant::now();
        for start in &readings.nodes.seen.starts {
            shared.nodes.metrics.pod_started(start);
        }
        let mut steps = scaler.tick(Timestamp::now(), &readings, role);
        act(shared, &mut scaler, &mut steps);
        let decided_for = began.elapsed();
        let key = &scaler.charge().key;
        let notice = shared.board.notice(key);
        let (scaler, readings, notice) = (&*scaler, &readings, notice.as_deref());
        (shared.on_tick)(&Ticked { key, scaler, readings, notice, read_for, decided_for, slot });
        if let Some(store) = &shared.store {
            slot.recorder().record(store, scaler, Timestamp::now());
        }
        steps
    };
    if !steps.is_empty() {
        slot.write(shared, steps, tasks);
    }
    if role == Role::Leading {
        advise_in_turn(shared, slot, (tasks, shutdown));
    }
}

/// Has a look at what the workload's containers use, when it is time, and nobody else's is looked at.
fn advise_in_turn(
    shared: &Arc<Shared>,
    slot: &Arc<Slot>,
    (tasks, shutdown): (&TaskTracker, &CancellationToken),
) {
    let Some(every) = shared.nodes.advise_every else { return };
    if !slot.scaler().wants_advice(Timestamp::now(), every) {
        return;
    }
    // Whoever finds no place comes back with its next tick.
    let Ok(place) = Arc::clone(&shared.advices).try_acquire_owned() else { return };
    let (shared, slot, shutdown) = (Arc::clone(shared), Arc::clone(slot), shutdown.clone());
    tasks.spawn(async move { shutdown.run_until_cancelled(advise(&shared, &slot, place)).await });
}

/// Puts on the board what belongs there, and leaves the other steps. A plan that hangs there is committed.
fn act(shared: &Shared, scaler: &mut Scaler, steps: &mut Vec<Step>) {
    for step in steps.extract_if(.., |step| matches!(step, Step::Observe(_) | Step::Publish(_))) {
        match step {
            Step::Observe(observed) => shared.board.observe(&scaler.charge().key, observed),
            Step::Publish(notice) => {
                let plan = notice.plan.clone();
                debug!(scaler = %notice.key, replicas = plan.replicas, reason = %plan.reason, "plan published");
                shared.board.publish(*notice);
                scaler.commit(&plan);
            }
            Step::ApplyHpa(_)
            | Step::SetHeadroom(_)
            | Step::HoldDisruption(_)
            | Step::SetStatus(_)
            | Step::Emit(_) => {}
        }
    }
}

/// Reads the sources of a scaler at once, and the size of its workload.
async fn read(shared: &Shared, spec: &CheckedScaler) -> Readings {
    let now = Timestamp::now();
    let reader = &shared.reader;
    let signals = join_all(spec.signals.iter().map(|(_, source)| reader.newest(source, now)));
    let latency = async {
        match &spec.latency {
            Some(source) => Some(reader.newest(source, now).await),
            None => None,
        }
    };
    let workload = shared.workloads.read(&spec.namespace, &spec.target);
    let (demand, signals, latency, workload) =
        tokio::join!(reader.newest(&spec.demand, now), signals, latency, workload);
    let nodes = nodes(shared, spec, now);
    let (lag, mut queue) = queue(reader.queue(&spec.demand));
    queue.notes.extend(reader.note(&spec.demand));
    queue.notes.extend(
        spec.signals
            .iter()
            .filter_map(|(name, source)| Some(format!("signal `{name}`: {}", reader.note(source)?))),
    );
    Readings { demand, signals, latency, lag, queue, workload, nodes }
}

/// What was seen of the workload's pods, of nodes, and of the room on them.
fn nodes(shared: &Shared, spec: &CheckedScaler, now: Timestamp) -> Nodes {
    let key = ScalerKey::new(&spec.namespace, &spec.name);
    Nodes {
        seen: shared.lookout.take(&key, &spec.target, (spec.settings.risk, now)),
        granted: shared.nodes.granted,
        room: shared.room.look(&key),
        placeholders: shared.workloads.pods_of(&placeholders_of(&key)),
        template: shared.workloads.template(&spec.namespace, &spec.target),
        hpa_period: shared.nodes.polls.period(),
    }
}

/// What waits, and what is known of where it waits.
fn queue(read: Option<Result<TopicReading, SourceError>>) -> (Option<f64>, Queue) {
    let reading = match read {
        None => return (None, Queue::default()),
        // What is wrong is said of demand itself.
        Some(Err(_)) => return (None, Queue::default()),
        Some(Ok(reading)) => reading,
    };
    let partitions = Some(reading.partitions);
    let Some(group) = reading.group else { return (None, Queue { partitions, ..Queue::default() }) };
    let unknown = group.unknown.as_ref().filter(|unknown| !unknown.is_starting());
    let unknown = unknown.map(ToString::to_string);
    let is_idle = group.state == GroupState::Empty;
    let notes = is_idle.then(|| "the consumer group has no members: nobody reads the topic".to_owned());
    let notes = Vec::from_iter(notes);
    (group.lag, Queue { partitions, time_lag: group.time_lag, skew: group.skew, unknown, notes })
}
