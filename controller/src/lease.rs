//! Who leads: one replica of the controller plans and writes, by a Lease that it keeps renewing. The rules are those of
//! Kubernetes' own components; [`decide`] holds them, and this file asks and tells the API server.
//!
//! A leader that cannot renew has stopped leading [`RENEW_WITHIN`] after its last renewal was sent; nobody else starts
//! before the lease has stood unchanged for [`LASTS`] since they first saw it, which is later still.

mod decision;
mod depose;

use std::{future::pending, time::Duration};

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use kube::{Api, Client, ResourceExt, api::PostParams};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

pub use decision::{ADDRESS_ANNOTATION, Act, decide};
pub use depose::{HELD_FOR, depose};

/// How long a lease holds after it was seen to change.
pub const LASTS: Duration = Duration::from_secs(15);
/// A leader that has not renewed for this long has stopped: 5 s before another may start.
pub const RENEW_WITHIN: Duration = Duration::from_secs(10);
/// Pause between two looks, by leader and candidates alike: four renewals may fail before the leader stops.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);
/// One look with what follows from it, so that one that hangs leaves time for another before [`RENEW_WITHIN`].
const LOOK_WITHIN: Duration = Duration::from_secs(4);
/// Giving the lease back must not keep a replica from ending: its grace period is 30 s as a rule.
const RELEASE_WITHIN: Duration = Duration::from_secs(3);
/// A lease that was given back holds for the least time there is.
const RELEASED_LASTS_S: i32 = 1;

/// Whether this replica leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leadership {
    /// It plans, and writes to the cluster.
    Leading,
    /// It answers reads, and takes the board from the leader.
    Following {
        /// Where the leader is, `host:port`; `None` while nobody leads or the leader does not say.
        leader: Option<String>,
    },
}

/// One that would lead.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The namespace of the lease: the controller's own.
    pub namespace: String,
    /// The name of the lease.
    pub lease: String,
    /// Who this is, alone among all replicas: the pod's name.
    pub identity: String,
    /// Where fellow replicas reach it, `host:port`.
    pub address: String,
}

/// A candidate at work.
pub struct Election {
    leases: Api<Lease>,
    me: Candidate,
    seen: Option<Seen>,
    renewed_at: Option<Instant>,
    told: watch::Sender<Leadership>,
}

/// The version of the lease that was last seen, `None` where there was none, and since when.
struct Seen {
    version: Option<String>,
    since: Instant,
}

impl Election {
    /// A candidate, and where to hear whether it leads. It does not until [`Self::run`] has taken the lease.
    #[must_use]
    pub fn new(client: Client, me: Candidate) -> (Self, watch::Receiver<Leadership>) {
        let (told, hear) = watch::channel(Leadership::Following { leader: None });
        let leases = Api::namespaced(client, &me.namespace);
        (Self { leases, me, seen: None, renewed_at: None, told }, hear)
    }

