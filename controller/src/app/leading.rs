//! Who leads: the election, what the fleet is told of it, and the board that followers take from the leader.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension, Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use kube::Client;
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    args::Run,
    board::{Board, Notice},
    certificates::{Certificates, Peers},
    lease::{Candidate, Election, Leadership},
    metrics_api::Connection,
    peers::{Connect, Follower, client},
    scaler::Role,
    telemetry::Metrics,
};

/// The Lease that replicas compete for, in the controller's namespace.
pub(super) const LEASE: &str = "prescale-controller";

/// Stands for election until `released`. A replica that only tries things out leads without one: it writes nothing.
pub(super) fn elect(
    args: &Run,
    cluster: &Client,
    (tasks, released): (&TaskTracker, &CancellationToken),
) -> watch::Receiver<Leadership> {
    if args.dry_run {
        return watch::channel(Leadership::Leading).1;
    }
    let identity = &args.identity;
    let candidate = Candidate {
        namespace: identity.namespace.clone(),
        lease: LEASE.to_owned(),
        identity: identity.pod_name.clone(),
        address: own_address(args).to_string(),
    };
    let (election, leadership) = Election::new(cluster.clone(), candidate);
    tasks.spawn(election.run(released.clone()));
    leadership
}

/// The same as the fleet hears it; and `metrics` shows it.
pub(super) fn roles(
    mut leadership: watch::Receiver<Leadership>,
    metrics: Metrics,
    tasks: &TaskTracker,
) -> watch::Receiver<Role> {
    let (tell, roles) = watch::channel(role(&leadership.borrow_and_update(), &metrics));
    tasks.spawn(async move {
        while leadership.changed().await.is_ok() {
            tell.send_replace(role(&leadership.borrow_and_update(), &metrics));
        }
    });
    roles
}

fn role(leadership: &Leadership, metrics: &Metrics) -> Role {
    match leadership {
        Leadership::Leading => {
            metrics.leads();
            Role::Leading
        }
        Leadership::Following { .. } => {
            metrics.follows();
            Role::Following
        }
    }
}

/// Routes for fellow replicas and nobody else.
pub(super) fn for_peers(routes: Router, peers: Arc<Peers>) -> Router {
    routes.layer(middleware::from_fn_with_state(peers, only_peers))
}

async fn only_peers(
    State(peers): State<Arc<Peers>>,
    connection: Option<Extension<Arc<Connection>>>,
    request: Request,
    next: Next,
) -> Response {
    let is_peer = connection.is_some_and(|Extension(connection)| peers.identify(&connection).is_some());
    if is_peer {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "only replicas of this controller read here").into_response()
    }
}

/// Takes the board from whoever leads.
pub(super) fn follower(
    args: &Run,
    certificates: &Certificates,
    (board, notices): (Arc<Board>, mpsc::Sender<Arc<Notice>>),
) -> Follower {
    let (origin, connect) = way_to_peers(args, certificates);
    Follower { origin, connect, board, notices }
}

/// How fellow replicas are reached: what they serve under, and a client for each.
pub(super) fn way_to_peers(args: &Run, certificates: &Certificates) -> (String, Connect) {
    let host = super::servers::host(&args.identity);
    let origin = format!("https://{host}");
    let certificates = certificates.clone();
    let connect: Connect = Arc::new(move |address| {
        let tls = certificates.peers.client_config(&certificates.bundle.borrow())?;
        Ok(client(tls, &host, address)?)
    });
    (origin, connect)
}

/// Where fellow replicas reach this one.
pub(super) fn own_address(args: &Run) -> SocketAddr {
    SocketAddr::new(args.identity.pod_ip, args.listen.metrics_api_bind.port())
}
