//! Bearer tokens, reviewed by kube-apiserver. Tokens themselves are not kept: their digests are.

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, TokenReviewStatus};
use kube::{Api, api::PostParams};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::caller::Caller;
use crate::metrics_api::memory::{Answer, Away, Memory};

/// As kube-apiserver keeps its own webhook's word (`--authentication-token-webhook-cache-ttl`).
const KNOWN_FOR: Duration = Duration::from_secs(120);
/// A token that was refused may be issued a moment later; this keeps a caller that insists from asking each time.
const REFUSED_FOR: Duration = Duration::from_secs(10);
/// Reviews at once: anybody can make us ask, and this is all they can have of the API server.
const MOST_AT_ONCE: usize = 16;

/// What kube-apiserver says of a token.
#[derive(Clone)]
enum Said {
    Belongs(Arc<Caller>),
    Refused,
}

impl Answer for Said {
    fn holds_for(&self) -> Duration {
        match self {
            Self::Belongs(_) => KNOWN_FOR,
            Self::Refused => REFUSED_FOR,
        }
    }
}

/// Tells whose token it is.
pub(super) struct Bearer {
    reviews: Api<TokenReview>,
    places: Semaphore,
    memory: Memory<[u8; 32], Said>,
}

impl Bearer {
    pub(super) fn new(client: kube::Client) -> Self {
        Self { reviews: Api::all(client), places: Semaphore::new(MOST_AT_ONCE), memory: Memory::default() }
    }

    /// The caller whose token the headers carry; `None` where they carry none.
    ///
    /// # Errors
    ///
    /// The token is nobody's, or the API server cannot say.
    pub(super) async fn caller(&self, headers: &HeaderMap) -> Result<Option<Arc<Caller>>, String> {
        let Some(token) = token(headers) else {
            return Ok(None);
        };
        let digest: [u8; 32] = Sha256::digest(token).into();
        match self.memory.recall(&digest, || self.review(token)).await {
            Ok((Said::Belongs(caller), _)) => Ok(Some(caller)),
            Ok((Said::Refused, _)) => Err("the bearer token is not valid".to_owned()),
            Err(Away(failure)) => Err(format!("the bearer token cannot be reviewed now: {failure}")),
        }
    }

    async fn review(&self, token: &str) -> Result<Said, Away> {
        let _place = self.places.acquire().await.expect("the places are never closed");
        let spec = TokenReviewSpec { token: token.to_owned(), audiences: None };
        let review = TokenReview { spec, ..TokenReview::default() };
        let answer = self.reviews.create(&PostParams::default(), &review).await;
        let status = answer.map_err(|error| Away(error.to_string()))?.status.unwrap_or_default();
        Ok(said(status))
    }
}

fn said(status: TokenReviewStatus) -> Said {
    let user = status.user.filter(|_| status.authenticated == Some(true)).unwrap_or_default();
    let Some(name) = user.username.filter(|name| !name.is_empty()) else {
        return Said::Refused;
    };
    let caller = Caller {
        name,
        uid: user.uid.unwrap_or_default(),
        groups: user.groups.unwrap_or_default(),
        extra: user.extra.unwrap_or_default().into_iter().collect(),
    };
    Said::Belongs(Arc::new(caller.authenticated()))
}

/// The scheme in any case, then the token up to white space.
fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
