//! What the two controllers did, side by side.

use std::fmt::Write;

use crate::cluster::Tick;
use crate::replay::{self, Sync};
use crate::shape::Shape;

/// The syncs of one shape.
pub(crate) struct Comparison<'a> {
    shape: &'a Shape,
    syncs: Vec<Sync>,
}

pub(crate) fn of<'a>(shape: &'a Shape, ticks: &[Tick]) -> Comparison<'a> {
    Comparison { shape, syncs: replay::syncs(shape, ticks) }
}

impl Comparison<'_> {
    /// The sizes of the real run in one line.
    pub(crate) fn timeline(&self) -> String {
        let sizes: Vec<_> = self.sizes().iter().map(ToString::to_string).collect();
        format!("{:<10} {}", self.shape.name, sizes.join(" "))
    }

    /// A table of all syncs, if any differs or the run did not go where it should; `None` where all is the same.
    pub(crate) fn differences(&self) -> Option<String> {
        let differing = self.syncs.iter().filter(|sync| !sync.differences().is_empty()).count();
        let astray = !passes(&self.sizes(), self.shape.passes);
        if differing == 0 && !astray && self.shape.syncs() <= self.syncs.len() {
            return None;
        }
        let mut table = format!(
            "\n{}: {differing} of {} syncs differ; the real sizes {} {:?}\n  {HEAD}\n",
            self.shape.name,
            self.syncs.len(),
            if astray { "do not pass" } else { "pass" },
            self.shape.passes,
        );
        for sync in &self.syncs {
            let since_s = sync.found.at.duration_since(self.syncs[0].found.at).as_secs_f64();
            let _ = writeln!(table, "  {since_s:>7.2} {}", sync.row());
        }
        Some(table)
    }

    fn sizes(&self) -> Vec<u32> {
        let found = self.syncs.iter().map(|sync| sync.found.scale.spec_replicas);
        found.chain(self.syncs.last().map(|sync| sync.after.scale.spec_replicas)).collect()
    }
}

const HEAD: &str = "      s  spec exist ready | real  simulated | readings, and what differs";

impl Sync {
    fn row(&self) -> String {
        let Sync { found, readings, simulated, after } = self;
        format!(
            "{:>5} {:>5} {:>5} | {:>4} {:>10} | {readings} {}",
            found.scale.spec_replicas,
            found.scale.status_replicas,
            found.ready_pods(),
            after.scale.spec_replicas,
            simulated.desired_replicas,
            self.differences().join("; "),
        )
    }

    /// Size, conditions and their words.
    fn differences(&self) -> Vec<String> {
        let real = self.after.scale.spec_replicas;
        let simulated = &self.simulated;
        let size = (real != simulated.desired_replicas).then(|| "SIZE".to_owned());
        let able = self.word("AbleToScale", Some(simulated.able_to_scale.to_string()));
        let active = self.word("ScalingActive", simulated.scaling_active.as_ref().map(ToString::to_string));
        let limited =
            self.word("ScalingLimited", simulated.scaling_limited.map(|limited| limited.to_string()));
        [size, able, active, limited].into_iter().flatten().collect()
    }

    /// How the message of a condition differs. One that the simulator leaves alone is what it was before.
    fn word(&self, kind: &str, simulated: Option<String>) -> Option<String> {
        let simulated = simulated?;
        let condition = self.after.conditions.iter().find(|one| one.type_ == kind);
        let real = condition.and_then(|one| one.message.as_deref()).unwrap_or_default();
        (real != simulated).then(|| format!("{kind}: real {real:?}, simulated {simulated:?}"))
    }
}

/// Whether `sizes` holds all of `passed` in their order.
fn passes(sizes: &[u32], passed: &[u32]) -> bool {
    let mut left = sizes.iter();
    passed.iter().all(|size| left.any(|one| one == size))
}
