//! The gate before every route but health: within bounded time, a caller that is known, and has the right to what it
//! wants.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::time::timeout;
use tracing::debug;

use super::{
    Answered, Authentication, Authorization, Connection,
    refusal::{Cause, Refusal},
    wanted::Wanted,
};

/// The aggregator takes an API that answers later than this for one that is away.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Who may read.
pub struct Gate {
    /// Tells who calls.
    pub authentication: Authentication,
    /// Tells what they may read.
    pub authorization: Authorization,
}

/// The middleware. Without a [`Connection`] the caller is one that showed no certificate.
pub(crate) async fn admit(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let answered = timeout(ANSWER_WITHIN, gate.pass(request, next)).await;
    let late = || {
        let message = format!("no answer within {} s", ANSWER_WITHIN.as_secs());
        Err(Refusal::new(Cause::Timeout, message))
    };
    answered.unwrap_or_else(|_| late()).into_response()
}

impl Gate {
    async fn pass(&self, mut request: Request, next: Next) -> Answered {
        let connection = request.extensions().get::<Arc<Connection>>().cloned().unwrap_or_default();
        let caller = self.authentication.identify(&connection, request.headers()).await?;
        let wanted = Wanted::of(request.method(), request.uri())?;
        let only_reads = [Method::GET, Method::HEAD].contains(request.method());
        // Neither an act nor a place that is not there needs a right to be refused.
        if only_reads && wanted != Wanted::NoData {
            self.authorization.allow(&caller, &wanted).await.inspect_err(|refusal| {
                debug!(
                    user = caller.name,
                    path = request.uri().path(),
                    reason = refusal.message,
                    "request refused"
                );
            })?;
        }
        request.extensions_mut().insert(caller);
        request.extensions_mut().insert(wanted);
        Ok(next.run(request).await)
    }
}
