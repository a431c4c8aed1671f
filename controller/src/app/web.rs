//! The dashboard, from the flags: who is let in, what it is made of, and where it listens.

use std::sync::Arc;

use anyhow::{Context, bail};
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, Config};
use tokio::sync::watch;
use tracing::warn;

use super::servers::{Life, bind};
use crate::{
    args::{DashboardArgs, OidcArgs, Run},
    certificates::Serving,
    lease::Leadership,
    metrics_api::{Authentication, Authorization, Gate, page_config},
    nodes::Lookout,
    reconcile::SharedRegistry,
    registration::Standing,
    sources::connection::Connection,
    store::Store,
    telemetry::Metrics,
    web::{
        self, Gallery, WebParts,
        access::{
            Access, AccessSettings, Calendar, ClaimSettings, Oidc, OidcCredentials, OidcSettings, Prefix,
            SessionKey, SetupPage, SetupParts, SignInParts, oidc_routes,
        },
    },
};

/// What the dashboard shows of the controller.
pub(super) struct Shown {
    /// The API server as the controller reaches it.
    pub(super) cluster: Config,
    pub(super) client: Client,
    pub(super) metrics: Metrics,
    pub(super) gallery: Arc<Gallery>,
    pub(super) listed: watch::Receiver<bool>,
    pub(super) registry: SharedRegistry,
    pub(super) leadership: watch::Receiver<Leadership>,
    pub(super) prometheus: Arc<Connection>,
    pub(super) store: Option<Store>,
    pub(super) lookout: Arc<Lookout>,
    pub(super) answered: Answered,
}

/// What the cluster is answered with; nothing in a dry run.
#[derive(Default)]
pub(super) struct Answered {
    pub(super) registration: Option<watch::Receiver<Standing>>,
    pub(super) serving: Option<Arc<Serving>>,
}

/// Serves the dashboard.
///
/// # Errors
///
/// The port cannot be had, or flags do not go together. What the cluster refuses is told, and stops nothing: workloads
/// are scaled all the same.
pub(super) async fn listen(args: &Run, shown: Shown, (tasks, shutdown): Life<'_>) -> anyhow::Result<()> {
    let dashboard = &args.dashboard;
    let Some(address) = dashboard.dashboard_bind else { return Ok(()) };
    let tls = match (&shown.answered.serving, dashboard.dashboard_tls) {
        (_, false) => None,
        (Some(serving), true) => Some(page_config(serving.clone())),
        (None, true) => {
            bail!("--dashboard-tls takes the certificate of the metrics API, which a dry run does not serve")
        }
    };
    let secrets: Api<Secret> = Api::namespaced(shown.client.clone(), &args.identity.namespace);
    let oidc = oidc(dashboard, &secrets)?;
    let key = session_key(args, &secrets, (tasks, shutdown)).await;
    let access = Arc::new(Access::new(settings(dashboard), key, gate(&shown), oidc));
    let gate = access.gate();
    let calendar = Calendar {
        registry: shown.registry.clone(),
        gate: Arc::clone(&gate),
        cluster: shown.cluster.clone(),
    };
    let parts = WebParts {
        gallery: Arc::clone(&shown.gallery),
        door: access.clone(),
        replay: None,
        setup: Arc::new(SetupPage::new(setup(args, &shown), gate)),
        events: Arc::new(calendar),
        store: shown.store,
    };
    let router = web::router(parts).merge(oidc_routes(access));
    let listener = bind("--dashboard-bind", address).await?;
    tasks.spawn(web::serve(listener, tls, router, shutdown.clone()));
    Ok(())
}

/// Callers are known by tokens alone: nobody comes through the API server's proxy here.
fn gate(shown: &Shown) -> Gate {
    Gate {
        authentication: Authentication::new(Arc::default(), shown.client.clone()),
        authorization: Authorization::new(shown.client.clone(), shown.metrics.clone()),
    }
}

fn settings(args: &DashboardArgs) -> AccessSettings {
    AccessSettings {
        session: SignedDuration::try_from(args.dashboard_session).expect("a session was written as one"),
        anonymous: args.dashboard_anonymous,
        impersonate: args.oidc.dashboard_oidc_impersonate,
        cluster: args.dashboard_cluster.clone(),
    }
}

