//! A simulated identity provider, by OpenID Connect, over TLS with a certificate of an authority of its own. It asks nobody for a password; everything else is as a real one does
//! it: discovery, keys, codes that hold once and for one PKCE verifier, and tokens that another library than the
//! dashboard's signs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use prescale_controller::web::serve;
use prescale_testbed::{Authority, Life, Subject};
use rcgen::{KeyPair, PublicKeyData};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_util::sync::CancellationToken;

pub(crate) const CLIENT: &str = "prescale";
pub(crate) const SECRET: &str = "a secret & more";

/// What is wrong with the next tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    /// They are for another client.
    Audience,
    /// They are of another sign-in.
    Nonce,
    /// They have run out.
    Expired,
    /// They are signed by somebody else.
    Signature,
    /// They are of another issuer.
    Issuer,
}

/// The provider.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    /// The certificate of its authority, which nobody trusts who is not told to.
    pub(crate) ca: PathBuf,
    state: Arc<Mutex<Known>>,
    keys: Arc<(KeyPair, KeyPair)>,
}

struct Known {
    flaw: Flaw,
    /// Requests by the code that was given for them.
    codes: BTreeMap<String, BTreeMap<String, String>>,
}

impl Issuer {
    /// Serves it; its certificates are left in `folder`.
    pub(crate) async fn start(folder: &Path) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = Authority::create("identity-provider", folder).unwrap();
        let issuer = Self {
            url: format!("https://{}", listener.local_addr().unwrap()),
            ca: authority.path().to_owned(),
            state: Arc::new(Mutex::new(Known { flaw: Flaw::None, codes: BTreeMap::new() })),
            keys: Arc::new((KeyPair::generate().unwrap(), KeyPair::generate().unwrap())),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(issuer.clone());
        // The server that the dashboard has is good enough for its provider.
        tokio::spawn(serve(listener, Some(tls(&authority)), router, CancellationToken::new()));
        issuer
    }

    pub(crate) fn has(&self, flaw: Flaw) {
        self.state.lock().unwrap().flaw = flaw;
    }
}

fn tls(authority: &Authority) -> Arc<ServerConfig> {
    let subject =
        Subject { name: "identity-provider", group: None, hosts: &["127.0.0.1"], life: Life::Current };
    let files = authority.issue("identity-provider", subject).unwrap();
    let certificates = CertificateDer::pem_file_iter(&files.certificate).unwrap();
    let certificates = certificates.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
    Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(certificates, key).unwrap())
}

async fn discovery(State(issuer): State<Issuer>) -> Json<Value> {
    let url = &issuer.url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

async fn keys(State(issuer): State<Issuer>) -> Json<Value> {
    let point = issuer.keys.0.der_bytes().to_vec();
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    // 4, and then both coordinates.
    let (x, y) = (part(&point[1..33]), part(&point[33..65]));
    Json(
        json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "one", "x": x, "y": y}]}),
    )
}

async fn authorize(State(issuer): State<Issuer>, Query(asked): Query<BTreeMap<String, String>>) -> Response {
    let is_whole = asked["response_type"] == "code"
        && asked["client_id"] == CLIENT
        && asked["code_challenge_method"] == "S256"
        && asked["scope"].split(' ').any(|scope| scope == "openid");
    if !is_whole {
        return (StatusCode::BAD_REQUEST, format!("{asked:?}")).into_response();
    }
    let code = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(asked["state"].as_bytes()));
    let back = format!("{}?code={code}&state={}", asked["redirect_uri"], asked["state"]);
    issuer.state.lock().unwrap().codes.insert(code, asked);
    Redirect::to(&back).into_response()
}

async fn token(State(issuer): State<Issuer>, headers: HeaderMap, body: String) -> Response {
    // A form is written as a query is.
    let form = format!("/?{body}").parse().unwrap();
    let Query(sent) = Query::<BTreeMap<String, String>>::try_from_uri(&form).unwrap();
    let refused = |words: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": words}))).into_response();
    // As RFC 6749 has it: form-encoded, and then basic.
    let expected = format!("Basic {}", BASE64_STANDARD.encode(format!("{CLIENT}:a+secret+%26+more")));
    if headers["authorization"] != expected {
        return refused("invalid_client");
    }
    let asked = issuer.state.lock().unwrap().codes.remove(&sent["code"]);
    let Some(asked) = asked else { return refused("invalid_grant") };
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(sent["code_verifier"].as_bytes()));
    if challenge != asked["code_challenge"] || sent["redirect_uri"] != asked["redirect_uri"] {
        return refused("invalid_grant");
    }
    let token = issuer.id_token(&asked["nonce"]);
    Json(json!({"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": token}))
        .into_response()
}

impl Issuer {
    fn id_token(&self, nonce: &str) -> String {
        let flaw = self.state.lock().unwrap().flaw;
        let now = Timestamp::now().as_second();
        let mut claims = json!({
            "iss": self.url, "aud": CLIENT, "sub": "ada", "nonce": nonce, "iat": now, "exp": now + 300,
            "email": "ada@example.org", "groups": ["live", "system:masters"],
        });
        let mut key = &self.keys.0;
        match flaw {
            Flaw::None => {}
            Flaw::Audience => claims["aud"] = json!("another"),
            Flaw::Nonce => claims["nonce"] = json!("another"),
            Flaw::Expired => claims["exp"] = json!(now - 300),
            Flaw::Signature => key = &self.keys.1,
            Flaw::Issuer => claims["iss"] = json!("http://another.example"),
        }
        let key = EncodingKey::from_ec_der(&key.serialize_der());
        let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::ES256) };
        encode(&header, &claims, &key).unwrap()
    }
}
