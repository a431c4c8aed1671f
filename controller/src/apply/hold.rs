//! Pods whose nodes Karpenter is asked to leave alone before an event, and let go of after it. The annotation goes onto
//! the pods themselves: in the user's template it would start a rollout, and stay. One that a user has set is theirs.

use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::LabelSelector};
use kube::{
    Api, ResourceExt,
    api::{ListParams, Patch, PatchParams},
    core::{Selector, metadata::PartialObjectMeta},
};
use serde_json::json;
use tracing::info;

use super::{Applier, ApplyError, FIELD_MANAGER, Writes, within};
use crate::{
    headroom::HEADROOM_LABEL,
    nodes::{DO_NOT_DISRUPT, HELD_BY},
    scaler::Charge,
};

/// Pods that are written to in one go; the next tick goes on with the rest.
const MOST_AT_ONCE: usize = 200;

/// Whether nodes are to be left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldAct {
    /// They are.
    Hold,
    /// They are not any more.
    Release,
}

impl Applier {
    /// Has Karpenter leave alone the nodes of the target's pods and placeholders, or lets go of them.
    ///
    /// # Errors
    ///
    /// See [`ApplyError`]. Pods that were written to before it stay so, and the rest is tried again.
    pub async fn hold(&self, charge: &Charge, act: HoldAct) -> Result<(), ApplyError> {
        if self.writes == Writes::DryRun {
            info!(scaler = %charge.key, ?act, "dry run: would hold off disruption");
            return Ok(());
        }
        let target = self.target(charge).await?;
        let selector = target.data["spec"]["selector"].clone();
        let selector = serde_json::from_value::<LabelSelector>(selector).ok();
        let selector = selector.and_then(|selector| Selector::try_from(selector).ok());
        let selector = selector.filter(|selector| !selector.selects_all()).ok_or_else(|| {
            let message =
                format!("{} `{}` selects no pods", charge.spec.target.kind, charge.spec.target.name);
            ApplyError::Refused { message }
        })?;
        let placeholders = format!("{HEADROOM_LABEL}={}", charge.key.name);
        let mut left = MOST_AT_ONCE;
        for page in
            [ListParams::default().labels_from(&selector), ListParams::default().labels(&placeholders)]
        {
            self.annotate(charge, (act, &page), &mut left).await?;
        }
        if left < MOST_AT_ONCE {
            info!(scaler = %charge.key, ?act, pods = MOST_AT_ONCE - left, "disruption of nodes");
        }
        Ok(())
    }

    async fn annotate(
        &self,
        charge: &Charge,
        (act, page): (HoldAct, &ListParams),
        left: &mut usize,
    ) -> Result<(), ApplyError> {
        let api = Api::<Pod>::namespaced(self.client.clone(), &charge.key.namespace);
        let pods = within(api.list_metadata(page)).await?.items;
        let patch = match act {
            HoldAct::Hold => json!({DO_NOT_DISRUPT: "true", HELD_BY: charge.key.name}),
            HoldAct::Release => json!({DO_NOT_DISRUPT: null, HELD_BY: null}),
        };
        let patch = json!({"metadata": {"annotations": patch}});
        let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        for pod in pods.iter().filter(|pod| wants(act, pod, &charge.key.name)).take(*left) {
            match within(api.patch_metadata(&pod.name_any(), &params, &Patch::Merge(&patch))).await {
                // It has gone meanwhile, and its annotation with it.
                Ok(_) | Err(ApplyError::Gone { .. }) => *left -= 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Whether a pod is to be written to.
fn wants(act: HoldAct, pod: &PartialObjectMeta<Pod>, scaler: &str) -> bool {
    let annotations = pod.annotations();
    let is_held = annotations.contains_key(DO_NOT_DISRUPT);
    let is_ours = annotations.get(HELD_BY).is_some_and(|by| by == scaler);
    match act {
        HoldAct::Hold => !is_held && pod.metadata.deletion_timestamp.is_none(),
        HoldAct::Release => is_ours,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(annotations: &[(&str, &str)], hold: bool, release: bool) {
        let written = annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let mut pod = PartialObjectMeta::<Pod>::default();
        pod.metadata.annotations = Some(written.collect());
        let wanted = [HoldAct::Hold, HoldAct::Release].map(|act| wants(act, &pod, "gateway"));
        assert_eq!(wanted, [hold, release], "{annotations:?}");
    }

    #[test]
    fn what_a_user_or_another_scaler_has_set_is_left() {
        check(&[], true, false);
        check(&[(DO_NOT_DISRUPT, "true"), (HELD_BY, "gateway")], false, true);
        check(&[(DO_NOT_DISRUPT, "true")], false, false);
        check(&[(DO_NOT_DISRUPT, "true"), (HELD_BY, "other")], false, false);
    }
}
