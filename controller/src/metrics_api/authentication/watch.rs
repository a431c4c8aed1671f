//! Follows the ConfigMap that says whom to trust. CAs rotate while connections stay: the whole configuration is
//! swapped at once, and one that cannot be read leaves the former in use.

use std::sync::Arc;

use anyhow::Context;
use arc_swap::ArcSwap;
use futures::{StreamExt, pin_mut};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client,
    runtime::{WatchStreamExt, watcher},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::trust::Trust;

/// Where the ConfigMap is.
const NAMESPACE: &str = "kube-system";
/// Its name.
const NAME: &str = "extension-apiserver-authentication";

/// Reads it once, for the start: without it nobody would be known.
///
/// # Errors
///
/// It cannot be had, or not be read.
pub async fn load_trust(client: Client) -> anyhow::Result<Arc<ArcSwap<Trust>>> {
    let place = || format!("ConfigMap {NAMESPACE}/{NAME}");
    let map = Api::<ConfigMap>::namespaced(client, NAMESPACE).get(NAME).await.with_context(place)?;
    let trust = Trust::read(&map.data.unwrap_or_default()).with_context(place)?;
    Ok(Arc::new(ArcSwap::from_pointee(trust)))
}

/// Keeps `trust` up to date until `shutdown`.
pub async fn watch_trust(client: Client, trust: Arc<ArcSwap<Trust>>, shutdown: CancellationToken) {
    let maps = watcher::watch_object(Api::<ConfigMap>::namespaced(client, NAMESPACE), NAME).default_backoff();
    let follow = async {
        pin_mut!(maps);
        while let Some(event) = maps.next().await {
            match event {
                Ok(Some(map)) => renew(&trust, map),
                Ok(None) => {
                    warn!("the cluster's authentication configuration is gone: the last one stays in use");
                }
                Err(error) => warn!(%error, "the cluster's authentication configuration cannot be watched"),
            }
        }
    };
    shutdown.run_until_cancelled(follow).await;
}

fn renew(trust: &ArcSwap<Trust>, map: ConfigMap) {
    match Trust::read(&map.data.unwrap_or_default()) {
        Ok(new) => {
            trust.store(Arc::new(new));
            info!(
                version = map.metadata.resource_version,
                "the cluster's authentication configuration is in use"
            );
        }
        Err(error) => {
            warn!(%error, "the cluster's authentication configuration is refused: the last one stays");
        }
    }
}
