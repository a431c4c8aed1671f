//! What containers might request, from what they used: the rule of the recommender of Kubernetes' Vertical Pod Autoscaler
//! (<https://github.com/kubernetes/autoscaler/blob/master/vertical-pod-autoscaler/docs/flags.md>), from Prometheus and
//! without its decay. CPU is a quantile over pods and time, memory the most that any pod had, both with a margin.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::PodSpec;

use crate::{api::ContainerAdvice, board::ScalerKey, headroom::asked};

/// `--target-cpu-percentile`.
const CPU_QUANTILE: f64 = 0.9;
/// `--recommendation-margin-fraction`.
const MARGIN: f64 = 1.15;
/// `--pod-recommendation-min-cpu-millicores`, shared by the containers of a pod.
const LEAST_CPU_M: f64 = 25.0;
/// `--pod-recommendation-min-memory-mb`, shared by the containers of a pod.
const LEAST_MEMORY_MIB: f64 = 250.0;
const MIB: f64 = 1_048_576.0;

/// What one container used, in all pods of a workload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Used {
    /// CPU in cores at one time and another: that of nine of ten pods, and how many pods there were.
    pub cpu: Vec<(f64, f64)>,
    /// The most memory that any pod had, in bytes.
    pub memory: Option<f64>,
}

/// What the containers might request, and what that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// When it was looked at.
    pub at: Timestamp,
    /// One for each container of which use is known.
    pub containers: Vec<ContainerAdvice>,
    /// How much less a pod would ask for: CPU in thousandths of a core, memory in MiB. Below 0, it is more.
    pub less: (f64, f64),
    /// Why there is none; `None` where there is.
    pub message: Option<String>,
}

/// The queries of what the containers of a workload use, by the standard metrics of cAdvisor in the kubelet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queries {
    /// CPU by container, over time.
    pub cpu: String,
    /// Pods by container, over time.
    pub pods: String,
    /// The most memory by container.
    pub memory: String,
}

impl Queries {
    /// Of the pods of a workload, which are told by their names.
    #[must_use]
    pub fn of(workload: &ScalerKey, kind: &str) -> Self {
        let name = workload.name.replace('.', "[.]");
        let suffix = match kind {
            "Deployment" | "Rollout" => "[a-z0-9]+-[a-z0-9]{5}",
            "ReplicaSet" => "[a-z0-9]{5}",
            "StatefulSet" => "[0-9]+",
            _ => ".+",
        };
        let pods = format!(
            "{{namespace=\"{}\",pod=~\"{name}-{suffix}\",container!=\"\",container!=\"POD\"}}",
            workload.namespace
        );
        Self {
            cpu: format!(
                "quantile by (container) ({CPU_QUANTILE}, rate(container_cpu_usage_seconds_total{pods}[5m]))"
            ),
            pods: format!("count by (container) (container_memory_working_set_bytes{pods})"),
            memory: format!(
                "max by (container) (max_over_time(container_memory_working_set_bytes{pods}[7d]))"
            ),
        }
    }
}

impl Advice {
    /// None, and why.
    #[must_use]
    pub fn none(at: Timestamp, why: String) -> Self {
        Self { at, containers: Vec::new(), less: (0.0, 0.0), message: Some(why) }
    }

    /// Of what the containers of `spec` used. One that is not in the spec any more, or is of somebody else who injects it,
    /// is left out.
    #[must_use]
    pub fn of(at: Timestamp, used: &BTreeMap<String, Used>, spec: &PodSpec) -> Self {
        let sidecars = spec.init_containers.iter().flatten();
        let sidecars = sidecars.filter(|container| container.restart_policy.as_deref() == Some("Always"));
        let containers: Vec<_> = spec.containers.iter().chain(sidecars).collect();
        let count = containers.len() as f64;
        let (mut advised, mut less) = (Vec::new(), (0.0, 0.0));
        for container in containers {
            let Some(used) = used.get(&container.name) else { continue };
            let requested = container.resources.as_ref().map(asked).unwrap_or_default();
            let cpu_m =
                cpu(&used.cpu).map(|cores| (cores * 1_000.0 * MARGIN).max(LEAST_CPU_M / count).ceil());
            let memory_mib =
                used.memory.map(|bytes| (bytes / MIB * MARGIN).max(LEAST_MEMORY_MIB / count).ceil());
            let requested_cpu_m = requested.get("cpu").map(|cores| (cores * 1_000.0).ceil());
            let requested_mib = requested.get("memory").map(|bytes| (bytes / MIB).ceil());
            less.0 += cpu_m.map_or(0.0, |cpu| requested_cpu_m.unwrap_or(0.0) - cpu);
            less.1 += memory_mib.map_or(0.0, |memory| requested_mib.unwrap_or(0.0) - memory);
            let written = |amount: Option<f64>, unit: &str| amount.map(|amount| format!("{amount}{unit}"));
            advised.push(ContainerAdvice {
                container: container.name.clone(),
                cpu: written(cpu_m, "m"),
                memory: written(memory_mib, "Mi"),
                requested_cpu: written(requested_cpu_m, "m"),
                requested_memory: written(requested_mib, "Mi"),
            });
        }
        if advised.is_empty() {
            let why = "no container of its template is among those whose use Prometheus knows".to_owned();
            return Self::none(at, why);
        }
        advised.sort_by(|one, other| one.container.cmp(&other.container));
        Self { at, containers: advised, less, message: None }
    }
}

