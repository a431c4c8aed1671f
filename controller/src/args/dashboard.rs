//! Flags of the dashboard: where it listens, and who is let in.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;

use super::{duration, size};

/// The dashboard.
#[derive(Debug, Args)]
#[command(next_help_heading = "Dashboard")]
pub struct DashboardArgs {
    /// The dashboard, if it is to be served. People sign in there.
    #[arg(long, env = "PRESCALE_DASHBOARD_BIND", value_name = "ADDRESS")]
    pub dashboard_bind: Option<SocketAddr>,
    /// Serve it by TLS, with the certificate of the metrics API. Without it, something in front ends TLS, or people come
    /// by `kubectl port-forward`.
    #[arg(long, env = "PRESCALE_DASHBOARD_TLS")]
    pub dashboard_tls: bool,
    /// Where browsers reach it, such as https://prescale.example.org. The identity provider sends them back there.
    #[arg(long, env = "PRESCALE_DASHBOARD_URL", value_name = "URL")]
    pub dashboard_url: Option<String>,
    /// The name of the cluster, as it is shown.
    #[arg(long, env = "PRESCALE_DASHBOARD_CLUSTER", value_name = "NAME")]
    pub dashboard_cluster: Option<String>,
    /// How long somebody stays signed in.
    #[arg(long, env = "PRESCALE_DASHBOARD_SESSION", default_value = "8h", value_name = "TIME", value_parser = duration)]
    pub dashboard_session: Duration,
    /// Let everybody who reaches the dashboard see everything without signing in. Nothing can be changed that way.
    #[arg(long, env = "PRESCALE_DASHBOARD_ANONYMOUS")]
    pub dashboard_anonymous: bool,
    /// Memory for what happened and what had been forecast of it, for all scalers together: 64Mi are a day of minutes for
    /// 1,000 of them, two hours for 10,000. At least 16Mi.
    #[arg(long, env = "PRESCALE_DASHBOARD_MEMORY", default_value = "64Mi", value_name = "SIZE", value_parser = size)]
    pub dashboard_memory: u64,
    /// Sign-in at an identity provider.
    #[command(flatten)]
    pub oidc: OidcArgs,
}

/// Sign-in at an identity provider, by OpenID Connect. Names and prefixes are as in the flags of kube-apiserver.
#[derive(Debug, Args)]
#[command(next_help_heading = "Dashboard")]
pub struct OidcArgs {
    /// The identity provider that people may sign in at, by OpenID Connect.
    #[arg(
        long, env = "PRESCALE_DASHBOARD_OIDC_ISSUER", value_name = "URL",
        requires_all = ["dashboard_oidc_client_id", "dashboard_url"]
    )]
    pub dashboard_oidc_issuer: Option<String>,
    /// The name by which it knows the dashboard.
    #[arg(long, env = "PRESCALE_DASHBOARD_OIDC_CLIENT_ID", value_name = "NAME")]
    pub dashboard_oidc_client_id: Option<String>,
    /// A Secret of the own namespace with `client-secret`, and perhaps `ca.crt`. It is read at each sign-in.
    #[arg(long, env = "PRESCALE_DASHBOARD_OIDC_SECRET", value_name = "NAME")]
    pub dashboard_oidc_secret: Option<String>,
    /// A file with the client secret, where no Secret is named.
    #[arg(long, env = "PRESCALE_DASHBOARD_OIDC_CLIENT_SECRET_FILE", value_name = "FILE")]
    pub dashboard_oidc_client_secret_file: Option<PathBuf>,
    /// A file with the certificates, in PEM, that the provider is trusted by.
    #[arg(long, env = "PRESCALE_DASHBOARD_OIDC_CA", value_name = "FILE")]
    pub dashboard_oidc_ca: Option<PathBuf>,
    /// What is asked for beside `openid`.
    #[arg(
        long,
        env = "PRESCALE_DASHBOARD_OIDC_SCOPES",
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "profile,email"
    )]
    pub dashboard_oidc_scopes: Vec<String>,
    /// The claim that names the user.
    #[arg(long, env = "PRESCALE_DASHBOARD_OIDC_USERNAME_CLAIM", default_value = "sub", value_name = "CLAIM")]
    pub dashboard_oidc_username_claim: String,
    /// What stands before the name. Without it, the issuer and `#`, except before an `email`; `-` is nothing.
    #[arg(
        long,
        env = "PRESCALE_DASHBOARD_OIDC_USERNAME_PREFIX",
        value_name = "TEXT",
        allow_hyphen_values = true
    )]
    pub dashboard_oidc_username_prefix: Option<String>,
    /// The claim that lists the user's groups, if they are to count.
    #[arg(long, env = "PRESCALE_DASHBOARD_OIDC_GROUPS_CLAIM", value_name = "CLAIM")]
    pub dashboard_oidc_groups_claim: Option<String>,
    /// What stands before each group.
    #[arg(long, env = "PRESCALE_DASHBOARD_OIDC_GROUPS_PREFIX", default_value = "", value_name = "TEXT")]
    pub dashboard_oidc_groups_prefix: String,
    /// Write events in the name of users of the provider: the controller then needs the right to impersonate.
    #[arg(long, env = "PRESCALE_DASHBOARD_OIDC_IMPERSONATE")]
    pub dashboard_oidc_impersonate: bool,
}
