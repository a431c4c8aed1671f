//! What would be, if something were otherwise: reckoned by the same core, on a copy, beside the threads that tick.

mod changes;
mod difference;

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use prescale_model::Autoscaler;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Web,
    api::Body,
    door::Viewer,
    read::{key, no_scaler},
    wire::{Course, CoursePlan, Problem, WhatIf, WhatIfAnswer},
};

/// What-ifs that are reckoned at once: each takes a core for tens of milliseconds, and a copy of the scaler.
pub(super) const MOST_AT_ONCE: usize = 2;
/// One that finds no place for so long is told to come again.
const WAITS: Duration = Duration::from_secs(5);

pub(super) fn routes() -> OpenApiRouter<Arc<Web>> {
    OpenApiRouter::new().routes(routes!(what_if))
}

/// What would be planned, if something were otherwise. Changes nothing.
#[utoipa::path(
    post, path = "/api/v1/scalers/{namespace}/{name}/what-if", tag = "scalers", request_body = WhatIf,
    params(("namespace" = String, Path), ("name" = String, Path)),
    responses(
        (status = 200, body = WhatIfAnswer),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn what_if(
    State(web): State<Arc<Web>>,
    Extension(viewer): Extension<Viewer>,
    Path(which): Path<(String, String)>,
    Body(changes): Body<WhatIf>,
) -> Result<Json<WhatIfAnswer>, Problem> {
    let key = key(&viewer, which).await?;
    let (now, events, living) = web.gallery.living(&key).ok_or_else(|| no_scaler(&key))?;
    let busy = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many ask what if at once: ask again");
    let _place = tokio::time::timeout(WAITS, web.suppositions.acquire()).await.map_err(busy)?;
    let reckoned = tokio::task::spawn_blocking(move || {
        let mut copy = None;
        living.look(&mut |autoscaler| copy = Some(autoscaler.clone()));
        let scaler = copy.ok_or_else(|| no_scaler(&key))?;
        let (supposed, calendar) = changes::supposed(&scaler, &events, &changes)?;
        let before = course(&scaler, now);
        // Who only asks for the course as it is pays for one.
        let after = if changes == WhatIf::default() { before.clone() } else { course(&supposed, now) };
        let says = difference::says((&before, &after), &scaler);
        let says = says + &difference::unseen(&changes, &calendar, &supposed);
        Ok(WhatIfAnswer { before, after, says })
    });
    let gone = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "what if could not be reckoned");
    reckoned.await.map_err(gone)?.map(Json)
}

/// What is planned now and along the horizon.
fn course(scaler: &Autoscaler, now: Timestamp) -> Course {
    let plan = scaler.plan(now);
    let ahead = scaler.course(now);
    Course {
        at: ahead.iter().map(|ahead| ahead.at).collect(),
        demand: ahead.iter().map(|ahead| ahead.demand).collect(),
        replicas: ahead.iter().map(|ahead| ahead.replicas).collect(),
        headroom: ahead.iter().map(|ahead| ahead.headroom).collect(),
        plan: CoursePlan {
            replicas: plan.replicas,
            headroom: plan.headroom,
            sentence: plan.reason.to_string(),
        },
    }
}
