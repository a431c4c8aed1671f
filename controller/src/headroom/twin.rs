//! A pod that wants the same room as those of the target: its requests, node selector, affinity, tolerations and spread
//! constraints, and nothing that it runs or reads.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{
        Affinity, Capabilities, Container, PodAffinityTerm, PodSecurityContext, PodSpec, PodTemplateSpec,
        SeccompProfile, SecurityContext, TopologySpreadConstraint,
    },
    apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta},
};
use kube::core::{Selector, SelectorExt};

use super::{PlaceholderSettings, requests::requests};

/// The label of a scaler's placeholders.
pub const HEADROOM_LABEL: &str = "prescale.dev/headroom";

/// The user that the pause image runs as.
const NOBODY: i64 = 65_535;

/// For whom a twin is.
#[derive(Clone, Copy, Debug)]
pub enum Twin<'a> {
    /// For an autoscaler that reckons with it and never starts it: it has the labels of the target's pods.
    Reckoned,
    /// For placeholders of this scaler. They have labels of their own, or Services would send them requests.
    Placeholder(&'a str),
}

/// The twin of a pod template.
#[must_use]
pub fn twin(template: &PodTemplateSpec, twin: Twin<'_>, settings: &PlaceholderSettings) -> PodTemplateSpec {
    let spec = template.spec.clone().unwrap_or_default();
    let theirs = template.metadata.as_ref().and_then(|metadata| metadata.labels.clone()).unwrap_or_default();
    let mut shape = PodSpec {
        containers: vec![Container {
            name: "room".to_owned(),
            image: Some(settings.image.clone()),
            resources: Some(requests(&spec)),
            security_context: Some(unprivileged()),
            ..Container::default()
        }],
        affinity: spec.affinity,
        node_selector: spec.node_selector,
        tolerations: spec.tolerations,
        topology_spread_constraints: spec.topology_spread_constraints,
        runtime_class_name: spec.runtime_class_name,
        scheduler_name: spec.scheduler_name,
        ..PodSpec::default()
    };
    let labels = match twin {
        Twin::Reckoned => theirs,
        Twin::Placeholder(scaler) => {
            let ours: BTreeMap<_, _> = [(HEADROOM_LABEL.to_owned(), scaler.to_owned())].into();
            keep_apart(&mut shape, &theirs, &ours);
            shape.priority_class_name = Some(settings.priority_class.clone());
            shape.termination_grace_period_seconds = Some(0);
            shape.automount_service_account_token = Some(false);
            shape.enable_service_links = Some(false);
            shape.security_context = Some(PodSecurityContext {
                run_as_non_root: Some(true),
                run_as_user: Some(NOBODY),
                seccomp_profile: Some(SeccompProfile {
                    type_: "RuntimeDefault".to_owned(),
                    ..SeccompProfile::default()
                }),
                ..PodSecurityContext::default()
            });
            ours
        }
    };
    let metadata = ObjectMeta { labels: Some(labels), ..ObjectMeta::default() };
    PodTemplateSpec { metadata: Some(metadata), spec: Some(shape) }
}

