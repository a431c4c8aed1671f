//! The place of one scaler in the fleet: its state behind a lock that is held for no longer than a decision takes,
//! and the writes that wait for the cluster, of each kind the newest.

use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicBool, Ordering},
};

use jiff::Timestamp;
use prescale_model::Autoscaler;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::{Shared, lesson::Pupil, record::Recorder, settings::Measure};
use crate::{
    api::{AdviceStatus, CostStatus, PredictiveScalerStatus},
    apply::HoldAct,
    headroom::HeadroomAct,
    scaler::{Charge, KubeEvent, Role, Scaler, Step},
};

/// Events that wait; the oldest go first where the API server is away, since a status says more.
const MOST_EVENTS: usize = 8;

/// The place of one scaler.
pub(super) struct Slot {
    scaler: Mutex<Scaler>,
    recorder: Mutex<Recorder>,
    is_ticking: AtomicBool,
    waiting: Mutex<Waiting>,
}

/// A scaler of the fleet, for looking into it between its ticks.
pub struct Handle(Arc<Slot>);

impl Handle {
    pub(super) fn new(slot: &Arc<Slot>) -> Self {
        Self(Arc::clone(slot))
    }

    /// Shows its decision core as it is now. Its ticks wait meanwhile.
    pub fn look(&self, see: &mut dyn FnMut(&Autoscaler)) {
        see(self.0.scaler().autoscaler());
    }

    /// What its workload costs, and what its containers might request.
    #[must_use]
    pub fn money(&self) -> (Option<CostStatus>, Option<AdviceStatus>) {
        let scaler = self.0.scaler();
        (scaler.cost(), scaler.advice())
    }
}

/// Writes that wait for the cluster.
#[derive(Default)]
struct Waiting {
    is_writing: bool,
    status: Option<Box<PredictiveScalerStatus>>,
    hpa: Option<Charge>,
    headroom: Option<Box<(Charge, HeadroomAct)>>,
    hold: Option<Box<(Charge, HoldAct)>>,
    events: Vec<KubeEvent>,
}

/// One write.
enum Write {
    Status(Box<PredictiveScalerStatus>),
    Hpa(Box<Charge>),
    Headroom(Box<(Charge, HeadroomAct)>),
    Hold(Box<(Charge, HoldAct)>),
    Event(KubeEvent),
}

/// A tick that is under way.
pub(super) struct Busy(Arc<Slot>);

impl Busy {
    pub(super) fn slot(&self) -> &Arc<Slot> {
        &self.0
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.is_ticking.store(false, Ordering::Release);
    }
}

impl Slot {
    pub(super) fn new(scaler: Scaler) -> Self {
        Self {
            scaler: Mutex::new(scaler),
            recorder: Mutex::default(),
            is_ticking: AtomicBool::new(false),
            waiting: Mutex::default(),
        }
    }

