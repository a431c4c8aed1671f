//! The end of a registration: the APIService goes back to the server that had it, or away if none had. First the lease
//! is taken from all replicas, so that none of them registers again.

use std::fmt;

use anyhow::{Context, bail};
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::{APIService, APIServiceSpec};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, PostParams, Preconditions},
};
use tracing::debug;

use super::{API_SERVICE, FIELD_MANAGER, FORMER_ANNOTATION, Place, former};
use crate::lease::depose;

/// Nobody writes the object all the time: a second try is rare.
const MOST_TRIES: u32 = 5;

/// What was done. Prints as the line that the command ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandedBack {
    /// It was not ours.
    Nothing,
    /// Nobody had had it: it was deleted.
    Deleted,
    /// It is as it was before us.
    Restored,
    /// It had been taken back already: our note was removed.
    Forgotten,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
enum Act {
    Nothing,
    Delete,
    Restore(Box<APIServiceSpec>),
    Forget,
}

/// Gives the APIService back, with `lease` the name of the controller's Lease in its namespace.
///
/// # Errors
///
/// The lease or the APIService can neither be read nor written, or the note of what was there before cannot be read:
/// then nothing is changed.
pub async fn hand_back(client: Client, place: &Place, lease: &str) -> anyhow::Result<HandedBack> {
    depose(client.clone(), &place.namespace, lease).await.context("the leader cannot be stopped")?;
    let services = Api::<APIService>::all(client);
    for _ in 0..MOST_TRIES {
        let Some(existing) = services.get_opt(API_SERVICE).await? else { return Ok(HandedBack::Nothing) };
        let act = decide(&existing, place)?;
        match apply(&services, existing, act).await {
            Ok(done) => return Ok(done),
            Err(kube::Error::Api(status)) if status.is_conflict() => debug!("another was quicker"),
            Err(error) => return Err(error).context(format!("APIService `{API_SERVICE}`")),
        }
    }
    bail!("APIService `{API_SERVICE}` was written by others {MOST_TRIES} times in a row")
}

fn decide(existing: &APIService, place: &Place) -> anyhow::Result<Act> {
    let former = former::read(existing);
    Ok(match (place.is_of(existing), former) {
        (false, None) => Act::Nothing,
        (false, Some(_)) => Act::Forget,
        (true, None) => Act::Delete,
        (true, Some(former)) => {
            let context = || format!("annotation `{FORMER_ANNOTATION}` of APIService `{API_SERVICE}`");
            Act::Restore(Box::new(former.with_context(context)?))
        }
    })
}

/// Acts on `existing` at the version that was looked at.
async fn apply(services: &Api<APIService>, existing: APIService, act: Act) -> kube::Result<HandedBack> {
    match act {
        Act::Nothing => Ok(HandedBack::Nothing),
        Act::Delete => {
            let preconditions =
                Preconditions { resource_version: existing.resource_version(), uid: existing.uid() };
            let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
            services.delete(API_SERVICE, &params).await?;
            Ok(HandedBack::Deleted)
        }
        Act::Restore(spec) => {
            replace(services, APIService { spec: Some(*spec), ..existing }).await?;
            Ok(HandedBack::Restored)
        }
        Act::Forget => {
            replace(services, existing).await?;
            Ok(HandedBack::Forgotten)
        }
    }
}

async fn replace(services: &Api<APIService>, mut service: APIService) -> kube::Result<()> {
    service.annotations_mut().remove(FORMER_ANNOTATION);
    let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    services.replace(API_SERVICE, &params, &service).await.map(|_| ())
}

impl fmt::Display for HandedBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "the external metrics API was not ours",
            Self::Deleted => "the external metrics API is taken down",
            Self::Restored => "the external metrics API is back with the server that had it",
            Self::Forgotten => "the external metrics API had been taken back already",
        })
    }
}
