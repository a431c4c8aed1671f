//! `external.metrics.k8s.io`: the API that the HPA reads our plans from, behind the aggregator of kube-apiserver.
//! Answers come from the [board](crate::board), in memory, in bounded time, to callers who are known and have the
//! right. What is not ours goes to the external-metrics server that was there before.

mod accept;
pub mod authentication;
pub mod authorization;
mod connection;
mod discovery;
mod gate;
mod memory;
mod neighbour;
mod openapi;
mod probes;
mod quantity;
mod read;
mod refusal;
mod selector;
mod server;
mod tls;
mod wanted;
mod wire;

use std::sync::Arc;

use axum::{Extension, Router, extract::Request, middleware, response::Response, routing::get};

pub use authentication::{Authentication, Caller};
pub use authorization::Authorization;
pub use connection::{Connection, Subject};
pub use gate::Gate;
pub use neighbour::{ForeignRead, Neighbour};
pub use probes::Probes;
pub use read::{Heard, Read};
pub use refusal::{Cause, Refusal};
pub(crate) use server::{Bounds, serve_within};
pub use server::{Peer, serve};
pub use tls::{page_config, server_config};
pub(crate) use wanted::{Act, Wanted};

use crate::board::Board;

/// The API group.
pub const GROUP: &str = "external.metrics.k8s.io";
/// Its only version.
pub const VERSION: &str = "v1beta1";
/// Both, as objects spell them.
pub const GROUP_VERSION: &str = "external.metrics.k8s.io/v1beta1";

/// What the API is made of.
pub struct MetricsApi {
    /// Where answers come from.
    pub board: Arc<Board>,
    /// Who may read.
    pub gate: Gate,
    /// What probes and scrapes are told.
    pub probes: Probes,
    /// The external-metrics server that was there before, if any.
    pub neighbour: Option<Neighbour>,
    /// Hears of each read.
    pub heard: Heard,
}

/// The routes. Serve them with [`serve`], which tells them of each request's [`Connection`].
pub fn router(api: MetricsApi) -> Router {
    let MetricsApi { board, gate, probes, neighbour, heard } = api;
    let health = probes.health();
    let reader = read::Reader { board, neighbour: neighbour.clone(), heard };
    let guarded = Router::new()
        .route(&format!("/apis/{GROUP_VERSION}/namespaces/{{namespace}}/{{metric}}"), get(read::read))
        .with_state(Arc::new(reader))
        .merge(discovery::routes(neighbour))
        .merge(openapi::routes())
        .merge(probes.guarded())
        .fallback(nothing_here)
        .method_not_allowed_fallback(only_reads)
        .layer(middleware::from_fn_with_state(Arc::new(gate), gate::admit));
    Router::new().merge(health).merge(guarded)
}

async fn nothing_here(Extension(wanted): Extension<Wanted>, request: Request) -> Refusal {
    let path = request.uri().path();
    let message = match wanted {
        Wanted::NoData => {
            format!("`{path}` carries no data: read /apis/{GROUP_VERSION}/namespaces/NAMESPACE/METRIC")
        }
        Wanted::Metric { .. }
        | Wanted::Path { .. }
        | Wanted::Push { .. }
        | Wanted::Scalers { .. }
        | Wanted::Objects { .. } => {
            format!("there is nothing at `{path}`")
        }
    };
    Refusal::new(Cause::NotFound, message)
}

async fn only_reads(request: Request) -> Refusal {
    let message = format!("{} is not supported at `{}`: only GET is", request.method(), request.uri().path());
    Refusal::new(Cause::MethodNotAllowed, message)
}

/// A response of this API.
pub(crate) type Answered = Result<Response, Refusal>;
