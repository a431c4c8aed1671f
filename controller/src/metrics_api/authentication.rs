//! Who calls. In the order of Kubernetes: the front proxy's word, a client certificate, a bearer token, nobody. What
//! fails in one way may still succeed in another; what fails in all is refused, and is not taken for anonymous.

mod bearer;
mod caller;
mod request_header;
mod standing;
mod trust;
mod watch;

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::http::HeaderMap;

pub use caller::Caller;
pub use standing::Standing;
pub(crate) use standing::vouch;
pub(crate) use trust::verifier;
pub use trust::{RequestHeader, Trust, TrustError};
pub use watch::{load_trust, watch_trust};

use super::{
    Connection,
    refusal::{Cause, Refusal},
};
use bearer::Bearer;

/// Tells who calls.
pub struct Authentication {
    trust: Arc<ArcSwap<Trust>>,
    bearer: Bearer,
}

impl Authentication {
    /// By the certificates that `trust` vouches for, which [`watch_trust`] keeps up to date, and by TokenReviews of
    /// `client`'s API server.
    #[must_use]
    pub fn new(trust: Arc<ArcSwap<Trust>>, client: kube::Client) -> Self {
        Self { trust, bearer: Bearer::new(client) }
    }

    /// The caller.
    ///
    /// # Errors
    ///
    /// It showed something that nobody vouches for.
    pub(crate) async fn identify(
        &self,
        connection: &Connection,
        headers: &HeaderMap,
    ) -> Result<Arc<Caller>, Refusal> {
        let (trust, mut failures) = (self.trust.load_full(), vec![]);
        let standing = connection.standing(&trust);
        match standing.front_proxy {
            Some(Ok(())) => {
                let caller = trust.request_header.as_ref().and_then(|proxy| proxy.caller(headers));
                if let Some(caller) = caller {
                    return Ok(Arc::new(caller.authenticated()));
                }
            }
            Some(Err(failure)) => failures.push(failure),
            None => {}
        }
        match standing.client {
            Some(Ok(())) => {
                if let Some(caller) = connection.subject().and_then(Caller::named_by) {
                    return Ok(Arc::new(caller.authenticated()));
                }
            }
            Some(Err(failure)) => failures.push(failure),
            None => {}
        }
        match self.bearer.caller(headers).await {
            Ok(Some(caller)) => Ok(caller),
            Ok(None) if failures.is_empty() => Ok(Arc::new(Caller::anonymous())),
            Ok(None) => Err(unauthorized(&failures.join("; "))),
            Err(failure) => Err(unauthorized(&failure)),
        }
    }
}

fn unauthorized(failure: &str) -> Refusal {
    Refusal::new(Cause::Unauthorized, format!("unauthorized: {failure}"))
}
