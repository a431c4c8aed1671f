//! Who is signed in, and how.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The name that Kubernetes knows the user by.
    pub user: String,
    /// How they came in.
    pub via: Via,
    /// To be sent with each change as `X-Prescale-CSRF`; `null` where no cookie is used.
    pub csrf: Option<String>,
    /// When the session ends; `null` where it does not.
    pub expires_at: Option<Timestamp>,
    /// Whether a cluster or a recording is shown.
    pub mode: SessionMode,
    /// Version of Prescale.
    pub version: String,
    /// The name that the operator gave the cluster; `null` where there is none.
    pub cluster: Option<String>,
    /// Whether events may be changed in any namespace, as far as known.
    pub can_change_events: bool,
}

/// How somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// By a Kubernetes token.
    Token,
    /// By the identity provider.
    Oidc,
    /// Without signing in: the operator lets everybody look.
    Anonymous,
    /// A replay, in which there is nothing to guard.
    Replay,
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionMode {
    /// A cluster, now.
    Live,
    /// A recording, replayed.
    Replay,
}

/// Signing in by a Kubernetes token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TokenSignIn {
    /// The token.
    #[schema(write_only, format = Password)]
    pub token: String,
}

/// Without the token: what is printed ends up in logs.
impl std::fmt::Debug for TokenSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenSignIn").finish_non_exhaustive()
    }
}
