//! Sign-in at an identity provider: OpenID Connect's authorization code flow with PKCE, state and nonce. The browser
//! carries what is remembered meanwhile in a sealed cookie, so that any replica may hear how it went. The provider is
//! asked anew for its addresses and keys at each sign-in, so that a key that rotates stops nobody.

mod claims;
mod credentials;
mod http;

use std::time::Duration;

use cookie::Key;
use jiff::{SignedDuration, Timestamp};
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClientId, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType,
        CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

pub use claims::{ClaimSettings, Prefix};
pub use credentials::Credentials;

use super::{
    cookies::Jar,
    session::{Known, is_csrf, open, seal},
};
use crate::web::origin::Transport;
use claims::Claims;
use http::Http;

/// How long a browser may be away at the provider: a password, a second factor, a telephone that lies elsewhere.
pub(super) const REMEMBERED_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Discovery, keys and the exchange are three requests of 5 s at most.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);
/// Where the provider sends the browser back to.
pub(super) const CALLBACK: &str = "/auth/callback";
/// Signatures that are taken: none that is made with a secret which we share.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What the provider is asked with, as `kube-apiserver` has it in its flags.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// Its address, as it stands in the tokens that it issues.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Where our secret is, and perhaps the certificates that the provider is trusted by.
    pub credentials: Credentials,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Which claims name the user.
    pub claims: ClaimSettings,
    /// Where browsers reach the dashboard: `https://prescale.example.org`.
    pub dashboard_url: String,
}

/// The provider.
pub struct Oidc {
    settings: OidcSettings,
}

/// What is remembered of a sign-in until the browser comes back.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    /// The page to go to then.
    pub(super) to: String,
    until: Timestamp,
}

/// Why a sign-in came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The provider let the user go back, or refused them.
    #[error("the identity provider says: {0}")]
    Denied(String),
    /// Too late, in another browser, or a second time.
    #[error("this sign-in was not begun in this browser, or is over")]
    Expired,
    /// The provider cannot be asked.
    #[error("the identity provider cannot be asked: {0}")]
    Unavailable(String),
    /// What it says of the user does not hold.
    #[error("the identity provider's token is refused: {0}")]
    Refused(String),
}

type Answer = StandardTokenResponse<
    IdTokenFields<
        Claims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Client = openidconnect::Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Oidc {
    /// The provider that `settings` name. It is not asked before somebody signs in.
    ///
    /// # Errors
    ///
    /// An address that is none.
    pub fn new(settings: OidcSettings) -> anyhow::Result<Self> {
        IssuerUrl::new(settings.issuer.clone())?;
        redirect(&settings)?;
        Ok(Self { settings })
    }

    /// Where to send the browser to, and what it is to remember, sealed for `jar`.
    pub(super) async fn begin(
        &self,
        to: String,
        (key, transport): (&Key, Transport),
        now: Timestamp,
    ) -> Result<(String, String), Failure> {
        let (client, _) = in_time(self.client()).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let scopes = self.settings.scopes.iter().cloned().map(Scope::new);
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(scopes)
            .set_pkce_challenge(challenge)
            .url();
        let pending = Pending {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            to,
            until: now + REMEMBERED_FOR,
        };
        Ok((url.into(), seal(&pending, Jar::SignIn.name(transport), key)))
    }

    /// Who came back with `code`.
    pub(super) async fn finish(&self, pending: &Pending, code: String) -> Result<Known, Failure> {
        in_time(self.exchange(pending, code)).await
    }

    async fn exchange(&self, pending: &Pending, code: String) -> Result<Known, Failure> {
        let (client, http) = self.client().await?;
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| Failure::Unavailable(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()))
            .request_async(&http)
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(said) => Failure::Denied(said.to_string()),
                RequestTokenError::Request(error) => Failure::Unavailable(error.to_string()),
                RequestTokenError::Parse(error, _) => Failure::Refused(error.to_string()),
                RequestTokenError::Other(words) => Failure::Refused(words),
            })?;
        let refused = |error: &dyn ToString| Failure::Refused(error.to_string());
        let token = answer.id_token().ok_or_else(|| Failure::Refused("it sent no ID token".to_owned()))?;
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
        let nonce = Nonce::new(pending.nonce.clone());
        let claims = token.claims(&verifier, &nonce).map_err(|error| refused(&error))?;
        let claims = serde_json::to_value(claims).map_err(|error| refused(&error))?;
        self.settings.claims.read(&claims, &self.settings.issuer).map_err(Failure::Refused)
    }

    /// A client of the provider as it is now, and the way to it.
    async fn client(&self) -> Result<(Client, Http), Failure> {
        let unavailable = |error: &dyn ToString| Failure::Unavailable(error.to_string());
        let given = self.settings.credentials.read().await.map_err(Failure::Unavailable)?;
        let http = Http::new(given.ca.as_deref()).map_err(|error| unavailable(&error))?;
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(|error| unavailable(&error))?;
        let provider = CoreProviderMetadata::discover_async(issuer, &http).await;
        let provider = provider.map_err(|error| Failure::Unavailable(chain(&error)))?;
        let id = ClientId::new(self.settings.client_id.clone());
        let redirect = redirect(&self.settings).map_err(|error| unavailable(&error))?;
        let secret = given.client_secret;
        Ok((Client::from_provider_metadata(provider, id, secret).set_redirect_uri(redirect), http))
    }
}

impl Pending {
    /// What `sealed` remembers, where the browser comes back in time and with the state that it left with.
    pub(super) fn recall(
        sealed: &str,
        state: &str,
        (key, transport): (&Key, Transport),
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let pending: Self = open(sealed, Jar::SignIn.name(transport), key).ok_or(Failure::Expired)?;
        let is_its = is_csrf(&pending.state, state.as_bytes());
        if is_its && now < pending.until { Ok(pending) } else { Err(Failure::Expired) }
    }
}

impl Failure {
    /// The word that the page is told.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Denied(_) => "denied",
            Self::Expired => "expired",
            Self::Unavailable(_) => "unavailable",
            Self::Refused(_) => "refused",
        }
    }
}

fn redirect(settings: &OidcSettings) -> anyhow::Result<RedirectUrl> {
    Ok(RedirectUrl::new(format!("{}{CALLBACK}", settings.dashboard_url.trim_end_matches('/')))?)
}

async fn in_time<T>(asking: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let late = |_| Failure::Unavailable(format!("no answer within {} s", ANSWERED_WITHIN.as_secs()));
    timeout(ANSWERED_WITHIN, asking).await.map_err(late)?
}

/// An error with what is behind it: the first says only that discovery failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words.push_str(": ");
        words.push_str(&error.to_string());
        source = error.source();
    }
    words
}
