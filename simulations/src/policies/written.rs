//! The `[policies]` of a scenario as people write them, and their check.

use jiff::SignedDuration;
use serde::Deserialize;

/// Settings of the policies that Prescale is compared with, as people write them in a scenario.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WrittenPolicies {
    /// `[policies.static]`
    #[serde(rename = "static")]
    pub fixed: WrittenFixed,
    /// `[policies.hpa-cpu]`
    pub hpa_cpu: WrittenCpu,
    /// `[policies.hpa-demand]`
    pub hpa_demand: WrittenDemand,
    /// `[policies.cron]`
    pub cron: WrittenCron,
    /// `[policies.headroom]`
    pub headroom: WrittenHeadroom,
}

/// Room that people hold all day by placeholder pods: what forecast headroom is compared with.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WrittenHeadroom {
    /// For how many pods. Default: the most that the window's demand asked for in the time that a slow node takes, since
    /// people size it by the worst that they remember.
    pub pods: Option<u32>,
}

/// Always the same size.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WrittenFixed {
    /// The size. Default: what the highest recorded demand of the window needs.
    pub replicas: Option<u32>,
}

/// The HPA on CPU.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WrittenCpu {
    /// Target utilization, in percent of the request.
    pub target: u32,
}

impl Default for WrittenCpu {
    /// What most charts ship.
    fn default() -> Self {
        Self { target: 70 }
    }
}

/// The HPA on observed demand.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WrittenDemand {
    /// Target demand a replica. Default: the scaler's `capacity.perReplica`.
    pub per_replica: Option<f64>,
}

/// Windows around the recording's events, edited by hand, beside the HPA on CPU.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WrittenCron {
    /// How long before an event's start a window opens.
    pub before: SignedDuration,
    /// How long after its end it closes.
    pub after: SignedDuration,
    /// Least size in a window. Default: what the median of the recorded event peaks needs, since people size a
    /// window by the events that they remember.
    pub replicas: Option<u32>,
}

impl Default for WrittenCron {
    fn default() -> Self {
        Self { before: SignedDuration::from_mins(30), after: SignedDuration::from_mins(30), replicas: None }
    }
}

impl WrittenPolicies {
    /// # Errors
    /// All values that no cluster would take, in words.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let mut refused = vec![];
        if self.fixed.replicas == Some(0) {
            refused.push("policies.static.replicas 0 serves nothing".into());
        }
        if self.hpa_cpu.target == 0 {
            refused.push("policies.hpa-cpu.target 0 is not above 0".into());
        }
        if let Some(target) = self.hpa_demand.per_replica.filter(|t| !(t.is_finite() && 0.0 < *t)) {
            refused.push(format!("policies.hpa-demand.per_replica {target} is not above 0"));
        }
        for (name, length) in [("before", self.cron.before), ("after", self.cron.after)] {
            if length.is_negative() {
                refused.push(format!("policies.cron.{name} {length:#} is below 0s"));
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(refused) }
    }
}
