//! Our place in the API server: one APIService for each cluster says who serves external metrics. The leader keeps it
//! ours where it is ours or nobody's; another server's is refused in words, unless we are told to take it over. Every
//! replica looks, since every replica serves reads. [`decide`] holds the rules.

mod decision;
mod former;
mod hand_back;
mod standing;

use std::{sync::Arc, time::Duration};

use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::{
    Api, Client,
    api::{Patch, PatchParams},
};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

pub use decision::{Act, Ours, Place, Policy, Refusal, decide};
pub use former::FORMER_ANNOTATION;
pub use hand_back::{HandedBack, hand_back};
pub use standing::Standing;

use crate::lease::Leadership;

/// The APIService of external metrics.
pub const API_SERVICE: &str = "v1beta1.external.metrics.k8s.io";
/// Who writes, in the eyes of server-side apply.
const FIELD_MANAGER: &str = "prescale";
/// Pause between two looks: an operator reads of a rival within 10 s, and a new bundle, which is announced an hour
/// before it is needed, is in place as soon. A replica costs the API server a tenth of a read a second.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// One look with its write: both answer in milliseconds as a rule, and the next look is due after this.
const LOOK_WITHIN: Duration = Duration::from_secs(8);

/// Our certificate authorities' bundle of now, PEM; empty where the system's vouch for us.
pub type BundleOfNow = Arc<dyn Fn() -> String + Send + Sync>;

/// What keeps us registered.
pub struct Registration {
    services: Api<APIService>,
    place: Place,
    policy: Policy,
    bundle: BundleOfNow,
    told: watch::Sender<Standing>,
}

impl Registration {
    /// The registration of the server at `place`, and where to hear how it stands.
    #[must_use]
    pub fn new(
        client: Client,
        place: Place,
        policy: Policy,
        bundle: BundleOfNow,
    ) -> (Self, watch::Receiver<Standing>) {
        let (told, hear) = watch::channel(Standing::Unknown);
        (Self { services: Api::all(client), place, policy, bundle, told }, hear)
    }

    /// Looks, and writes while this replica leads, until `shutdown`.
    pub async fn run(self, mut leadership: watch::Receiver<Leadership>, shutdown: CancellationToken) {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                Ok(()) = leadership.changed() => {}
                _ = looks.tick() => {}
            }
            let leadership = leadership.borrow_and_update().clone();
            match timeout(LOOK_WITHIN, self.look(&leadership)).await {
                Ok(Ok(standing)) => self.tell(standing),
                Ok(Err(error)) => self.fail(error.to_string()),
                Err(_) => self.fail("the API server did not answer in time".to_owned()),
            }
        }
    }

    async fn look(&self, leadership: &Leadership) -> kube::Result<Standing> {
        let existing = self.services.get_opt(API_SERVICE).await?;
        let ours = Ours { place: self.place.clone(), ca_bundle: (self.bundle)() };
        let act = decide(existing.as_ref(), &ours, self.policy);
        let is_due = matches!(act, Act::Create | Act::Update | Act::TakeOver);
        if is_due && *leadership == Leadership::Leading {
            let applied = self.apply(&act, &ours, existing.as_ref()).await?;
            return Ok(Standing::of(Some(&applied), &ours.place, Act::Keep));
        }
        Ok(Standing::of(existing.as_ref(), &ours.place, act))
    }

    async fn apply(&self, act: &Act, ours: &Ours, existing: Option<&APIService>) -> kube::Result<APIService> {
        let params = PatchParams::apply(FIELD_MANAGER);
        // What is there may be overwritten, at the version that was decided upon. What is not there when we look, and
        // is when we write, is somebody else's: it is not forced, and the next look tells.
        let params = if existing.is_some() { params.force() } else { params };
        let applied =
            self.services.patch(API_SERVICE, &params, &Patch::Apply(ours.applied(existing))).await?;
        info!(?act, service = %ours.place, "registered as the server of external metrics");
        Ok(applied)
    }

    /// Where we are registered, a look that failed changes nothing.
    fn fail(&self, error: String) {
        warn!(error, "registration cannot be looked after");
        if !matches!(*self.told.borrow(), Standing::Ours { .. }) {
            self.tell(Standing::Failed { error });
        }
    }

    fn tell(&self, now: Standing) {
        self.told.send_if_modified(|told| {
            let changed = *told != now;
            if changed {
                if let Standing::Refused(refusal) = &now {
                    warn!(%refusal, "external metrics are not served by us");
                } else {
                    info!(standing = %now, "registration changed");
                }
                *told = now;
            }
            changed
        });
    }
}
