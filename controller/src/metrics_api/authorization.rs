//! What a caller may read: everything for `system:masters`, and otherwise what kube-apiserver says in a
//! SubjectAccessReview.

use std::{sync::Arc, time::Duration};

use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
    SubjectAccessReviewStatus,
};
use kube::{Api, Resource, api::PostParams};
use tokio::sync::Semaphore;

use super::{
    Caller, GROUP, VERSION,
    memory::{Answer, Away, Memory},
    refusal::{Cause, Refusal},
    wanted::{Act, Wanted},
};
use crate::{
    api::{DemandEvent, PredictiveScaler},
    telemetry::Metrics,
};

/// The group that may do everything.
const MASTERS: &str = "system:masters";
/// The subresource that signals are pushed to. It is nothing but a right.
const SIGNALS: &str = "signals";
/// The verb of a read: it is a list, by its kind.
const VERB: &str = "list";
/// Long enough for several polls of an HPA, also of one whose controller is behind (48 s measured), and a fraction of
/// the 5 minutes for which kube-apiserver keeps its own webhook's word.
const ALLOWED_FOR: Duration = Duration::from_secs(120);
/// A right that was just granted works within one poll.
const DENIED_FOR: Duration = Duration::from_secs(10);
/// Reviews at once: after a start, thousands of namespaces may ask.
const MOST_AT_ONCE: usize = 32;

/// What kube-apiserver says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Allowed,
    Denied(Arc<str>),
}

impl Answer for Said {
    fn holds_for(&self) -> Duration {
        match self {
            Self::Allowed => ALLOWED_FOR,
            Self::Denied(_) => DENIED_FOR,
        }
    }
}

/// Tells what callers may read.
pub struct Authorization {
    reviews: Api<SubjectAccessReview>,
    places: Semaphore,
    memory: Memory<(Arc<Caller>, Wanted), Said>,
    metrics: Metrics,
}

impl Authorization {
    /// By reviews of `client`'s API server, which are counted in `metrics`.
    #[must_use]
    pub fn new(client: kube::Client, metrics: Metrics) -> Self {
        let (places, memory) = (Semaphore::new(MOST_AT_ONCE), Memory::default());
        Self { reviews: Api::all(client), places, memory, metrics }
    }

    /// Lets `caller` have what it wants.
    ///
    /// # Errors
    ///
    /// It has no right, or nobody can say whether it has.
    pub(crate) async fn allow(&self, caller: &Arc<Caller>, wanted: &Wanted) -> Result<(), Refusal> {
        if caller.groups.iter().any(|group| group == MASTERS) {
            return Ok(());
        }
        let question = (Arc::clone(caller), wanted.clone());
        let recalled = self.memory.recall(&question, || self.review(caller, wanted)).await;
        match recalled.inspect(|(_, by)| self.metrics.access_reviewed(*by)) {
            Ok((Said::Allowed, _)) => Ok(()),
            Ok((Said::Denied(reason), _)) => {
                let act = describe(caller, wanted);
                let words = if reason.is_empty() { act } else { format!("{act}: {reason}") };
                Err(Refusal::new(Cause::Forbidden, words))
            }
            Err(Away(failure)) => {
                let message = format!("nobody can say now whether this is allowed: {failure}");
                Err(Refusal::new(Cause::ServiceUnavailable, message))
            }
        }
    }

    async fn review(&self, caller: &Caller, wanted: &Wanted) -> Result<Said, Away> {
        let _place = self.places.acquire().await.expect("the places are never closed");
        let review = SubjectAccessReview { spec: spec(caller, wanted), ..SubjectAccessReview::default() };
        let answer = self.reviews.create(&PostParams::default(), &review).await;
        let status = answer.map_err(|error| Away(error.to_string()))?.status;
        Ok(said(status.unwrap_or_default()))
    }
}

fn said(status: SubjectAccessReviewStatus) -> Said {
    if status.allowed && status.denied != Some(true) {
        Said::Allowed
    } else {
        Said::Denied(status.reason.unwrap_or_default().into())
    }
}

