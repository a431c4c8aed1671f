//! From an HTTP request to a socket: what is refused before, and who takes over after.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use realtime_protocol::{Problem, SUBPROTOCOL};
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use super::{Gateway, refusal::Refusal, rest::authorization, socket};

/// Begins a socket.
pub(super) async fn upgrade(State(gateway): State<Arc<Gateway>>, mut request: Request) -> Response {
    let switching = match prepare(&gateway, request.headers(), &request) {
        Ok(switching) => switching,
        Err(problem) => return Refusal(problem).into_response(),
    };
    let Ok(seat) = gateway.seats.clone().try_acquire_owned() else {
        return Refusal(Problem::busy("this gateway has as many sockets as it may", 5_000)).into_response();
    };
    let authorization = authorization(request.headers()).map(str::to_owned);
    let upgrading = hyper::upgrade::on(&mut request);
    let beginning = Box::pin(socket::begin(upgrading, gateway.clone(), authorization));
    gateway.sockets.clone().spawn(async move {
        let _seat = seat;
        socket::serve(beginning, &gateway).await;
    });
    switching
}

fn prepare(gateway: &Gateway, headers: &HeaderMap, request: &Request) -> Result<Response, Problem> {
    if !gateway.lifecycle.is_open() {
        return Err(gateway.closing());
    }
    let mut asked = http::Request::new(());
    *asked.method_mut() = request.method().clone();
    *asked.version_mut() = request.version();
    *asked.headers_mut() = headers.clone();
    let switching = create_response(&asked).map_err(|error| Problem::malformed(error.to_string()))?;
    if !offered(headers) {
        let why = format!("the header Sec-WebSocket-Protocol has to offer {SUBPROTOCOL}");
        return Err(Problem::malformed(why));
    }
    let mut switching = switching.map(|()| Body::empty());
    let spoken = HeaderValue::from_static(SUBPROTOCOL);
    switching.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, spoken);
    Ok(switching)
}

fn offered(headers: &HeaderMap) -> bool {
    let offers =
        headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|offers| offers.split(',')).any(|offer| offer.trim() == SUBPROTOCOL)
}
