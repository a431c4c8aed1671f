//! The dashboard's server for a replay, on this machine alone.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{StatusCode, header::HOST};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use prescale_controller::web::{Gallery, OpenDoor, WebParts, router, serve, wire::Problem};
use tokio_util::sync::CancellationToken;

use super::ShowSettings;
use super::calendar::Recorded;
use super::control::Remote;
use super::seen::Seen;
use super::setup::Leaning;
use super::stage::{Stage, first_state};
use crate::failure::Failure;
use crate::result::Comparison;
use crate::scenario::Scenario;

/// Where the dashboard is looked for.
const USUAL_PORT: u16 = 8321;

/// A port that is ours, before the replay begins: its address goes into the report.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    settings: ShowSettings,
}

impl Bound {
    /// Takes the port.
    ///
    /// # Errors
    /// A port that was asked for and is taken.
    pub fn take(settings: ShowSettings) -> Result<Self, Failure> {
        let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let listener = match settings.port {
            Some(port) => bind(port).map_err(|error| taken(port, &error)),
            None => bind(USUAL_PORT).or_else(|_| bind(0)).map_err(Failure::input),
        }?;
        listener.set_nonblocking(true).map_err(Failure::input)?;
        let address = listener.local_addr().map_err(Failure::input)?;
        Ok(Self { listener, address, settings })
    }

    /// Where the dashboard is, from now until it has ended.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

fn taken(port: u16, error: &io::Error) -> Failure {
    Failure::input(io::Error::new(error.kind(), format!("--port: {port} cannot be listened at: {error}")))
}

/// Shows a replay of `scenario`, of which `comparison` came, until nobody watches any more or it is interrupted.
///
/// # Errors
/// A world or an HPA that cannot be.
pub fn show(scenario: &Scenario, comparison: &Comparison, bound: Bound) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(Failure::input)?;
    let (remote, orders) = Remote::new(first_state(scenario));
    let gallery = Arc::new(Gallery::default());
    let seen = Seen::new(Arc::clone(&gallery), scenario);
    let stage = Stage::new((scenario, comparison), (seen, Arc::clone(&remote)), bound.settings.linger);
    let stage = stage.map_err(Failure::input)?;
    let ended = CancellationToken::new();
    let parts = WebParts {
        gallery,
        door: Arc::new(OpenDoor),
        replay: Some(Arc::<Remote>::clone(&remote)),
        setup: Arc::new(Leaning::of(scenario)),
        events: Arc::new(Recorded::new(scenario, remote)),
        store: None,
    };
    std::thread::scope(|scope| {
        let ended = &ended;
        let playing = scope.spawn(move || {
            let played = stage.play(&orders, ended);
            ended.cancel();
            played
        });
        runtime.block_on(serve_until(bound, parts, ended));
        ended.cancel();
        playing.join().expect("the stage does not panic").map_err(Failure::input)
    })
}

async fn serve_until(bound: Bound, parts: WebParts, ended: &CancellationToken) {
    let listener = tokio::net::TcpListener::from_std(bound.listener).expect("it was set not to block");
    let port = bound.address.port();
    let router = router(parts).layer(middleware::from_fn(move |request, next| local(port, request, next)));
    let interrupted = async {
        // Where no signal can be heard, it ends by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = serve(listener, None, router, ended.clone()) => {}
        () = ended.cancelled() => {}
        () = interrupted => {}
    }
}

/// Lets only those in who call it by a name of this machine: a page elsewhere could have its own name lead here.
async fn local(port: u16, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let is_local = |host: &str| {
        let name = host.strip_suffix(&format!(":{port}"));
        name.is_some_and(|name| ["127.0.0.1", "localhost", "[::1]"].contains(&name))
    };
    match host {
        Some(host) if is_local(host) => next.run(request).await,
        other => {
            let words =
                format!("the replay is shown at 127.0.0.1:{port}, and not at {}", other.unwrap_or("no host"));
            Problem::new(StatusCode::MISDIRECTED_REQUEST, words).into_response()
        }
    }
}
