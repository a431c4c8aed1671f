//! The same script in the simulator, many times: what it says is a range.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prescale_simulations::delay::Delay;
use prescale_simulations::load::Load;
use prescale_simulations::world::{World, WorldSettings};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use crate::{Change, Outcome, POD_START, Pace};

const RUNS: u64 = 100;
/// Long enough for any step to be over. Each run has its own length of steps, so that resync and polls are met at any
/// phase.
const STEP_S: i64 = 400;
/// Draws that stand for a distribution.
const DRAWS: usize = 40;

/// What all runs made of one step.
pub(crate) struct Runs(Vec<Outcome>);

/// What becomes of each step.
pub(crate) fn outcomes(script: &[Change], pace: Pace) -> Vec<Runs> {
    let runs: Vec<Vec<Outcome>> = (0..RUNS).map(|seed| run(script, pace, seed)).collect();
    (0..script.len()).map(|step| Runs(runs.iter().map(|run| run[step]).collect())).collect()
}

impl Runs {
    /// Every run must come to the same number, or there is nothing to compare with.
    pub(crate) fn nodes(&self) -> usize {
        let nodes = self.0[0].nodes;
        assert!(self.0.iter().all(|one| one.nodes == nodes), "runs differ: {:?}", self.0);
        nodes
    }

    /// Whether the simulator could have done the same, with some grace for the machine.
    pub(crate) fn allow(&self, real: &Outcome, grace_s: f64) -> bool {
        let nodes = match (real.nodes_after_s, self.range(|one| one.nodes_after_s)) {
            (Some(after), Some((least, most))) => least - 1.0 <= after && after <= most + grace_s,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let pods = self.range(|one| Some(one.pods_after_s));
        let pods = pods.is_some_and(|(_, most)| real.pods_after_s <= most + grace_s);
        real.nodes == self.nodes() && nodes && pods
    }

    /// What the real one took beside the range of runs, in words.
    pub(crate) fn beside(&self, real: Option<f64>, of: impl Fn(&Outcome) -> Option<f64>) -> String {
        let real = real.map_or("none".to_owned(), |after| format!("{after:.1} s"));
        match self.range(of) {
            None => format!("{real} / none"),
            Some((least, most)) => format!("{real} / {least:.1} to {most:.1} s"),
        }
    }

    fn range(&self, of: impl Fn(&Outcome) -> Option<f64>) -> Option<(f64, f64)> {
        let mut values: Vec<f64> = self.0.iter().filter_map(of).collect();
        values.sort_by(f64::total_cmp);
        Some((*values.first()?, *values.last()?))
    }
}

fn run(script: &[Change], pace: Pace, seed: u64) -> Vec<Outcome> {
    let silence = Load::new(Timestamp::UNIX_EPOCH, SignedDuration::from_mins(1), &[], 0).unwrap();
    let mut world = World::new(&settings(pace), Timestamp::UNIX_EPOCH, 0, seed).unwrap();
    let length = SignedDuration::from_secs(STEP_S) + SignedDuration::from_millis(seed as i64 * 317);
    script.iter().map(|change| step(&mut world, *change, length, &silence)).collect()
}

fn step(world: &mut World, change: Change, length: SignedDuration, silence: &Load) -> Outcome {
    let begin = world.now();
    let ready = |world: &World| world.nodes().filter(|node| node.ready_since.is_some()).count();
    let (mut nodes, mut nodes_after_s, mut pods_after_s) = (ready(world), None, None);
    match change {
        Change::Pods(pods) => world.set_replicas(pods),
        Change::Buffer(pods) => world.set_headroom(pods),
    }
    let end = begin + length;
    while world.now() < end {
        world.advance_to(world.now() + SignedDuration::from_millis(100), silence);
        let after_s = world.now().duration_since(begin).as_secs_f64();
        if ready(world) != nodes {
            (nodes, nodes_after_s) = (ready(world), Some(after_s));
        }
        let replicas = world.replicas();
        if replicas.ready == replicas.spec {
            pods_after_s.get_or_insert(after_s);
        }
    }
    let nodes = world.nodes().len();
    Outcome { nodes, nodes_after_s, pods_after_s: pods_after_s.unwrap() }
}

/// Nothing but Karpenter's nodes, which are those of the testbed.
fn settings(pace: Pace) -> WorldSettings {
    let nothing = Delay::of_secs(0, 0, 0);
    let mut settings = WorldSettings::default();
    settings.cluster.base_nodes = 0;
    settings.pod.start = Delay { at_least: POD_START.try_into().unwrap(), ..nothing };
    settings.pod.image_pull = nothing;
    settings.pod.termination = SignedDuration::ZERO;
    settings.karpenter.node_start = pace.node_start;
    settings.karpenter.disruption_budget = 1.0;
    settings
}

/// Draws of a node's start, without the part that every one of them has.
pub(crate) fn drawn(pace: Pace) -> Vec<Duration> {
    draws(pace.node_start).map(|drawn| drawn.saturating_sub(pace.registration)).collect()
}

/// The least and the most of those draws, in seconds.
pub(crate) fn range_of(delay: Delay) -> (f64, f64) {
    let fold =
        |pick: fn(f64, f64) -> f64, from: f64| draws(delay).map(|drawn| drawn.as_secs_f64()).fold(from, pick);
    (fold(f64::min, f64::INFINITY), fold(f64::max, 0.0))
}

fn draws(delay: Delay) -> impl Iterator<Item = Duration> {
    let mut chance = Pcg64Mcg::seed_from_u64(1);
    (0..DRAWS).map(move |_| delay.draw(&mut chance).unsigned_abs())
}
