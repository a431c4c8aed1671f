//! Node room, the pods and nodes around it, and lead times, as they are shown.

use prescale_model::{Late, Plan, lead_time::KnownBy};

use super::{
    exhibit::{Exhibit, Room},
    view::Starts,
};
use crate::{
    headroom::By,
    nodes::PoolSeen,
    status::HEADROOM_READY,
    web::wire::{
        HeadroomBy, HeadroomShown, LateShown, LeadTimesShown, PodsShown, PoolShown, StartHow, StartShown,
    },
};

/// The room that the latest plan keeps.
pub(super) fn headroom(exhibit: &Exhibit) -> HeadroomShown {
    HeadroomShown {
        pods: exhibit.plan.headroom,
        ready: exhibit.room.ready,
        by: exhibit.room.by.map(|by| match by {
            By::CapacityBuffer => HeadroomBy::CapacityBuffer,
            By::PlaceholderPods => HeadroomBy::PlaceholderPods,
        }),
        condition: exhibit.found.condition(HEADROOM_READY),
    }
}

pub(super) fn pods(room: &Room) -> Option<PodsShown> {
    room.pods.map(|(pending, going)| PodsShown { pending, going })
}

pub(super) fn pool(seen: &PoolSeen) -> PoolShown {
    PoolShown {
        name: seen.pool.as_deref().map(str::to_owned),
        nodes: seen.nodes,
        going: seen.going,
        launching: seen.launching,
        launch_seconds: seen.launch.map(|launch| launch.as_secs_f64()),
        launches: seen.launches,
        taken_nodes: seen.taken,
        per_hour: seen.per_hour,
    }
}

pub(super) fn late(late: &Late) -> LateShown {
    let Late { needed, by, room, node_ready } = *late;
    LateShown { needed, by, room, node_ready, says: late.to_string() }
}

/// The lead times of a plan, and how they are known now.
pub(super) fn lead_times(plan: &Plan, starts: &Starts) -> LeadTimesShown {
    let start = |took: jiff::SignedDuration, remembered: usize, known: KnownBy| StartShown {
        seconds: took.as_secs_f64(),
        starts: u32::try_from(remembered).unwrap_or(u32::MAX),
        how: match known {
            KnownBy::Typed => StartHow::Typed,
            KnownBy::Measured => StartHow::Measured,
            KnownBy::Pool => StartHow::Pool,
            KnownBy::Prior => StartHow::Prior,
        },
    };
    LeadTimesShown {
        pod: start(plan.lead_time.pod, starts.remembered.0, starts.known.0),
        node: start(plan.lead_time.node, starts.remembered.1, starts.known.1),
        hpa_seconds: starts.hpa_period.as_secs_f64(),
    }
}