/// Pods that are kept apart from each other want room apart: what is required of the target's pods among themselves is
/// required of placeholders among themselves too.
fn keep_apart(shape: &mut PodSpec, theirs: &BTreeMap<String, String>, ours: &BTreeMap<String, String>) {
    let own = || LabelSelector { match_labels: Some(ours.clone()), ..LabelSelector::default() };
    let among_themselves = |selector: &Option<LabelSelector>| {
        let selector = selector.clone().and_then(|selector| Selector::try_from(selector).ok());
        selector.is_some_and(|selector| selector.matches(theirs))
    };
    if let Some(Affinity { pod_anti_affinity: Some(anti), .. }) = &mut shape.affinity
        && let Some(terms) = &mut anti.required_during_scheduling_ignored_during_execution
    {
        let copies: Vec<_> = terms
            .iter()
            .filter(|term| among_themselves(&term.label_selector))
            .map(|term| PodAffinityTerm {
                label_selector: Some(own()),
                match_label_keys: None,
                ..term.clone()
            })
            .collect();
        terms.extend(copies);
    }
    if let Some(Affinity { pod_affinity: Some(affinity), .. }) = &mut shape.affinity {
        // The first pod of a workload may go anywhere, a placeholder that is none of it nowhere.
        if let Some(terms) = &mut affinity.required_during_scheduling_ignored_during_execution {
            terms.retain(|term| !among_themselves(&term.label_selector));
        }
    }
    let constraints = shape.topology_spread_constraints.iter_mut().flatten();
    for constraint in constraints.filter(|constraint| among_themselves(&constraint.label_selector)) {
        let copy = TopologySpreadConstraint {
            label_selector: Some(own()),
            match_label_keys: None,
            ..constraint.clone()
        };
        *constraint = copy;
    }
}

/// What namespaces with the strictest Pod Security Standard ask for.
fn unprivileged() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        read_only_root_filesystem: Some(true),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), ..Capabilities::default() }),
        ..SecurityContext::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn target() -> PodTemplateSpec {
        let apart = json!({"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "kubernetes.io/hostname"});
        let from_batch = json!({"labelSelector": {"matchLabels": {"app": "batch"}}, "topologyKey": "kubernetes.io/hostname"});
        serde_json::from_value(json!({
            "metadata": {"labels": {"app": "web", "team": "live"}},
            "spec": {
                "serviceAccountName": "web", "nodeSelector": {"disk": "ssd"},
                "tolerations": [{"key": "spot", "operator": "Exists"}],
                "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart, from_batch]}},
                "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
                    "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}],
                "containers": [{"name": "web", "image": "secret/web:1", "env": [{"name": "KEY", "value": "secret"}],
                    "resources": {"requests": {"cpu": "500m"}}}],
                "volumes": [{"name": "v", "secret": {"secretName": "s"}}],
            },
        }))
        .unwrap()
    }

    fn made(of: Twin<'_>) -> Value {
        serde_json::to_value(twin(&target(), of, &PlaceholderSettings::default())).unwrap()
    }

    #[test]
    fn a_twin_wants_the_same_room_and_knows_no_secrets() {
        for of in [Twin::Reckoned, Twin::Placeholder("gateway")] {
            let twin = made(of);
            let spec = &twin["spec"];
            assert_eq!(spec["nodeSelector"], json!({"disk": "ssd"}));
            assert_eq!(spec["tolerations"][0]["key"], "spot");
            assert_eq!(spec["containers"][0]["resources"]["requests"], json!({"cpu": "500m"}));
            assert_eq!(spec["containers"].as_array().unwrap().len(), 1);
            assert!(!twin.to_string().contains("secret"), "{twin}");
        }
        assert_eq!(made(Twin::Reckoned)["metadata"]["labels"], json!({"app": "web", "team": "live"}));
    }

    #[test]
    fn placeholders_are_no_pods_of_the_target_and_keep_apart_as_those_do() {
        let twin = made(Twin::Placeholder("gateway"));
        assert_eq!(twin["metadata"]["labels"], json!({"prescale.dev/headroom": "gateway"}));
        let spec = &twin["spec"];
        assert_eq!(spec["priorityClassName"], "prescale-placeholder");
        assert_eq!(spec["terminationGracePeriodSeconds"], 0);
        let terms = &spec["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
        let apart_from = |at: usize| terms[at]["labelSelector"]["matchLabels"].clone();
        assert_eq!(apart_from(0), json!({"app": "web"}));
        assert_eq!(apart_from(1), json!({"app": "batch"}));
        assert_eq!(apart_from(2), json!({"prescale.dev/headroom": "gateway"}));
        assert_eq!(terms.as_array().unwrap().len(), 3);
        let spread = &spec["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"];
        assert_eq!(*spread, json!({"prescale.dev/headroom": "gateway"}));
    }
}
