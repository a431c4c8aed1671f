//! What Prescale leans on, how each of it fares, and what to do about what fails: from what the controller itself knows
//! at this moment, and one question to the API server. Names are told to who may see them, and numbers to everybody.

mod health;
mod scalers;

use std::sync::{Arc, Mutex, PoisonError};

use futures::{FutureExt, future::BoxFuture};
use jiff::{SignedDuration, Timestamp};
use kube::Client;
use tokio::{sync::watch, time::timeout};

use crate::{
    certificates::Serving,
    lease::Leadership,
    metrics_api::Gate,
    nodes::Lookout,
    reconcile::SharedRegistry,
    registration::Standing,
    sources::connection::Connection,
    store::Store,
    web::{
        door::Viewer,
        setup::SetupView,
        wire::{Problem, Setup, SetupItem, SetupState},
    },
};

/// The API server answers its version from memory.
const ANSWERED_WITHIN: std::time::Duration = std::time::Duration::from_secs(2);
/// However many people look, it is asked this often.
const ASKED_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// What the controller is made of, as far as it can fail.
pub struct SetupParts {
    /// The API server.
    pub client: Client,
    /// Whether all that is declared has been seen.
    pub listed: watch::Receiver<bool>,
    /// What is declared, with the conditions that its status has.
    pub registry: SharedRegistry,
    /// Who leads.
    pub leadership: watch::Receiver<Leadership>,
    /// Where queries go.
    pub prometheus: Arc<Connection>,
    /// Where topics are read; `None` where they are not.
    pub kafka: Option<String>,
    /// Whether signals can be pushed.
    pub takes_pushes: bool,
    /// What is seen of nodes.
    pub lookout: Arc<Lookout>,
    /// What keeps history; `None` where nothing does.
    pub store: Option<Store>,
    /// The registration as the external-metrics server; `None` where it is left to others.
    pub registration: Option<watch::Receiver<Standing>>,
    /// What the metrics API is served with; `None` where it is not served.
    pub serving: Option<Arc<Serving>>,
    /// Whether the cluster is written to.
    pub dry_run: bool,
    /// The controller's namespace, for commands that people can copy.
    pub namespace: String,
    /// How people sign in.
    pub sign_in: SignInParts,
}

/// How people sign in.
#[derive(Clone, Debug, Default)]
pub struct SignInParts {
    /// The identity provider.
    pub issuer: Option<String>,
    /// Whether everybody may look.
    pub anonymous: bool,
    /// Whether events are written in the name of the provider's users.
    pub impersonate: bool,
}

/// The page of the setup.
pub struct SetupPage {
    parts: SetupParts,
    gate: Arc<Gate>,
    /// What the API server said last, and when.
    asked: Mutex<Option<(Timestamp, Result<String, String>)>>,
}

impl SetupPage {
    /// A page about `parts`.
    #[must_use]
    pub fn new(parts: SetupParts, gate: Arc<Gate>) -> Self {
        Self { parts, gate, asked: Mutex::default() }
    }

    async fn look(&self, viewer: &Viewer) -> Setup {
        let (parts, now) = (&self.parts, Timestamp::now());
        let mut items = vec![
            self.api_server(now).await,
            health::leader(parts),
            health::registration(parts),
            health::certificates(parts, now),
            health::history(parts),
            health::nodes(&parts.lookout.pool_costs()),
            health::writes(parts),
            health::sign_in(parts),
        ];
        items.extend(scalers::items(parts, &self.gate, viewer).await);
        // What fails comes first; otherwise the order stays.
        items.sort_by_key(|item| match item.state {
            SetupState::Failing => 0,
            SetupState::Ok => 1,
            SetupState::Off => 2,
        });
        Setup { items }
    }

    async fn api_server(&self, now: Timestamp) -> SetupItem {
        let known = self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let said = match known.filter(|(at, _)| now.duration_since(*at) < ASKED_EVERY) {
            Some((_, said)) => said,
            None => {
                let said = self.ask().await;
                *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, said.clone()));
                said
            }
        };
        health::api_server(said, *self.parts.listed.borrow())
    }

    async fn ask(&self) -> Result<String, String> {
        match timeout(ANSWERED_WITHIN, self.parts.client.apiserver_version()).await {
            Ok(Ok(version)) => Ok(version.git_version),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer within {} s", ANSWERED_WITHIN.as_secs())),
        }
    }
}

impl SetupView for SetupPage {
    fn setup<'a>(&'a self, viewer: &'a Viewer) -> BoxFuture<'a, Result<Setup, Problem>> {
        self.look(viewer).map(Ok).boxed()
    }
}

/// One line of the page.
fn item(
    (id, what): (&str, &str),
    state: SetupState,
    says: impl Into<String>,
    fix: Option<String>,
) -> SetupItem {
    SetupItem { id: id.to_owned(), what: what.to_owned(), state, says: says.into(), fix }
}