fn spec(caller: &Caller, wanted: &Wanted) -> SubjectAccessReviewSpec {
    let spec = SubjectAccessReviewSpec {
        user: Some(caller.name.clone()),
        uid: Some(caller.uid.clone()).filter(|uid| !uid.is_empty()),
        groups: Some(caller.groups.clone()),
        extra: Some(caller.extra.clone().into_iter().collect()),
        ..SubjectAccessReviewSpec::default()
    };
    match wanted {
        Wanted::Metric { namespace, metric } => SubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                group: Some(GROUP.to_owned()),
                version: Some(VERSION.to_owned()),
                resource: Some(metric.clone()),
                namespace: Some(namespace.clone()),
                verb: Some(VERB.to_owned()),
                ..ResourceAttributes::default()
            }),
            ..spec
        },
        Wanted::Push { scaler } => SubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                subresource: Some(SIGNALS.to_owned()),
                name: Some(scaler.name.to_string()),
                ..scalers(&scaler.namespace, "create")
            }),
            ..spec
        },
        Wanted::Scalers { namespace } => {
            SubjectAccessReviewSpec { resource_attributes: Some(scalers(namespace, "list")), ..spec }
        }
        Wanted::Objects { act, namespace } => {
            SubjectAccessReviewSpec { resource_attributes: Some(act.attributes(namespace)), ..spec }
        }
        Wanted::Path { verb, path } => SubjectAccessReviewSpec {
            non_resource_attributes: Some(NonResourceAttributes {
                path: Some(path.clone()),
                verb: Some(verb.clone()),
            }),
            ..spec
        },
        // No right is asked for what is not there, and a review without attributes is refused.
        Wanted::NoData => spec,
    }
}

fn scalers(namespace: &str, verb: &str) -> ResourceAttributes {
    objects::<PredictiveScaler>(namespace, verb)
}

fn objects<K: Resource<DynamicType = ()>>(namespace: &str, verb: &str) -> ResourceAttributes {
    ResourceAttributes {
        group: Some(K::group(&()).into_owned()),
        version: Some(K::version(&()).into_owned()),
        resource: Some(K::plural(&()).into_owned()),
        namespace: Some(namespace.to_owned()),
        verb: Some(verb.to_owned()),
        ..ResourceAttributes::default()
    }
}

impl Act {
    fn attributes(self, namespace: &str) -> ResourceAttributes {
        match self {
            Self::SeeScalers => scalers(namespace, "get"),
            Self::SeeEvents => objects::<DemandEvent>(namespace, "get"),
            Self::ChangeEvents => objects::<DemandEvent>(namespace, "update"),
        }
    }
}

/// In the words of kube-apiserver.
fn describe(caller: &Caller, wanted: &Wanted) -> String {
    let user = &caller.name;
    match wanted {
        Wanted::Metric { namespace, metric } => format!(
            "{metric}.{GROUP} is forbidden: User \"{user}\" cannot {VERB} resource \"{metric}\" in API group \
             \"{GROUP}\" in the namespace \"{namespace}\""
        ),
        Wanted::Push { scaler } => format!(
            "predictivescalers.prescale.dev \"{}\" is forbidden: User \"{user}\" cannot create resource \
             \"predictivescalers/{SIGNALS}\" in API group \"prescale.dev\" in the namespace \"{}\"",
            scaler.name, scaler.namespace
        ),
        Wanted::Scalers { namespace } => format!(
            "predictivescalers.prescale.dev is forbidden: User \"{user}\" cannot list resource \"predictivescalers\" in \
             API group \"prescale.dev\" in the namespace \"{namespace}\""
        ),
        Wanted::Objects { act, namespace } => {
            let ResourceAttributes { verb, resource, .. } = act.attributes(namespace);
            let (verb, resource) = (verb.unwrap_or_default(), resource.unwrap_or_default());
            format!(
                "{resource}.prescale.dev is forbidden: User \"{user}\" cannot {verb} resource \"{resource}\" in API group \
                 \"prescale.dev\" in the namespace \"{namespace}\""
            )
        }
        Wanted::Path { verb, path } => format!("forbidden: User \"{user}\" cannot {verb} path \"{path}\""),
        Wanted::NoData => format!("forbidden: User \"{user}\" wants nothing that is here"),
    }
}
