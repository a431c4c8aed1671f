//! Who may push: a caller that is known by a token of the cluster, a certificate or an API key, that has the right to
//! push to the scaler, and that does not push too often.

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderMap, StatusCode, header::AUTHORIZATION};

use super::{key::ApiKeys, pace::Pace, problem::Problem};
use crate::{
    board::ScalerKey,
    metrics_api::{Caller, Connection, Gate, Wanted},
};

/// Schemes under which a key is shown: our own word, and that of InfluxDB's clients.
const KEY_SCHEMES: [&str; 2] = ["apikey", "token"];
/// How Kubernetes names who shows nothing.
const ANONYMOUS: &str = "system:anonymous";

/// Lets callers in.
pub struct Door {
    gate: Gate,
    keys: ApiKeys,
    pace: Pace,
}

impl Door {
    /// Identity and rights by `gate`, as for who reads metrics; and those of `keys`.
    #[must_use]
    pub fn new(gate: Gate, keys: ApiKeys) -> Self {
        Self { gate, keys, pace: Pace::default() }
    }

    /// Who calls. Nobody pushes without a name.
    pub(super) async fn identify(
        &self,
        connection: &Connection,
        headers: &HeaderMap,
    ) -> Result<Arc<Caller>, Problem> {
        let unauthorized =
            |words: &str| Problem::new(StatusCode::UNAUTHORIZED, format!("unauthorized: {words}"));
        if let Some(key) = api_key(headers) {
            return self.keys.caller(key).ok_or_else(|| unauthorized("the API key is not valid"));
        }
        let caller = self.gate.authentication.identify(connection, headers).await?;
        if caller.name == ANONYMOUS {
            let how = "show a token of the cluster, `Authorization: Bearer TOKEN`, or an API key, \
                       `Authorization: ApiKey KEY`";
            return Err(unauthorized(how));
        }
        Ok(caller)
    }

    /// Lets `caller` push to a scaler, once.
    pub(super) async fn admit(&self, caller: &Arc<Caller>, scaler: &ScalerKey) -> Result<(), Problem> {
        self.gate.authorization.allow(caller, &Wanted::Push { scaler: scaler.clone() }).await?;
        self.pace.admit(caller, scaler).map_err(|pause| too_often(caller, scaler, pause))
    }

    /// Whether the caller may see which scalers a namespace has.
    pub(super) async fn may_list(&self, caller: &Arc<Caller>, namespace: &str) -> bool {
        let wanted = Wanted::Scalers { namespace: namespace.to_owned() };
        self.gate.authorization.allow(caller, &wanted).await.is_ok()
    }
}

fn too_often(caller: &Caller, scaler: &ScalerKey, pause: Duration) -> Problem {
    let words = format!("{} pushes to {scaler} more than 10 times a second", caller.name);
    Problem::new(StatusCode::TOO_MANY_REQUESTS, words).after(pause)
}

fn api_key(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    KEY_SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(key.trim())
}
