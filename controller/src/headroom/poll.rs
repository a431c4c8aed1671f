//! The leader's look at room in the cluster, a few requests each time for all scalers together: whether there are
//! CapacityBuffers, how ours fare, and which of Karpenter's pools are at their limit. An API that goes or comes is seen so.

use std::{collections::HashMap, sync::Arc, time::Duration};

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, GroupVersionKind, ListParams},
};
use serde_json::Value;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{BUFFER_GROUP, BufferSeen, Offer, Pools, RoomBoard};
use crate::{apply::MANAGED_BY_US, board::ScalerKey, hpa::quantity::value_of, scaler::Role};

/// Which API there is, is looked at this often.
const SELDOM: Duration = Duration::from_secs(60);
/// Versions of the API that we know, the best first.
const VERSIONS: [&str; 2] = ["v1beta1", "v1alpha1"];
/// A pool with less of a resource left than this share of its limit is at it: a node wants more than that.
const LEFT: f64 = 0.02;

/// Looks `every` so often while this replica leads, until `shutdown`.
pub(crate) async fn poll_room(
    (client, namespace): (Client, Option<String>),
    (board, mut role): (Arc<RoomBoard>, watch::Receiver<Role>),
    every: Duration,
    shutdown: CancellationToken,
) {
    let looks = async {
        let mut looked = None::<Instant>;
        loop {
            if *role.borrow_and_update() == Role::Leading {
                let is_due = looked.is_none_or(|looked| SELDOM <= looked.elapsed());
                if is_due || board.offer() == Offer::Unknown {
                    discover(&client, &board).await;
                    looked = Some(Instant::now());
                }
                board.pools(pools(&client).await);
                look(&client, namespace.as_deref(), &board).await;
            }
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                changed = role.changed() => if changed.is_err() { tokio::time::sleep(every).await },
            }
        }
    };
    shutdown.run_until_cancelled(looks).await;
}

/// Notes which version there is. While the API server is away, what was known stands.
async fn discover(client: &Client, board: &RoomBoard) {
    let before = board.offer();
    for version in VERSIONS {
        match client.list_api_group_resources(&format!("{BUFFER_GROUP}/{version}")).await {
            Ok(list) if list.resources.iter().any(|resource| resource.name == "capacitybuffers") => {
                if before != Offer::Buffers(version) {
                    info!(version, "the cluster has capacity buffers");
                }
                return board.offers(Offer::Buffers(version));
            }
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => {
                warn!(%error, "whether there are capacity buffers is not known now");
                return;
            }
        }
    }
    if before != Offer::Absent {
        info!("the cluster has no capacity buffers: placeholder pods keep headroom");
    }
    board.offers(Offer::Absent);
}

/// Notes how our buffers fare.
async fn look(client: &Client, namespace: Option<&str>, board: &RoomBoard) {
    let Offer::Buffers(version) = board.offer() else { return };
    let resource = buffers(version);
    let api: Api<DynamicObject> = match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    };
    match api.list(&ListParams::default().labels(MANAGED_BY_US)).await {
        Ok(list) => {
            let seen = list.items.iter().filter_map(read).collect::<HashMap<_, _>>();
            board.buffers(seen);
        }
        Err(kube::Error::Api(status)) if status.code == 404 => {
            info!("there are no capacity buffers any more");
            discover(client, board).await;
        }
        Err(error) => warn!(%error, "capacity buffers cannot be listed, what was seen stands"),
    }
}

/// The API of CapacityBuffers in a version.
pub(crate) fn buffers(version: &str) -> ApiResource {
    let gvk = GroupVersionKind::gvk(BUFFER_GROUP, version, "CapacityBuffer");
    ApiResource::from_gvk_with_plural(&gvk, "capacitybuffers")
}

