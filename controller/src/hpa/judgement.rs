//! What is to be done about the HPA of a scaler, judged from those that are there: pure, so that status, step and
//! event say the same.

use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec,
};
use prescale_model::Mode;

use super::{check::check_attached, desired_hpa, own::is_as_wanted};
use crate::{
    api::{CheckedScaler, Hpa, TargetRef},
    status::{Finding, HPA_HEALTHY},
};

/// What was found of a scaler's HPA.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// What the status says of it.
    pub finding: Finding,
    /// Whether the HPA of [`desired_hpa`] is to be applied.
    pub act: HpaAct,
    /// Name of the HPA that follows the scaler, where there is one.
    pub follows: Option<String>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HpaAct {
    /// It is not there, and should be.
    Create,
    /// It is ours, and differs from what it should be.
    Update,
    /// It is right, or not ours to touch.
    Leave,
}

/// Judges the HPA of the scaler with this `uid`. `there` are the HPAs of its namespace that have its name or its
/// target.
///
/// Shadow and Paused create none, and keep one that is there: nobody loses scaling by leaving Active, the metric then
/// answers what is observed.
#[must_use]
pub fn judge(scaler: &CheckedScaler, uid: &str, there: &[&HorizontalPodAutoscaler]) -> Judgement {
    let name = match &scaler.hpa {
        Hpa::Create => &scaler.name,
        Hpa::AttachTo(name) => name,
    };
    let named = there.iter().copied().find(|hpa| hpa.metadata.name.as_ref() == Some(name));
    if let Some(rival) = rival(scaler, name, there) {
        let advice = match &scaler.hpa {
            Hpa::Create => "delete it, or name it in spec.hpa.attachTo",
            Hpa::AttachTo(_) => "delete one of the two",
        };
        let target = &scaler.target;
        let message = format!(
            "HPA `{rival}` scales {} `{}` too, and two of them would fight: {advice}",
            target.kind, target.name
        );
        return left(Finding::wrong(HPA_HEALTHY, "SecondHpa", message), named.map(|_| name));
    }
    match (&scaler.hpa, named) {
        (Hpa::AttachTo(name), None) => {
            let message = format!("HPA `{name}` of spec.hpa.attachTo is not there");
            left(Finding::wrong(HPA_HEALTHY, "NotFound", message), None)
        }
        (Hpa::AttachTo(name), Some(hpa)) => left(check_attached(scaler, name, &hpa.spec), Some(name)),
        (Hpa::Create, None) => missing(scaler),
        (Hpa::Create, Some(hpa)) if is_owned(hpa, uid) => owned(scaler, &hpa.spec),
        (Hpa::Create, Some(_)) => {
            let message = format!(
                "HPA `{name}` is there and not ours: name it in spec.hpa.attachTo, or delete it and it is created anew"
            );
            left(Finding::wrong(HPA_HEALTHY, "NotOurs", message), None)
        }
    }
}

fn missing(scaler: &CheckedScaler) -> Judgement {
    let wanted = said(scaler);
    let (finding, act) = match scaler.settings.mode {
        Mode::Active => {
            let message = format!("HPA {wanted} is being created");
            (Finding::open(HPA_HEALTHY, "Creating", message), HpaAct::Create)
        }
        Mode::Shadow => {
            let message = format!("mode Active would create HPA {wanted}");
            (Finding::open(HPA_HEALTHY, "Shadow", message), HpaAct::Leave)
        }
        Mode::Paused => {
            let message = format!("paused before there was an HPA: mode Active would create HPA {wanted}");
            (Finding::open(HPA_HEALTHY, "Paused", message), HpaAct::Leave)
        }
    };
    Judgement { finding, act, follows: None }
}

fn owned(scaler: &CheckedScaler, spec: &HorizontalPodAutoscalerSpec) -> Judgement {
    let follows = Some(scaler.name.clone());
    let name = &scaler.name;
    if !is_as_wanted(spec, &desired_hpa(scaler)) {
        let message =
            format!("HPA `{name}` is ours and differs from what the scaler says: it is being updated");
        let finding = Finding::open(HPA_HEALTHY, "Updating", message);
        return Judgement { finding, act: HpaAct::Update, follows };
    }
    let lacks_tolerance = spec
        .behavior
        .as_ref()
        .and_then(|behavior| behavior.scale_up.as_ref())
        .is_some_and(|rules| rules.tolerance.is_none());
    let finding = match scaler.settings.mode {
        Mode::Active if lacks_tolerance && scaler.settings.hpa.tolerance < 0.1 => Finding::well(
            HPA_HEALTHY,
            "Owned",
            format!(
                "HPA `{name}` is ours and follows the plan; this cluster has no tolerance per HPA, so changes of up \
                 to 10 % are ignored: write spec.hpa.tolerance: 0.1"
            ),
        ),
        Mode::Active => {
            Finding::well(HPA_HEALTHY, "Owned", format!("HPA `{name}` is ours and follows the plan"))
        }
        Mode::Shadow | Mode::Paused => Finding::well(
            HPA_HEALTHY,
            "Kept",
            format!("HPA `{name}` is ours and stays: its metric answers what is observed"),
        ),
    };
    Judgement { finding, act: HpaAct::Leave, follows }
}

fn left(finding: Finding, follows: Option<&String>) -> Judgement {
    Judgement { finding, act: HpaAct::Leave, follows: follows.cloned() }
}

/// Another HPA for the same target.
fn rival<'a>(scaler: &CheckedScaler, name: &str, there: &[&'a HorizontalPodAutoscaler]) -> Option<&'a str> {
    let is_rival = |hpa: &&&HorizontalPodAutoscaler| {
        hpa.metadata.name.as_deref() != Some(name)
            && hpa.metadata.deletion_timestamp.is_none()
            && is_target(&hpa.spec.scale_target_ref, &scaler.target)
    };
    there.iter().find(is_rival)?.metadata.name.as_deref()
}

/// Whether an HPA's target is the scaler's: versions of a group are the same objects.
pub(super) fn is_target(reference: &CrossVersionObjectReference, target: &TargetRef) -> bool {
    let of_hpa = reference.api_version.as_deref().map_or("", group);
    reference.kind == target.kind && reference.name == target.name && of_hpa == group(&target.api_version)
}

/// The group of an `apiVersion`; empty for the core's.
pub(crate) fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

fn is_owned(hpa: &HorizontalPodAutoscaler, uid: &str) -> bool {
    hpa.metadata.owner_references.iter().flatten().any(|owner| owner.uid == uid)
}

/// The HPA that is wanted, in words.
fn said(scaler: &CheckedScaler) -> String {
    let (settings, target) = (&scaler.settings, &scaler.target);
    format!(
        "`{}`: {} to {} replicas of {} `{}`, by `demand` at {} a replica",
        scaler.name,
        settings.limits.min,
        settings.limits.max,
        target.kind,
        target.name,
        settings.capacity.nominal()
    )
}