/// The key of sessions that all replicas share; one of this run where nothing is written to the cluster, or where the
/// cluster lets us keep none.
async fn session_key(args: &Run, secrets: &Api<Secret>, (tasks, shutdown): Life<'_>) -> SessionKey {
    if args.dry_run {
        return SessionKey::of_this_run();
    }
    let key = SessionKey::load(secrets).await.unwrap_or_else(|error| {
        warn!(error = format!("{error:#}"), "sessions end with this process, and only it knows them");
        SessionKey::of_this_run()
    });
    tasks.spawn(key.clone().follow(secrets.clone(), shutdown.clone()));
    key
}

fn setup(args: &Run, shown: &Shown) -> SetupParts {
    let dashboard = &args.dashboard;
    SetupParts {
        client: shown.client.clone(),
        listed: shown.listed.clone(),
        registry: shown.registry.clone(),
        leadership: shown.leadership.clone(),
        prometheus: Arc::clone(&shown.prometheus),
        kafka: args.sources.kafka.connection.kafka_bootstrap_servers.clone(),
        takes_pushes: args.listen.signals_bind.is_some() && !args.dry_run,
        store: shown.store.clone(),
        lookout: Arc::clone(&shown.lookout),
        registration: shown.answered.registration.clone(),
        serving: shown.answered.serving.clone(),
        dry_run: args.dry_run,
        namespace: args.identity.namespace.clone(),
        sign_in: SignInParts {
            issuer: dashboard.oidc.dashboard_oidc_issuer.clone(),
            anonymous: dashboard.dashboard_anonymous,
            impersonate: dashboard.oidc.dashboard_oidc_impersonate,
        },
    }
}

/// The identity provider that the flags name.
fn oidc(dashboard: &DashboardArgs, secrets: &Api<Secret>) -> anyhow::Result<Option<Oidc>> {
    let args = &dashboard.oidc;
    let Some(issuer) = &args.dashboard_oidc_issuer else { return Ok(None) };
    let client_id = args.dashboard_oidc_client_id.clone().context("--dashboard-oidc-client-id is missing")?;
    let dashboard_url = dashboard.dashboard_url.clone().context("--dashboard-url is missing")?;
    let named = args.dashboard_oidc_secret.as_ref().map(|name| (secrets.clone(), name.clone()));
    let settings = OidcSettings {
        issuer: issuer.clone(),
        client_id,
        credentials: OidcCredentials {
            secret: named,
            client_secret_file: args.dashboard_oidc_client_secret_file.clone(),
            ca_file: args.dashboard_oidc_ca.clone(),
        },
        scopes: args.dashboard_oidc_scopes.clone(),
        claims: claims(args),
        dashboard_url,
    };
    Ok(Some(Oidc::new(settings).context("--dashboard-oidc-issuer, --dashboard-url")?))
}

fn claims(args: &OidcArgs) -> ClaimSettings {
    ClaimSettings {
        username: args.dashboard_oidc_username_claim.clone(),
        username_prefix: match args.dashboard_oidc_username_prefix.as_deref() {
            None => Prefix::Issuer,
            Some("-") => Prefix::Given(String::new()),
            Some(prefix) => Prefix::Given(prefix.to_owned()),
        },
        groups: args.dashboard_oidc_groups_claim.clone(),
        groups_prefix: args.dashboard_oidc_groups_prefix.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use clap::Parser;

    fn read(flags: &str) -> Result<DashboardArgs, String> {
        let line = format!("prescale-controller --prometheus-url=http://here {flags}");
        let args = Args::try_parse_from(line.split(' ')).map_err(|error| error.to_string())?;
        Ok(args.run.dashboard)
    }

    #[test]
    fn an_identity_provider_takes_a_client_and_an_address_to_come_back_to() {
        let refused = read("--dashboard-oidc-issuer=https://id.example.org").unwrap_err();
        for flag in ["--dashboard-oidc-client-id", "--dashboard-url"] {
            assert!(refused.contains(flag), "{refused}");
        }
        assert_eq!(read("--tick=15s").unwrap().dashboard_bind, None);
    }

    #[test]
    fn names_are_prefixed_as_kube_apiserver_prefixes_them() {
        let prefix = |flags: &str| claims(&read(flags).unwrap().oidc).username_prefix;
        assert_eq!(prefix("--tick=15s"), Prefix::Issuer);
        assert_eq!(prefix("--dashboard-oidc-username-prefix=-"), Prefix::Given(String::new()));
        assert_eq!(prefix("--dashboard-oidc-username-prefix=oidc:"), Prefix::Given("oidc:".to_owned()));
    }
}