    /// The scaler; nothing that waits is done with it.
    pub(super) fn scaler(&self) -> MutexGuard<'_, Scaler> {
        self.scaler.lock().expect("no tick panics")
    }

    /// How far the history store has been told of it. The scaler is locked before, if it is.
    pub(super) fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.recorder.lock().expect("no tick panics")
    }

    /// Has the scaler take up what was learned from history.
    pub(super) fn end_lesson(&self, (lesson, measure): (u64, Measure), outcome: Result<Box<Pupil>, String>) {
        let mut scaler = self.scaler();
        let snapshot_of = outcome.as_ref().ok().and_then(|pupil| pupil.snapshot_of);
        if let (Ok(pupil), Measure::Watch) = (&outcome, measure) {
            scaler.learned_most(&pupil.most, Timestamp::now());
        }
        scaler.end_lesson(lesson, outcome.map(|pupil| (pupil.autoscaler, pupil.peaks)));
        self.recorder().learned(&scaler, snapshot_of);
    }

    /// Begins a tick; `None` while the last one is under way.
    pub(super) fn begin(self: &Arc<Self>) -> Option<Busy> {
        let was_ticking = self.is_ticking.swap(true, Ordering::Acquire);
        (!was_ticking).then(|| Busy(Arc::clone(self)))
    }

    /// Leaves steps that are for the cluster with it, and has them written in their turn.
    pub(super) fn write(self: &Arc<Self>, shared: &Arc<Shared>, steps: Vec<Step>, tasks: &TaskTracker) {
        let charge = self.scaler().charge().clone();
        let mut waiting = self.waiting.lock().expect("no holder panics");
        for step in steps {
            match step {
                Step::SetStatus(status) => waiting.status = Some(status),
                Step::ApplyHpa(_) => waiting.hpa = Some(charge.clone()),
                Step::SetHeadroom(act) => waiting.headroom = Some(Box::new((charge.clone(), act))),
                Step::HoldDisruption(act) => waiting.hold = Some(Box::new((charge.clone(), act))),
                Step::Emit(event) => {
                    if MOST_EVENTS <= waiting.events.len() {
                        waiting.events.remove(0);
                    }
                    waiting.events.push(event);
                }
                Step::Observe(_) | Step::Publish(_) => {}
            }
        }
        if !waiting.is_writing && !waiting.is_empty() {
            waiting.is_writing = true;
            let (slot, shared) = (Arc::clone(self), Arc::clone(shared));
            tasks.spawn(async move { slot.write_all(&shared, &charge).await });
        }
    }

    /// Writes one after the other until none waits.
    async fn write_all(&self, shared: &Shared, charge: &Charge) {
        while let Some(write) = self.next_write() {
            let _permit = shared.writes.acquire().await.expect("it is never closed");
            // Whoever lost the lead while this waited no longer writes.
            if *shared.role.borrow() == Role::Leading {
                self.write_one(shared, charge, write).await;
            }
        }
    }

    fn next_write(&self) -> Option<Write> {
        let mut waiting = self.waiting.lock().expect("no holder panics");
        // Room before all else: a node takes the longest.
        let headroom = waiting.headroom.take().map(Write::Headroom);
        let write = headroom
            .or_else(|| waiting.hpa.take().map(|charge| Write::Hpa(Box::new(charge))))
            .or_else(|| waiting.hold.take().map(Write::Hold))
            .or_else(|| waiting.status.take().map(Write::Status))
            .or_else(|| (!waiting.events.is_empty()).then(|| Write::Event(waiting.events.remove(0))));
        waiting.is_writing = write.is_some();
        write
    }

    async fn write_one(&self, shared: &Shared, charge: &Charge, write: Write) {
        let key = &charge.key;
        match write {
            Write::Hpa(charge) => {
                let outcome = shared.applier.hpa(&charge).await;
                if let Err(error) = &outcome {
                    warn!(scaler = %key, %error, "hpa not applied");
                }
                let words = |error| format!("HPA `{}` could not be applied: {error}", key.name);
                self.scaler().hpa_applied(outcome.map_err(words));
            }
            Write::Headroom(write) => {
                let (charge, act) = *write;
                let outcome = shared.applier.headroom(&charge, act).await;
                if let Err(error) = &outcome {
                    warn!(scaler = %key, %error, "headroom not kept");
                }
                self.scaler().headroom_applied(act, outcome);
            }
            Write::Hold(write) => {
                let (charge, act) = *write;
                let outcome = shared.applier.hold(&charge, act).await;
                if let Err(error) = &outcome {
                    warn!(scaler = %key, %error, ?act, "disruption of nodes not held off or let go on");
                }
                self.scaler().hold_applied(outcome.map_err(|error| error.to_string()));
            }
            Write::Status(status) => {
                if let Err(error) = shared.applier.scaler_status(key, &status).await {
                    warn!(scaler = %key, %error, "status not written");
                    self.scaler().status_lost();
                }
            }
            Write::Event(event) => {
                if let Err(error) = shared.applier.emit((key, &charge.uid), &event).await {
                    warn!(scaler = %key, reason = event.reason, %error, "event not emitted");
                }
            }
        }
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        let no_room = self.headroom.is_none() && self.hold.is_none();
        no_room && self.status.is_none() && self.hpa.is_none() && self.events.is_empty()
    }
}
