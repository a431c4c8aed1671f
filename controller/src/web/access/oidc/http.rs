//! The requests to an identity provider: bounded in time and size, and never led elsewhere.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Certificate, redirect::Policy};

/// One request. A provider that takes longer keeps a person waiting.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// Keys and discovery take a few KiB; a token with hundreds of groups some more.
const MOST_BYTES: usize = 1 << 20;

/// A client.
pub(super) struct Http(reqwest::Client);

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error(transparent)]
    Failed(#[from] reqwest::Error),
    #[error(transparent)]
    Malformed(#[from] axum::http::Error),
    #[error("the answer has more than {MOST_BYTES} bytes")]
    TooLong,
}

impl Http {
    /// A client that trusts the certificates of `ca`, or those of the system.
    pub(super) fn new(ca: Option<&[u8]>) -> anyhow::Result<Self> {
        // An answer that leads elsewhere would have us ask whatever it names.
        let builder = reqwest::Client::builder().redirect(Policy::none()).timeout(ANSWERED_WITHIN);
        let builder = match ca {
            Some(pem) => builder.tls_certs_only(Certificate::from_pem_bundle(pem)?),
            None => builder,
        };
        Ok(Self(builder.build()?))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut response = self.0.execute(request.try_into()?).await?;
        let mut answer = axum::http::Response::builder().status(response.status());
        if let Some(headers) = answer.headers_mut() {
            headers.clone_from(response.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if MOST_BYTES < body.len() + chunk.len() {
                return Err(HttpError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(answer.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = BoxFuture<'c, Result<HttpResponse, HttpError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.ask(request).boxed()
    }
}
