//! How we stand in the API server: what readiness, logs and events say of it.

use std::fmt;

use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;

use super::{
    API_SERVICE,
    decision::{Act, Place, Refusal},
    former,
};
use crate::upstream::Origin;

/// How we stand. Prints as the sentence for operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has looked yet.
    Unknown,
    /// Reads come to us.
    Ours {
        /// Whom we took it over from: metrics that are not ours are asked of it.
        former: Option<Origin>,
    },
    /// The leader has to write first.
    Waiting,
    /// Reads go to another.
    Refused(Refusal),
    /// It could not be looked after, and will be tried again.
    Failed {
        /// Why.
        error: String,
    },
}

impl Standing {
    /// What follows from `existing`, about which `act` is still to be done.
    pub(super) fn of(existing: Option<&APIService>, place: &Place, act: Act) -> Self {
        match (act, existing) {
            (Act::Refuse(refusal), _) => Self::Refused(refusal),
            (Act::Keep | Act::Update, Some(existing)) if place.is_of(existing) => {
                Self::Ours { former: former::server(existing) }
            }
            (Act::Create | Act::TakeOver | Act::Keep | Act::Update, _) => Self::Waiting,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => write!(f, "APIService `{API_SERVICE}` has not been looked at yet"),
            Self::Ours { former: None } => write!(f, "APIService `{API_SERVICE}` is ours"),
            Self::Ours { former: Some(former) } => write!(
                f,
                "APIService `{API_SERVICE}` is ours, taken over from Service `{}/{}`",
                former.namespace, former.service
            ),
            Self::Waiting => write!(f, "APIService `{API_SERVICE}` waits for the leader to register it"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Failed { error } => write!(f, "APIService `{API_SERVICE}` cannot be looked after: {error}"),
        }
    }
}
