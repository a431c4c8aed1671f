//! Takes the lease from whoever leads, and from everybody else for a while: for the end of an installation, when what
//! the leader keeps up is to be taken down.

use std::time::Duration;

use anyhow::bail;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client, api::PostParams};
use tokio::time::sleep;
use tracing::{debug, info};

use super::{ADDRESS_ANNOTATION, RENEW_WITHIN, held};

/// How long nobody can lead after that: an uninstall ends the replicas within seconds, and one that fails leaves them
/// to go on after this.
pub const HELD_FOR: Duration = Duration::from_secs(60);
/// A leader writes the lease each 2 s, so hardly two tries in a row meet one of its writes.
const MOST_TRIES: u32 = 5;
/// Who holds the lease then.
const NOBODY: &str = "nobody: handed back";

/// Takes the lease, and returns once no replica leads. It does nothing where there is no lease.
///
/// # Errors
///
/// The lease can neither be read nor written.
pub async fn depose(client: Client, namespace: &str, lease: &str) -> anyhow::Result<()> {
    let leases = Api::<Lease>::namespaced(client, namespace);
    for _ in 0..MOST_TRIES {
        let Some(mut found) = leases.get_opt(lease).await? else { return Ok(()) };
        found.metadata.annotations.get_or_insert_default().remove(ADDRESS_ANNOTATION);
        found.spec = Some(held(found.spec.take(), NOBODY, HELD_FOR, Timestamp::now()));
        match leases.replace(lease, &PostParams::default(), &found).await {
            Ok(_) => {
                info!(lease, "lease taken, so that no replica leads");
                sleep(RENEW_WITHIN).await;
                return Ok(());
            }
            Err(kube::Error::Api(status)) if status.is_conflict() => debug!(lease, "another was quicker"),
            Err(error) => return Err(error.into()),
        }
    }
    bail!("Lease `{lease}` in namespace `{namespace}` was written by others {MOST_TRIES} times in a row")
}
