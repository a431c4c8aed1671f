//! Changes to DemandEvents, made by the API server with the rights of who asks for them, and its refusals in its own
//! words. What is sent was checked as every file is that people write.

use std::time::Duration;

use axum::http::StatusCode;
use kube::{
    Api, Client,
    api::{DeleteParams, PostParams, Preconditions},
    core::Status,
};

use crate::{
    api::{DemandEvent, Problems},
    web::{
        events::Which,
        wire::{FieldError, Problem},
    },
};

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// There is nothing to write by.
    #[error("{0}")]
    NoCredential(&'static str),
    /// It is not written well.
    #[error(transparent)]
    Malformed(#[from] Problems),
    /// The API server refuses it, or cannot be asked.
    #[error(transparent)]
    Cluster(#[from] kube::Error),
    /// It did not answer.
    #[error("the API server has not answered within {} s: look whether the change was made", .0.as_secs())]
    Late(Duration),
}

/// Writes a new event.
pub(super) async fn create(client: Client, event: &DemandEvent) -> Result<DemandEvent, Refused> {
    let mut event = event.clone();
    event.metadata.resource_version = None;
    Ok(events(client, &event).create(&PostParams::default(), &event).await?)
}

/// Writes an event in the place of the one that is there. What a draft does not speak of stays: annotations, owners.
pub(super) async fn update(client: Client, event: &DemandEvent) -> Result<DemandEvent, Refused> {
    let (events, name) = (events(client, event), event.metadata.name.as_deref().unwrap_or_default());
    let mut there = events.get(name).await?;
    there.spec = event.spec.clone();
    there.metadata.labels.clone_from(&event.metadata.labels);
    if event.metadata.resource_version.is_some() {
        there.metadata.resource_version.clone_from(&event.metadata.resource_version);
    }
    Ok(events.replace(name, &PostParams::default(), &there).await?)
}

/// Deletes an event, of the version that is meant.
pub(super) async fn delete(client: Client, which: &Which) -> Result<(), Refused> {
    let events: Api<DemandEvent> = Api::namespaced(client, &which.namespace);
    let preconditions = which
        .resource_version
        .as_ref()
        .map(|version| Preconditions { resource_version: Some(version.clone()), uid: None });
    events.delete(&which.name, &DeleteParams { preconditions, ..DeleteParams::default() }).await?;
    Ok(())
}

fn events(client: Client, event: &DemandEvent) -> Api<DemandEvent> {
    Api::namespaced(client, event.metadata.namespace.as_deref().unwrap_or_default())
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let words = refused.to_string();
        match refused {
            Refused::NoCredential(_) => Self::new(StatusCode::FORBIDDEN, words),
            Refused::Malformed(problems) => {
                let errors = problems.0.iter().map(field_error).collect();
                Self { errors, ..Self::unprocessable(words) }
            }
            Refused::Cluster(kube::Error::Api(status)) => of_status(&status),
            Refused::Cluster(_) => {
                Self::new(StatusCode::BAD_GATEWAY, format!("the API server cannot be asked: {words}"))
            }
            Refused::Late(_) => Self::new(StatusCode::GATEWAY_TIMEOUT, words),
        }
    }
}

/// The field as a draft has it, and what is wrong with it.
fn field_error(problem: &crate::api::Problem) -> FieldError {
    let field = problem.field.strip_prefix("spec.").or(problem.field.strip_prefix("metadata."));
    FieldError { field: field.unwrap_or(&problem.field).to_owned(), detail: problem.to_string() }
}

/// A refusal of the API server, in its words.
fn of_status(status: &Status) -> Problem {
    let code = StatusCode::from_u16(status.code).unwrap_or(StatusCode::BAD_GATEWAY);
    match code {
        // That the page would take for its own session.
        StatusCode::UNAUTHORIZED => Problem::new(
            StatusCode::FORBIDDEN,
            "the API server does not take your token any more: sign in again, with a new one",
        ),
        code => Problem::new(code, status.message.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::WrittenDuration,
        web::{
            draft::written,
            wire::{EventDraft, ExpectedDemandDraft},
        },
    };

    fn draft() -> EventDraft {
        EventDraft {
            namespace: "live".to_owned(),
            name: "semi-final".to_owned(),
            class: "kick-off".to_owned(),
            starts_at: "2026-07-07T19:00:00".to_owned(),
            time_zone: Some("Europe/Paris".to_owned()),
            duration: Some("2h".to_owned()),
            expected_demand: Some(ExpectedDemandDraft { peak: 40_000.0, ramp_up: None }),
            ..EventDraft::default()
        }
    }

    fn refused(draft: &EventDraft) -> Vec<(String, String)> {
        let problem = Problem::from(Refused::from(written(draft).unwrap_err()));
        assert_eq!(problem.status, 422);
        problem.errors.into_iter().map(|error| (error.field, error.detail)).collect()
    }

    #[test]
    fn a_draft_says_what_a_file_would() {
        let event = written(&draft()).unwrap();
        assert_eq!(event.metadata.name.as_deref(), Some("semi-final"));
        assert_eq!(event.spec.confidence, 1.0);
        assert_eq!(event.spec.expected_demand.unwrap().ramp_up, WrittenDuration::from_secs(600));
        assert_eq!(event.metadata.labels, None);
    }

    #[test]
    fn all_that_is_wrong_is_told_by_field() {
        let wrong = EventDraft {
            class: "Kick Off".to_owned(),
            duration: None,
            confidence: Some(2.0),
            expected_demand: Some(ExpectedDemandDraft { peak: -1.0, ramp_up: None }),
            ..draft()
        };
        let fields: Vec<_> = refused(&wrong).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["type", "endsAt", "confidence", "expectedDemand.peak"]);
        let soon = EventDraft { duration: Some("soon".to_owned()), ..draft() };
        let told = refused(&soon);
        assert!(told[0].0 == "duration" && told[0].1.contains("`soon`"), "{told:?}");
    }

    #[test]
    fn the_api_servers_words_are_passed_on() {
        let status = |code: u16| {
            let message = "demandevents.prescale.dev is forbidden: User \"ada\" cannot create".to_owned();
            kube::Error::Api(Box::new(Status { message, code, ..Status::default() }))
        };
        for (code, expected) in [(403, 403), (409, 409), (422, 422), (401, 403)] {
            assert_eq!(Problem::from(Refused::from(status(code))).status, expected);
        }
        assert!(Problem::from(Refused::from(status(403))).detail.contains("User \"ada\" cannot create"));
    }
}
