//! Policies side by side: the same world, pods, limits and seeds for all, and each family swept over its own
//! settings, so that what is claimed is the distance between two frontiers and not a lucky setting.

use prescale_model::CapacitySettings;
use rayon::prelude::*;

use crate::error::ScenarioError;
use crate::frontier::frontier;
use crate::hpa::sync_period;
use crate::outcome::summary;
use crate::policies::{Behavior, Headroom, Policy, PolicyKind};
use crate::result::{Comparison, Fact, PolicyResult, RecordingSummary};
use crate::scenario::{Calendar, Scenario};
use crate::simulate::{Detail, hundredths, simulate};

/// CPU targets that are swept, in percent.
const CPU_TARGETS: [u32; 7] = [30, 40, 50, 60, 70, 80, 90];
/// Shares of a replica's capacity that are swept as targets of the HPA on demand.
const DEMAND_SHARES: [f64; 6] = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5];
/// Quantiles of demand that Prescale is swept over.
const RISKS: [f64; 7] = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];

/// Whether the policies are also swept over their settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// Each family over its settings.
    Frontier,
    /// The policies as the scenario has them.
    None,
}

/// Runs the policies of a scenario, in parallel; the result does not depend on how many run at once. `done` is
/// called after each of the [`runs`].
///
/// # Errors
/// A world or an HPA that cannot be.
pub fn compare(
    scenario: &Scenario,
    kinds: &[PolicyKind],
    sweep: Sweep,
    detail: Detail,
    done: impl Fn() + Sync,
) -> Result<Comparison, ScenarioError> {
    let jobs = jobs(scenario, kinds, sweep, detail);
    let results: Vec<PolicyResult> = jobs
        .par_iter()
        .map(|(policy, detail)| {
            let result = simulate(scenario, policy, *detail);
            done();
            result
        })
        .collect::<Result<_, _>>()?;
    let mut policies = results;
    let swept = policies.split_off(kinds.len());
    save(&mut policies);
    Ok(Comparison {
        scenario: scenario.written.title.clone(),
        recording: recording_summary(scenario),
        replica_capacity: scenario.per_replica(),
        from: scenario.from,
        to: scenario.to,
        seed: scenario.written.seed,
        world: facts(scenario),
        frontier: frontier(&policies, &swept),
        summary: summary(&policies),
        policies,
        calendars: vec![],
        calendars_summary: String::new(),
        headroom: vec![],
        headroom_summary: String::new(),
    })
}

/// Says what each policy saves against capacity for the peak that is always on, where that was run.
fn save(policies: &mut [PolicyResult]) {
    let always_on = policies.iter().find(|policy| policy.name == PolicyKind::Static.name());
    let Some(always_on) = always_on.map(|policy| policy.cost) else { return };
    for policy in policies {
        policy.saved = Some(hundredths(always_on - policy.cost));
    }
}

/// How many runs a comparison takes.
#[must_use]
pub fn runs(scenario: &Scenario, kinds: &[PolicyKind], sweep: Sweep) -> usize {
    jobs(scenario, kinds, sweep, Detail::Totals).len()
}

fn jobs(scenario: &Scenario, kinds: &[PolicyKind], sweep: Sweep, detail: Detail) -> Vec<(Policy, Detail)> {
    let mut jobs: Vec<_> = kinds.iter().map(|&kind| (as_written(scenario, kind), detail)).collect();
    if sweep == Sweep::Frontier {
        let swept = kinds.iter().flat_map(|&kind| swept(scenario, kind));
        jobs.extend(swept.map(|policy| (policy, Detail::Totals)));
    }
    jobs
}