    /// Stands for election until `shutdown`, then gives the lease back: cancel it once the work of a leader has ended.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                () = run_out(self.leads_until()) => self.stop_leading(),
                // A look that has begun is not cut off: it may just have taken the lease, and then gives it back.
                _ = looks.tick() => self.look_in_time().await,
            }
        }
        self.release().await;
    }

    /// Looks once. One that the API server keeps waiting is given up when the time to lead has run out.
    async fn look_in_time(&mut self) {
        let latest = Instant::now() + LOOK_WITHIN;
        let give_up_at = self.leads_until().map_or(latest, |until| until.min(latest));
        match timeout_at(give_up_at, self.look()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(lease = self.me.lease, %error, "lease cannot be read or renewed"),
            Err(_) => warn!(lease = self.me.lease, "lease was not answered in time"),
        }
    }

    /// Until when this replica leads if it does not renew; `None` where it does not lead.
    fn leads_until(&self) -> Option<Instant> {
        self.renewed_at.map(|renewed_at| renewed_at + RENEW_WITHIN)
    }

    fn stop_leading(&mut self) {
        warn!(lease = self.me.lease, "lease was not renewed in time");
        self.renewed_at = None;
        self.tell(Leadership::Following { leader: None });
    }

    async fn look(&mut self) -> kube::Result<()> {
        let lease = self.leases.get_opt(&self.me.lease).await?;
        let unchanged = self.unchanged(lease.as_ref());
        match decide(lease.as_ref(), &self.me.identity, unchanged, LASTS) {
            Act::Wait { leader } => {
                self.renewed_at = None;
                self.tell(Leadership::Following { leader });
                Ok(())
            }
            Act::Create | Act::Take | Act::Renew => self.hold(lease).await,
        }
    }

    /// How long the lease has stood as it is.
    fn unchanged(&mut self, lease: Option<&Lease>) -> Duration {
        let version = lease.and_then(ResourceExt::resource_version);
        let now = Instant::now();
        match &self.seen {
            Some(seen) if seen.version == version => now - seen.since,
            _ => {
                self.seen = Some(Seen { version, since: now });
                Duration::ZERO
            }
        }
    }

    /// Creates, takes or renews the lease. The server refuses when another was quicker; the next look tells who.
    async fn hold(&mut self, lease: Option<Lease>) -> kube::Result<()> {
        // Our time runs from before the request, theirs from when they see what came of it.
        let sent_at = Instant::now();
        let params = PostParams::default();
        let ours = self.ours(lease.as_ref(), Timestamp::now());
        let held = match lease {
            None => self.leases.create(&params, &ours).await,
            Some(_) => self.leases.replace(&self.me.lease, &params, &ours).await,
        };
        match held {
            Ok(_) => {
                self.renewed_at = Some(sent_at);
                self.tell(Leadership::Leading);
                Ok(())
            }
            Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => {
                debug!(lease = self.me.lease, "another was quicker");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The lease as we want it after `old`, whose resource version makes the server refuse what has changed meanwhile.
    fn ours(&self, old: Option<&Lease>, now: Timestamp) -> Lease {
        let mut metadata = old.map_or_else(
            || ObjectMeta { name: Some(self.me.lease.clone()), ..ObjectMeta::default() },
            |old| old.metadata.clone(),
        );
        let annotations = metadata.annotations.get_or_insert_default();
        annotations.insert(ADDRESS_ANNOTATION.to_owned(), self.me.address.clone());
        let old = old.and_then(|old| old.spec.clone());
        Lease { metadata, spec: Some(held(old, &self.me.identity, LASTS, now)) }
    }

    /// Gives the lease back, so that another starts at its next look.
    async fn release(mut self) {
        self.renewed_at = None;
        self.tell(Leadership::Following { leader: None });
        match timeout(RELEASE_WITHIN, self.give_back()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(lease = self.me.lease, %error, "lease cannot be given back"),
            Err(_) => warn!(lease = self.me.lease, "lease cannot be given back in time"),
        }
    }

    /// Also where this replica does not think that it leads: a request that was given up may have taken the lease.
    async fn give_back(&self) -> kube::Result<()> {
        let Some(mut lease) = self.leases.get_opt(&self.me.lease).await? else { return Ok(()) };
        if decision::holder(&lease) != Some(&self.me.identity) {
            return Ok(());
        }
        let spec = lease.spec.get_or_insert_default();
        spec.holder_identity = None;
        spec.lease_duration_seconds = Some(RELEASED_LASTS_S);
        spec.renew_time = Some(MicroTime(Timestamp::now()));
        lease.metadata.annotations.get_or_insert_default().remove(ADDRESS_ANNOTATION);
        self.leases.replace(&self.me.lease, &PostParams::default(), &lease).await?;
        info!(lease = self.me.lease, "lease given back");
        Ok(())
    }

    fn tell(&self, now: Leadership) {
        self.told.send_if_modified(|told| {
            let changed = *told != now;
            if changed {
                info!(lease = self.me.lease, identity = self.me.identity, leadership = ?now, "leadership changed");
                *told = now;
            }
            changed
        });
    }
}

/// The lease after `old`, held by `identity` from `now` on.
fn held(old: Option<LeaseSpec>, identity: &str, lasts: Duration, now: Timestamp) -> LeaseSpec {
    let mut spec = old.unwrap_or_default();
    if spec.holder_identity.as_deref() != Some(identity) {
        spec.acquire_time = Some(MicroTime(now));
        spec.lease_transitions = Some(spec.lease_transitions.map_or(0, |transitions| transitions + 1));
    }
    spec.holder_identity = Some(identity.to_owned());
    spec.lease_duration_seconds = Some(i32::try_from(lasts.as_secs()).expect("a minute at most"));
    spec.renew_time = Some(MicroTime(now));
    spec
}

/// Waits for `until`; forever where there is none.
async fn run_out(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => pending().await,
    }
}
