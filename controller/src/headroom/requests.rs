//! What a pod asks of a node, reckoned from its template as the scheduler does
//! (<https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers>).

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{Container, PodSpec, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};

use crate::hpa::quantity::value_of;

/// Amounts by resource: CPU in cores, memory in bytes.
pub(crate) type Amounts = BTreeMap<String, f64>;

/// Resources of which less may be asked for than is allowed. Of others, both have to be the same.
const SHARED: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// What the pods of this spec ask for, as that of one container.
pub(super) fn requests(spec: &PodSpec) -> ResourceRequirements {
    let amounts = asked_by_pod(spec);
    let written = |resource: &str, amount: f64| {
        Quantity(match resource {
            "cpu" => format!("{}m", (amount * 1_000.0).ceil()),
            _ => format!("{}", amount.ceil()),
        })
    };
    let requests: BTreeMap<_, _> = amounts
        .iter()
        .filter(|(_, amount)| 0.0 < **amount)
        .map(|(resource, amount)| (resource.clone(), written(resource, *amount)))
        .collect();
    let limits: BTreeMap<_, _> =
        requests.iter().filter(|(resource, _)| !SHARED.contains(&resource.as_str())).collect();
    let limits: BTreeMap<_, _> =
        limits.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    ResourceRequirements {
        requests: Some(requests),
        limits: (!limits.is_empty()).then_some(limits),
        ..ResourceRequirements::default()
    }
}

/// What a pod of this spec asks for.
pub(crate) fn asked_by_pod(spec: &PodSpec) -> Amounts {
    let mut amounts = asked_by_containers(spec);
    if let Some(of_pod) = &spec.resources {
        amounts.extend(asked(of_pod));
    }
    amounts
}

/// The containers together, with the sidecars; or more, while one that initializes runs beside the sidecars before it.
fn asked_by_containers(spec: &PodSpec) -> Amounts {
    let of = |container: &Container| container.resources.as_ref().map(asked).unwrap_or_default();
    let (mut sidecars, mut most) = (Amounts::new(), Amounts::new());
    for container in spec.init_containers.iter().flatten() {
        if container.restart_policy.as_deref() == Some("Always") {
            add(&mut sidecars, &of(container));
            raise(&mut most, &sidecars);
        } else {
            let mut together = sidecars.clone();
            add(&mut together, &of(container));
            raise(&mut most, &together);
        }
    }
    for container in &spec.containers {
        add(&mut sidecars, &of(container));
    }
    raise(&mut most, &sidecars);
    most
}

/// Who allows itself so much and asks for nothing asks for as much.
pub(crate) fn asked(resources: &ResourceRequirements) -> Amounts {
    let read = |of: &Option<BTreeMap<String, Quantity>>| -> Amounts {
        let amounts = of.iter().flatten();
        amounts.filter_map(|(resource, amount)| Some((resource.clone(), value_of(amount)?))).collect()
    };
    let mut amounts = read(&resources.limits);
    amounts.extend(read(&resources.requests));
    amounts
}

fn add(all: &mut Amounts, more: &Amounts) {
    for (resource, amount) in more {
        *all.entry(resource.clone()).or_default() += amount;
    }
}

fn raise(most: &mut Amounts, amounts: &Amounts) {
    for (resource, amount) in amounts {
        let known = most.entry(resource.clone()).or_default();
        *known = known.max(*amount);
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(spec: Value, requests_are: Value, limits_are: Value) {
        let spec: PodSpec = serde_json::from_value(spec).unwrap();
        let asked = serde_json::to_value(requests(&spec)).unwrap();
        assert_eq!((&asked["requests"], &asked["limits"]), (&requests_are, &limits_are));
    }

    fn container(requests: Value) -> Value {
        json!({"name": "any", "resources": {"requests": requests}})
    }

    #[test]
    fn a_pod_asks_for_the_sum_of_its_containers() {
        let containers =
            json!([container(json!({"cpu": "250m", "memory": "1Gi"})), container(json!({"cpu": "0.5"}))]);
        check(json!({"containers": containers}), json!({"cpu": "750m", "memory": "1073741824"}), Value::Null);
        let limited = json!([{"name": "any", "resources": {"limits": {"memory": "1k"}}}]);
        check(json!({"containers": limited}), json!({"memory": "1000"}), Value::Null);
        check(json!({"containers": [{"name": "any"}]}), json!({}), Value::Null);
    }

    #[test]
    fn what_initializes_counts_where_it_is_more_and_sidecars_always() {
        let sidecar =
            json!({"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "100m"}}});
        let init = container(json!({"cpu": "2", "memory": "1k"}));
        let containers = json!([container(json!({"cpu": "1"}))]);
        check(
            json!({"initContainers": [sidecar, init], "containers": containers}),
            json!({"cpu": "2100m", "memory": "1000"}),
            Value::Null,
        );
        check(
            json!({"initContainers": [sidecar], "containers": containers}),
            json!({"cpu": "1100m"}),
            Value::Null,
        );
    }

    #[test]
    fn devices_are_asked_for_and_limited_alike() {
        let containers = json!([container(json!({"cpu": "1", "nvidia.com/gpu": "1"}))]);
        check(
            json!({"containers": containers}),
            json!({"cpu": "1000m", "nvidia.com/gpu": "1"}),
            json!({"nvidia.com/gpu": "1"}),
        );
    }
}
