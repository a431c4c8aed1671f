//! What the dashboard is shown of each tick. Where none is served, nothing is kept for it.

use std::sync::Arc;

use jiff::Timestamp;
use prescale_model::Autoscaler;

use crate::{
    api::{AdviceStatus, CostStatus},
    args::DashboardArgs,
    fleet::{Handle, Ticked},
    web::{Gallery, GallerySettings, Living, Look, RoomLook},
};

/// A gallery, if the dashboard is to be served.
pub(super) fn gallery(args: &DashboardArgs) -> Option<Arc<Gallery>> {
    let trail_bytes = usize::try_from(args.dashboard_memory).unwrap_or(usize::MAX);
    args.dashboard_bind.map(|_| Arc::new(Gallery::new(GallerySettings { trail_bytes })))
}

/// Leaves a tick in the gallery, once the scaler has a plan.
pub(super) fn show(gallery: &Gallery, ticked: &Ticked<'_>) {
    let Some(notice) = ticked.notice else { return };
    let (scaler, readings) = (ticked.scaler, ticked.readings);
    let charge = scaler.charge();
    let problems = readings.signals.iter().map(|reading| reading.as_ref().err().map(ToString::to_string));
    let living: Arc<dyn Living> = Arc::new(ticked.handle());
    gallery.look(&Look {
        now: Timestamp::now(),
        key: ticked.key,
        spec: &charge.spec,
        events: &charge.events,
        autoscaler: scaler.autoscaler(),
        plan: &notice.plan,
        workload: readings.workload.as_ref().ok().copied(),
        findings: scaler.found(),
        began: scaler.began(),
        signals: &problems.collect::<Vec<_>>(),
        lag: readings.lag,
        nodes: readings.nodes.seen.nodes,
        room: room(ticked),
        peaks: scaler.peaks(),
        hpa: charge.judgement.follows.as_deref(),
        living: &living,
    });
}

/// What is known of room. Of pods nothing is, where no node has ever been seen: then they are not watched.
fn room<'a>(ticked: &Ticked<'a>) -> RoomLook<'a> {
    let seen = &ticked.readings.nodes.seen;
    let (by, ready) = ticked.scaler.room();
    RoomLook {
        by,
        ready: by.map(|_| ready),
        pods: seen.nodes.map(|_| (seen.pending, seen.going)),
        pools: &seen.pools,
    }
}

impl Living for Handle {
    fn look(&self, see: &mut dyn FnMut(&Autoscaler)) {
        Self::look(self, see);
    }

    fn money(&self) -> (Option<CostStatus>, Option<AdviceStatus>) {
        Self::money(self)
    }
}