/// A policy with the scenario's settings, or their defaults.
pub(crate) fn as_written(scenario: &Scenario, kind: PolicyKind) -> Policy {
    let written = &scenario.written.policies;
    match kind {
        PolicyKind::Static => {
            let peak = scenario.peak_replicas(scenario.from, scenario.to);
            Policy::Static { replicas: written.fixed.replicas.unwrap_or(peak) }
        }
        PolicyKind::HpaCpu => Policy::HpaCpu { target: written.hpa_cpu.target, behavior: Behavior::Default },
        PolicyKind::HpaDemand => {
            let per_replica = written.hpa_demand.per_replica.unwrap_or(scenario.per_replica());
            Policy::HpaDemand { per_replica, behavior: Behavior::Default }
        }
        PolicyKind::Cron => Policy::Cron {
            replicas: written.cron.replicas.unwrap_or_else(|| usual_event(scenario)),
            before: written.cron.before,
            after: written.cron.after,
            target: written.hpa_cpu.target,
        },
        PolicyKind::Prescale => prescale(scenario, scenario.settings().risk),
        PolicyKind::Oracle => Policy::Oracle,
    }
}

/// Prescale with the scaler's headroom.
pub(crate) fn prescale(scenario: &Scenario, risk: f64) -> Policy {
    let headroom = if scenario.settings().headroom { Headroom::Forecast } else { Headroom::None };
    Policy::Prescale { risk, headroom }
}

/// Replicas that the median of the recorded events' peaks needs.
fn usual_event(scenario: &Scenario) -> u32 {
    let peak = |event: &prescale_model::Event| scenario.peak_replicas(event.starts_at, event.ends_at);
    let mut peaks: Vec<u32> = scenario.events.iter().map(peak).collect();
    peaks.sort_unstable();
    peaks.get(peaks.len() / 2).copied().unwrap_or(scenario.settings().limits.min)
}

/// A kind of policy over its own settings. Policies that have nothing to turn are not swept.
fn swept(scenario: &Scenario, kind: PolicyKind) -> Vec<Policy> {
    let behaviors = |policy: &dyn Fn(Behavior) -> Policy| Behavior::ALL.map(policy).to_vec();
    match kind {
        PolicyKind::HpaCpu => CPU_TARGETS
            .iter()
            .flat_map(|&target| behaviors(&|behavior| Policy::HpaCpu { target, behavior }))
            .collect(),
        PolicyKind::HpaDemand => {
            let targets = DEMAND_SHARES.map(|share| share * scenario.per_replica());
            let policy =
                |per_replica| behaviors(&move |behavior| Policy::HpaDemand { per_replica, behavior });
            targets.into_iter().flat_map(policy).collect()
        }
        PolicyKind::Prescale => RISKS.map(|risk| prescale(scenario, risk)).to_vec(),
        PolicyKind::Static | PolicyKind::Cron | PolicyKind::Oracle => vec![],
    }
}

fn recording_summary(scenario: &Scenario) -> RecordingSummary {
    let meta = &scenario.recording.meta;
    let unit = meta.signals.get(&meta.demand).map_or_else(String::new, |signal| signal.unit.clone());
    let source = match &meta.generated {
        Some(how) => format!("{} ({how})", meta.source),
        None => meta.source.clone(),
    };
    RecordingSummary {
        title: meta.title.clone(),
        source,
        licence: meta.licence.clone(),
        unit: unit.trim_end_matches("/s").to_owned(),
        step_s: scenario.recording.step.as_secs_f64(),
    }
}

fn facts(scenario: &Scenario) -> Vec<Fact> {
    let settings = scenario.settings();
    let fact = |name: &str, value: String| Fact { name: name.into(), value };
    let calendar = match scenario.written.calendar {
        Calendar::Announced => "announced to Prescale",
        Calendar::Ignored => "kept from Prescale",
    };
    let capacity = match settings.capacity {
        CapacitySettings::Given { per_replica } => format!("{per_replica} a replica, within the objective"),
        CapacitySettings::Learned { objective, .. } => {
            format!("learned against {objective:#}; {:.0} a replica in this world", scenario.per_replica())
        }
    };
    let mut facts = scenario.written.world.facts();
    facts.extend([
        fact("replicas", format!("{} to {}", settings.limits.min, settings.limits.max)),
        fact("capacity", capacity),
        fact("HPA sync", format!("each {:#}, phase drawn", sync_period(scenario.written.hpas, 1))),
        fact("tick", format!("{:#}", scenario.written.tick)),
        fact("events", calendar.into()),
    ]);
    facts
}