/// A buffer, and the scaler that its label names.
fn read(object: &DynamicObject) -> Option<(ScalerKey, BufferSeen)> {
    let scaler = object.metadata.labels.as_ref()?.get(crate::hpa::SCALER_LABEL)?;
    let owner = object.metadata.owner_references.iter().flatten().next()?.uid.clone();
    let pods = object.data["spec"]["replicas"].as_u64().and_then(|pods| u32::try_from(pods).ok());
    let generation = object.metadata.generation;
    let conditions = object.data["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    // What was said of an earlier spec is no answer to this one.
    let of = |kind: &str| {
        conditions.iter().find(|condition| {
            let observed = condition["observedGeneration"].as_i64();
            condition["type"] == kind && (observed.is_none() || generation <= observed)
        })
    };
    let (ready, provisioning) = (of("ReadyForProvisioning"), of("Provisioning"));
    let is_true =
        |condition: Option<&Value>| condition.is_some_and(|condition| condition["status"] == "True");
    let message = |condition: &Value| condition["message"].as_str().map(str::to_owned);
    let wrong = ready.filter(|ready| ready["status"] == "False").or(provisioning);
    let message = wrong.filter(|wrong| wrong["status"] == "False").and_then(message);
    let buffer = BufferSeen {
        owner,
        pods: pods.unwrap_or(0),
        is_answered: ready.is_some() || provisioning.is_some(),
        is_placed: is_true(provisioning),
        failed: message.as_deref().map_or(0, failed),
        message,
    };
    Some((ScalerKey::new(object.metadata.namespace.as_deref()?, scaler), buffer))
}

/// Pods that cannot be had, as Karpenter says it: `0/4 virtual pods required new capacity, 4 failed`.
fn failed(message: &str) -> u32 {
    let before = message.strip_suffix(" failed").and_then(|rest| rest.rsplit(' ').next());
    before.and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// Karpenter's pools, where there is a Karpenter that we may look at.
async fn pools(client: &Client) -> Pools {
    let gvk = GroupVersionKind::gvk("karpenter.sh", "v1", "NodePool");
    let resource = ApiResource::from_gvk_with_plural(&gvk, "nodepools");
    let pools = Api::<DynamicObject>::all_with(client.clone(), &resource);
    let Ok(pools) = pools.list(&ListParams::default()).await else { return Pools::Unknown };
    let full: Vec<_> = pools.items.iter().filter_map(full).collect();
    match (pools.items.is_empty(), full.is_empty()) {
        (true, _) => Pools::None,
        (false, true) => Pools::Fine,
        (false, false) => Pools::AtLimit(full.join("; ")),
    }
}

/// What of a pool is at its limit.
fn full(pool: &DynamicObject) -> Option<String> {
    let name = pool.metadata.name.as_deref()?;
    let limits = pool.data["spec"]["limits"].as_object()?;
    limits.iter().find_map(|(resource, limit)| {
        let (limit, used) = (text(limit), text(&pool.data["status"]["resources"][resource]));
        let (most, now) = (value_of(&Quantity(limit.clone()))?, value_of(&Quantity(used.clone()))?);
        (most * (1.0 - LEFT) <= now)
            .then(|| format!("NodePool `{name}` is at its limit: {resource} {used} of {limit}"))
    })
}

/// A quantity, which may be written as a number.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
mod tests {
    use super::*;
    use serde_json::json;

    fn buffer(generation: i64, conditions: Value) -> (ScalerKey, BufferSeen) {
        let object: DynamicObject = serde_json::from_value(json!({
            "apiVersion": "autoscaling.x-k8s.io/v1beta1", "kind": "CapacityBuffer",
            "metadata": {"name": "prescale-gateway", "namespace": "live", "generation": generation,
                "labels": {"prescale.dev/scaler": "gateway"},
                "ownerReferences": [{"apiVersion": "prescale.dev/v1alpha1", "kind": "PredictiveScaler",
                    "name": "gateway", "uid": "uid-gateway"}]},
            "spec": {"replicas": 4}, "status": {"conditions": conditions},
        }))
        .unwrap();
        read(&object).unwrap()
    }

    fn condition(of: &str, status: &str, message: &str, generation: i64) -> Value {
        json!({"type": of, "status": status, "reason": "Any", "message": message, "observedGeneration": generation})
    }

    #[test]
    fn a_buffer_is_read_as_karpenter_answers_it() {
        let (key, seen) = buffer(1, json!([]));
        assert_eq!(key, ScalerKey::new("live", "gateway"));
        assert_eq!((seen.owner.as_str(), seen.pods, seen.is_answered), ("uid-gateway", 4, false));

        let resolved = condition("ReadyForProvisioning", "True", "Pod template resolved successfully", 1);
        let fits = condition("Provisioning", "True", "All 4 virtual pods fit on existing capacity", 1);
        let (_, seen) = buffer(1, json!([resolved, fits]));
        assert!(seen.is_answered && seen.is_placed && seen.message.is_none(), "{seen:?}");
        let (_, seen) = buffer(2, json!([resolved, fits]));
        assert!(!seen.is_answered && !seen.is_placed, "an answer to an earlier spec");

        let failed =
            condition("Provisioning", "False", "0/4 virtual pods required new capacity, 4 failed", 1);
        let (_, seen) = buffer(1, json!([resolved, failed]));
        assert_eq!((seen.is_placed, seen.failed), (false, 4));
    }

    #[test]
    fn a_pool_tells_what_is_at_its_limit() {
        let check = |limits: Value, used: Value, words: Option<&str>| {
            let pool: DynamicObject = serde_json::from_value(json!({
                "apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "general"},
                "spec": {"limits": limits}, "status": {"resources": used}}))
            .unwrap();
            assert_eq!(full(&pool).as_deref(), words);
        };
        let at_limit = "NodePool `general` is at its limit: cpu 64 of 64";
        check(json!({"cpu": "64", "memory": "1Ti"}), json!({"cpu": "64", "memory": "256Gi"}), Some(at_limit));
        check(
            json!({"cpu": 64}),
            json!({"cpu": "63900m"}),
            Some("NodePool `general` is at its limit: cpu 63900m of 64"),
        );
        check(json!({"cpu": "64"}), json!({"cpu": "32"}), None);
        check(json!({"cpu": "64"}), json!({}), None);
        check(Value::Null, json!({"cpu": "32"}), None);
    }
}
