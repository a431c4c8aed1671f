//! What is answered to a push of which something was taken: how many samples are new, known, and refused.

use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{problem::Problem, store::Outcome};

/// Reasons that are told; the rest of a batch has mostly the same one.
const MOST_TOLD: usize = 20;

/// A sample that was refused.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Refused {
    /// Its place in the batch, from 0.
    pub(super) index: usize,
    pub(super) reason: String,
}

/// The wire shape.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Answer {
    pub(super) accepted: usize,
    /// Those that were known already, or are older than another of their step.
    pub(super) duplicates: usize,
    pub(super) refused: usize,
    /// Of the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) reasons: Vec<Refused>,
}

/// What came of a batch: a problem, where all of it was refused.
pub(super) fn answer(outcome: Outcome) -> Result<Answer, Problem> {
    let refused = outcome.refused.len();
    let told = outcome.refused.into_iter().take(MOST_TOLD);
    let reasons: Vec<_> = told.map(|(index, reason)| Refused { index, reason }).collect();
    let (accepted, duplicates) = (outcome.accepted, outcome.duplicates);
    match reasons.first() {
        Some(first) if accepted + duplicates == 0 => {
            let detail = first.reason.clone();
            let field = detail.split(' ').next().map(|field| match refused {
                1 => field.to_owned(),
                _ => format!("[{}].{field}", first.index),
            });
            Err(Problem { field, refused: reasons, ..Problem::new(StatusCode::BAD_REQUEST, detail) })
        }
        Some(_) | None => Ok(Answer { accepted, duplicates, refused, reasons }),
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let bytes = serde_json::to_vec(&self).expect("an answer is plain JSON");
        ([(CONTENT_TYPE, "application/json")], bytes).into_response()
    }
}