/// The quantile of CPU over time, each moment with the weight of its pods, as if every pod's use were in one pot.
fn cpu(used: &[(f64, f64)]) -> Option<f64> {
    let mut used = used.to_vec();
    used.sort_by(|one, other| one.0.total_cmp(&other.0));
    let all: f64 = used.iter().map(|(_, pods)| pods).sum();
    let mut below = 0.0;
    used.iter()
        .find(|(_, pods)| {
            below += pods;
            CPU_QUANTILE * all <= below
        })
        .map(|(cores, _)| *cores)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec() -> PodSpec {
        serde_json::from_value(json!({
            "containers": [
                {"name": "web", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}},
                {"name": "log"},
                {"name": "new", "resources": {"requests": {"cpu": "1"}}},
            ],
            "initContainers": [{"name": "init"},
                {"name": "mesh", "restartPolicy": "Always", "resources": {"limits": {"memory": "128Mi"}}}],
        }))
        .unwrap()
    }

    fn used(cpu: &[(f64, f64)], mib: f64) -> Used {
        Used { cpu: cpu.to_vec(), memory: Some(mib * MIB) }
    }

    #[test]
    fn cpu_is_a_quantile_over_pods_and_time_and_memory_the_most_both_with_a_margin() {
        // Nine quiet moments of one pod, and one busy moment of eleven: more than a tenth of all that was used.
        let mut cpu = vec![(0.1, 1.0); 9];
        cpu.push((0.4, 11.0));
        let all = [
            ("web".to_owned(), used(&cpu, 400.0)),
            ("log".to_owned(), used(&[(0.001, 10.0)], 10.0)),
            ("mesh".to_owned(), used(&[], 200.0)),
            ("init".to_owned(), used(&[(1.0, 1.0)], 10.0)),
            ("gone".to_owned(), used(&[(1.0, 1.0)], 10.0)),
        ];
        let advice = Advice::of(Timestamp::UNIX_EPOCH, &all.into(), &spec());
        let said: Vec<_> = advice
            .containers
            .iter()
            .map(|of| {
                let asked = (of.requested_cpu.as_deref(), of.requested_memory.as_deref());
                (of.container.as_str(), of.cpu.as_deref(), of.memory.as_deref(), asked)
            })
            .collect();
        assert_eq!(
            said,
            [
                ("log", Some("7m"), Some("63Mi"), (None, None)),
                ("mesh", None, Some("230Mi"), (None, Some("128Mi"))),
                ("web", Some("460m"), Some("460Mi"), (Some("1000m"), Some("1024Mi"))),
            ]
        );
        assert_eq!(advice.less, (1_000.0 - 460.0 - 7.0, 1_024.0 - 460.0 - 63.0 + 128.0 - 230.0));
        assert_eq!(advice.message, None);
    }

    #[test]
    fn a_rare_busy_moment_of_few_pods_does_not_count() {
        let mut moments = vec![(0.1, 4.0); 95];
        moments.extend([(0.9, 4.0); 5]);
        assert_eq!(cpu(&moments), Some(0.1));
        moments.extend([(0.9, 4.0); 10]);
        assert_eq!(cpu(&moments), Some(0.9));
        assert_eq!(cpu(&[]), None);
    }

    #[test]
    fn what_is_unknown_is_said() {
        let advice = Advice::of(Timestamp::UNIX_EPOCH, &BTreeMap::new(), &spec());
        assert!(advice.containers.is_empty());
        assert_eq!(
            advice.message.as_deref(),
            Some("no container of its template is among those whose use Prometheus knows")
        );
    }

    #[test]
    fn pods_are_told_by_the_names_that_their_kind_gives_them() {
        let pods = |kind| Queries::of(&ScalerKey::new("live", "web.eu"), kind).pods;
        let of = |pods: &str| {
            format!(
                "count by (container) (container_memory_working_set_bytes{{namespace=\"live\",pod=~\"{pods}\",\
                 container!=\"\",container!=\"POD\"}})"
            )
        };
        assert_eq!(pods("Deployment"), of("web[.]eu-[a-z0-9]+-[a-z0-9]{5}"));
        assert_eq!(pods("StatefulSet"), of("web[.]eu-[0-9]+"));
        assert_eq!(pods("Other"), of("web[.]eu-.+"));
    }
}
