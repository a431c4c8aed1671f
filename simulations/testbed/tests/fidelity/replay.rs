//! The same syncs through the simulated controller: at the same times, with the same findings and readings.

use jiff::Timestamp;
use prescale_simulations::hpa::{Hpa, Outcome, Scale};

use crate::cluster::Tick;
use crate::shape::{Pace, Shape};

/// One sync of both controllers.
pub(crate) struct Sync {
    pub(crate) found: Tick,
    /// What its metrics answered, in words.
    pub(crate) readings: String,
    pub(crate) simulated: Outcome,
    /// What was there at the next sync: the real controller's doing.
    pub(crate) after: Tick,
}

/// Runs the simulator through what the real controller found. Each sync starts from the real size, so one difference
/// does not bring forth the next.
pub(crate) fn syncs(shape: &Shape, ticks: &[Tick]) -> Vec<Sync> {
    let mut hpa = Hpa::new(&shape.spec()).unwrap();
    let Some(first) = ticks.first() else {
        return Vec::new();
    };
    let mut syncs = Vec::new();
    if shape.starts_outside_of_its_limits() {
        let found = correction(shape, first);
        let unread = |metric: &str| -> prescale_simulations::hpa::Reading { panic!("{metric} was read") };
        let simulated = hpa.sync(paced(shape, first.at, found.at), found.scale, [], unread);
        syncs.push(Sync { found, readings: "unread".into(), simulated, after: first.clone() });
    }
    for (number, pair) in ticks.windows(2).enumerate() {
        let [found, after] = pair else { continue };
        let answer = |metric: &str| {
            let script = shape.scripts.iter().find(|script| script.metric == metric).unwrap();
            script.answer(number).reading()
        };
        let now = paced(shape, first.at, found.at);
        let simulated = hpa.sync(now, found.scale, found.pods.iter().copied(), answer);
        let readings: Vec<_> = shape.scripts.iter().map(|one| format!("{:?}", one.answer(number))).collect();
        syncs.push(Sync {
            found: found.clone(),
            readings: readings.join(" "),
            simulated,
            after: after.clone(),
        });
    }
    syncs
}

/// The sync before the first that read a metric: its time is what the HPA's status says of its last change.
fn correction(shape: &Shape, first: &Tick) -> Tick {
    Tick {
        at: first.rescaled_at.unwrap_or(first.at),
        scale: Scale { spec_replicas: shape.replicas, status_replicas: shape.replicas },
        pods: Vec::new(),
        conditions: Vec::new(),
        rescaled_at: None,
    }
}

fn paced(shape: &Shape, first: Timestamp, at: Timestamp) -> Timestamp {
    match shape.pace {
        Pace::Same => at,
        Pace::Stretched => first + at.duration_since(first) * 5,
    }
}
