//! What node headroom is worth: Prescale again in the same world with no room held for pods to come, with the room that
//! people hold all day by placeholder pods, and with what its forecast asks for.

use jiff::SignedDuration;
use rayon::prelude::*;

use crate::error::ScenarioError;
use crate::figures::{count, money};
use crate::outcome::missed;
use crate::policies::{Headroom, Policy, PolicyKind};
use crate::result::{Comparison, PolicyResult};
use crate::scenario::Scenario;
use crate::simulate::{Detail, simulate};

/// How many runs [`compare_headroom`] takes.
#[must_use]
pub fn runs(scenario: &Scenario, kinds: &[PolicyKind]) -> usize {
    if kinds.contains(&PolicyKind::Prescale) { kinds_of_headroom(scenario).len() } else { 0 }
}

/// Runs Prescale with each kind of headroom, and puts them into the comparison. Nothing is run where Prescale is not
/// compared, or where the cluster has no Karpenter to hold room. `done` is called after each of the [`runs`].
///
/// # Errors
/// A world or an HPA that cannot be.
pub fn compare_headroom(
    scenario: &Scenario,
    comparison: &mut Comparison,
    done: impl Fn() + Sync,
) -> Result<(), ScenarioError> {
    if !comparison.policies.iter().any(|policy| policy.name == PolicyKind::Prescale.name()) {
        return Ok(());
    }
    let run = |&headroom: &Headroom| {
        let policy = Policy::Prescale { risk: scenario.settings().risk, headroom };
        let run = simulate(scenario, &policy, Detail::Totals)?;
        done();
        Ok(PolicyResult { name: headroom.name().into(), settings: headroom.words(), ..run })
    };
    let runs = kinds_of_headroom(scenario).par_iter().map(run).collect::<Result<Vec<_>, ScenarioError>>()?;
    comparison.headroom_summary = summary(&runs);
    comparison.headroom = runs;
    Ok(())
}

fn kinds_of_headroom(scenario: &Scenario) -> Vec<Headroom> {
    if scenario.written.world.karpenter.max_nodes == 0 {
        return vec![];
    }
    let written = scenario.written.policies.headroom.pods;
    let pods = written.unwrap_or_else(|| steepest_rise(scenario));
    vec![Headroom::None, Headroom::Fixed(pods), Headroom::Forecast]
}

/// The most pods that the window's demand asked for in the time that a slow node takes: who sizes placeholder pods by the
/// worst that was seen holds these.
fn steepest_rise(scenario: &Scenario) -> u32 {
    let world = &scenario.written.world;
    let node = world.karpenter.batch_max + world.karpenter.node_start.p95;
    let ahead = node + world.pod.image_pull.p95 + world.pod.start.p95;
    let minutes = ahead.as_secs().max(0) / 60 + 1;
    let needed: Vec<u32> = (0..)
        .map(|minute| scenario.from + SignedDuration::from_mins(minute))
        .take_while(|at| *at < scenario.to)
        .map(|at| scenario.needed(at))
        .collect();
    let rises = needed.windows(minutes as usize + 1).map(|part| {
        let most = part.iter().max().copied().unwrap_or(0);
        most - part[0]
    });
    rises.max().unwrap_or(0)
}

/// What it came to, in a sentence; empty without runs.
fn summary(runs: &[PolicyResult]) -> String {
    let [none, fixed, forecast] = runs else { return String::new() };
    format!(
        "Without room for pods to come, {} requests are late or failed at a cost of {}; with {}, {} at {}; with what \
         the forecast asks for, {} at {}.",
        count(missed(none)),
        money(none.cost),
        fixed.settings,
        count(missed(fixed)),
        money(fixed.cost),
        count(missed(forecast)),
        money(forecast.cost),
    )
}
