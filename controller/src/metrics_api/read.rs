//! The one route that carries data: a metric of a scaler, in its namespace.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension,
    extract::{Query, State},
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};

use super::{
    Answered,
    authentication::Caller,
    neighbour::{ForeignRead, Neighbour},
    refusal::{Cause, Refusal},
    selector::Asked,
    wanted::Wanted,
    wire::{Json, ValueList},
};
use crate::board::{Board, Metric, ScalerKey};

/// A read that was answered or refused.
#[derive(Debug)]
pub struct Read<'a> {
    /// By whom: the HPA controller's reads tell its real poll period.
    pub caller: &'a Caller,
    /// Of what; `None` for a name that is not ours.
    pub metric: Option<Metric>,
    /// Whose; `None` where the selector names no scaler, or the metric is not ours.
    pub scaler: Option<&'a ScalerKey>,
    /// What was answered.
    pub status: StatusCode,
    /// How long it took, without asking for identity and rights.
    pub took: Duration,
}

/// Hears of each read, before its answer is sent. Called on the serving thread: it must not wait.
pub type Heard = Arc<dyn Fn(&Read<'_>) + Send + Sync>;

/// What reads are answered from.
pub(crate) struct Reader {
    pub(crate) board: Arc<Board>,
    pub(crate) neighbour: Option<Neighbour>,
    pub(crate) heard: Heard,
}

/// The handler.
pub(crate) async fn read(
    State(reader): State<Arc<Reader>>,
    Extension(caller): Extension<Arc<Caller>>,
    Extension(wanted): Extension<Wanted>,
    uri: Uri,
) -> Response {
    let Wanted::Metric { namespace, metric: name } = wanted else {
        return Refusal::new(Cause::NotFound, "this path names no metric").into_response();
    };
    let started = Instant::now();
    let metric: Option<Metric> = name.parse().ok();
    let mut scaler = None;
    let response = match metric {
        Some(metric) => reader.ours(&namespace, metric, &uri, &mut scaler).await,
        None => reader.foreign(namespace, name, &uri).await,
    };
    let response = response.into_response();
    let (status, took) = (response.status(), started.elapsed());
    (reader.heard)(&Read { caller: &caller, metric, scaler: scaler.as_ref(), status, took });
    response
}

impl Reader {
    async fn ours(&self, namespace: &str, metric: Metric, uri: &Uri, of: &mut Option<ScalerKey>) -> Answered {
        let query = query(uri)?;
        let asked = Asked::read(text(&query, "labelSelector"))?;
        if !asked.speaks_of_scalers() && self.neighbour_has(metric.name()) {
            return self.foreign(namespace.to_owned(), metric.to_string(), uri).await;
        }
        refuse_to_watch(&query)?;
        let scaler = of.insert(ScalerKey::new(namespace, &asked.scaler()?));
        let unanswered = |words: String| Refusal::new(Cause::NotFound, words);
        let answer = self
            .board
            .answer(scaler, metric, Instant::now())
            .map_err(|reason| unanswered(reason.to_string()))?;
        let list = ValueList::of(scaler, metric, answer);
        let list = list.ok_or_else(|| unanswered(format!("`{metric}` of {scaler} is not a number now")))?;
        Ok(Json(&list).into_response())
    }

    async fn foreign(&self, namespace: String, metric: String, uri: &Uri) -> Answered {
        let Some(neighbour) = &self.neighbour else {
            let ours = Metric::ALL.map(Metric::name).join(", ");
            let message = format!("no metric `{metric}` here: Prescale serves {ours}");
            return Err(Refusal::new(Cause::NotFound, message));
        };
        refuse_to_watch(&query(uri)?)?;
        let path_and_query =
            uri.path_and_query().map_or_else(|| uri.path(), |whole| whole.as_str()).to_owned();
        Ok((neighbour.read)(ForeignRead { namespace, metric, path_and_query }).await)
    }

    fn neighbour_has(&self, metric: &str) -> bool {
        let listed = self.neighbour.as_ref().map(|neighbour| (neighbour.metrics)());
        listed.is_some_and(|names| names.iter().any(|name| name == metric))
    }
}

/// Pairs, in order: the first of a name counts, as in Kubernetes.
fn query(uri: &Uri) -> Result<Vec<(String, String)>, Refusal> {
    let query = Query::<Vec<(String, String)>>::try_from_uri(uri);
    let refusal = |_| Refusal::new(Cause::BadRequest, "the query of this address cannot be read");
    query.map(|Query(pairs)| pairs).map_err(refusal)
}

fn text<'a>(query: &'a [(String, String)], name: &str) -> &'a str {
    query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

/// `watch`, `watch=1` and `watch=true` ask to watch; Kubernetes takes anything for yes but these.
fn refuse_to_watch(query: &[(String, String)]) -> Result<(), Refusal> {
    let is_asked = query
        .iter()
        .any(|(key, value)| key == "watch" && !["0", "false"].contains(&value.to_ascii_lowercase().as_str()));
    if is_asked {
        return Err(Refusal::new(
            Cause::MethodNotAllowed,
            "metrics cannot be watched: read them again instead",
        ));
    }
    Ok(())
}
