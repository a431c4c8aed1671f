//! Watches of pods, nodes and NodeClaims. Objects are decoded to the few fields that matter, told to the lookout, and
//! dropped. A watch that fails is taken up again, with growing pauses; what was seen stands meanwhile.

use std::{fmt::Debug, sync::Arc, time::Duration};

use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::{
    Api, Client, Resource,
    api::{ApiResource, GroupVersionKind, ListParams},
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    Lookout,
    node::{NodeClaimSight, NodeSight, SlimClaim, SlimNode},
    pod::SlimPod,
};
use crate::telemetry::Metrics;

/// A page of pods: of 10 to 20 KiB each, it is 2 MB that are in memory at once. Nodes are as large.
const PAGE: u32 = 100;
/// The API server ends a watch after this time, so that a connection that died unseen is noticed.
const WATCH_S: u32 = 290;
/// A watch that cannot begin is told at most this often.
const TOLD_EVERY: Duration = Duration::from_secs(600);
/// Whether there is an API for NodeClaims is looked at again after this time.
const API_EVERY: Duration = Duration::from_secs(300);
/// Scalers that come together are caught up with together.
const CATCH_UP_AFTER: Duration = Duration::from_secs(2);

/// Pods that have ended are of no use here.
const ALIVE: &str = "status.phase!=Succeeded,status.phase!=Failed";

/// Watches pods of one namespace or of all, nodes, and NodeClaims where there are any, until `shutdown`. `new` tells of
/// namespaces in which a scaler has come since: their pods are listed once more.
pub(crate) async fn watch_nodes(
    client: Client,
    namespace: Option<String>,
    (lookout, metrics): (Arc<Lookout>, Metrics),
    new: mpsc::UnboundedReceiver<Arc<str>>,
    shutdown: CancellationToken,
) {
    let pods = pods(&client, namespace.as_deref());
    let nodes: Api<SlimNode> = Api::all_with(client.clone(), &ApiResource::erase::<Node>(&()));
    let watches = async {
        tokio::join!(
            follow("pods", pods, Some(ALIVE), |event| see_pod(&lookout, event)),
            follow("nodes", nodes, None, |event| see_node((&lookout, &metrics), event)),
            claims(&client, (&lookout, &metrics)),
            catch_up(&client, &lookout, new),
        )
    };
    shutdown.run_until_cancelled(watches).await;
}

fn pods(client: &Client, namespace: Option<&str>) -> Api<SlimPod> {
    let resource = ApiResource::erase::<Pod>(&());
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

fn see_pod(lookout: &Lookout, event: Event<SlimPod>) {
    match event {
        Event::Init => lookout.begin_pods(),
        Event::InitApply(pod) | Event::Apply(pod) => lookout.see_pod(&pod),
        Event::Delete(pod) => lookout.lose_pod(&pod),
        Event::InitDone => lookout.end_pods(),
    }
}

fn see_node((lookout, metrics): (&Lookout, &Metrics), event: Event<SlimNode>) {
    match event {
        Event::Init => lookout.begin_nodes(),
        Event::InitApply(node) | Event::Apply(node) => {
            let launch = NodeSight::of(&node).and_then(|node| lookout.see_node(Timestamp::now(), node));
            launch.into_iter().for_each(|took| metrics.node_started(took));
        }
        Event::Delete(node) => lookout.lose_node(node.metadata.name.as_deref().unwrap_or_default()),
        Event::InitDone => lookout.end_nodes(),
    }
}

fn see_claim((lookout, metrics): (&Lookout, &Metrics), event: Event<SlimClaim>) {
    match event {
        Event::InitApply(claim) | Event::Apply(claim) => {
            let launch =
                NodeClaimSight::of(&claim).and_then(|claim| lookout.see_claim(Timestamp::now(), claim));
            launch.into_iter().for_each(|took| metrics.node_started(took));
        }
        Event::Delete(claim) => {
            if let Some(claim) = NodeClaimSight::of(&claim) {
                lookout.lose_claim(&claim);
            }
        }
        Event::Init => lookout.begin_claims(),
        Event::InitDone => {}
    }
}

/// Watches NodeClaims while the cluster has their API: it may come and go.
async fn claims(client: &Client, told: (&Lookout, &Metrics)) {
    let gvk = GroupVersionKind::gvk("karpenter.sh", "v1", "NodeClaim");
    let resource = ApiResource::from_gvk_with_plural(&gvk, "nodeclaims");
    loop {
        let api: Api<SlimClaim> = Api::all_with(client.clone(), &resource);
        // One is enough to know whether they can be listed.
        if api.list(&ListParams::default().limit(1)).await.is_ok() {
            let gone = async {
                loop {
                    tokio::time::sleep(API_EVERY).await;
                    let listed = api.list(&ListParams::default().limit(1)).await;
                    if matches!(listed, Err(kube::Error::Api(status)) if status.code == 404) {
                        return;
                    }
                }
            };
            tokio::select! {
                () = follow("nodeclaims", api.clone(), None, |event| see_claim(told, event)) => {}
                () = gone => info!("there are no nodeclaims any more"),
            }
        }
        tokio::time::sleep(API_EVERY).await;
    }
}

/// Lists the pods of namespaces in which a scaler has come: they were not kept when they were seen.
async fn catch_up(client: &Client, lookout: &Lookout, mut new: mpsc::UnboundedReceiver<Arc<str>>) {
    while let Some(first) = new.recv().await {
        tokio::time::sleep(CATCH_UP_AFTER).await;
        let mut namespaces = vec![first];
        while let Ok(next) = new.try_recv() {
            namespaces.push(next);
        }
        namespaces.sort_unstable();
        namespaces.dedup();
        for namespace in namespaces {
            let api = pods(client, Some(&namespace));
            let mut page = ListParams::default().fields(ALIVE).limit(PAGE);
            while let Ok(list) = api.list(&page).await {
                list.items.iter().for_each(|pod| lookout.see_pod(pod));
                match list.metadata.continue_.filter(|token| !token.is_empty()) {
                    Some(token) => page = page.continue_token(&token),
                    None => break,
                }
            }
        }
    }
}

/// Tells what one watch sees, for ever.
async fn follow<K>(what: &'static str, api: Api<K>, fields: Option<&str>, mut see: impl FnMut(Event<K>))
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut config = watcher::Config::default().page_size(PAGE).timeout(WATCH_S);
    if let Some(fields) = fields {
        config = config.fields(fields);
    }
    let mut stream = watcher(api, config).default_backoff().boxed();
    let mut told = None::<tokio::time::Instant>;
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => {
                if matches!(event, Event::InitDone) {
                    info!(what, "watching");
                }
                see(event);
            }
            Err(error) if told.is_none_or(|told| TOLD_EVERY <= told.elapsed()) => {
                told = Some(tokio::time::Instant::now());
                warn!(what, %error, "watch failed, what was seen stands");
            }
            Err(_) => {}
        }
    }
}
