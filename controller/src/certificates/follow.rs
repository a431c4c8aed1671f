//! Keeps certificates up to date: follows the Secrets that they come from, and renews what is due.

use std::{future::pending, sync::Arc, time::Duration};

use anyhow::Context;
use futures::{StreamExt, stream::BoxStream};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client,
    runtime::{WatchStreamExt, watcher},
};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    bundle::CaBundle,
    given::Given,
    handover::Handover,
    leaf::{Leaf, Purpose},
    peers::Peers,
    serving::Serving,
    store::Store,
    succession::Succession,
};

/// How often it is looked whether anything is due. Nothing is due to the minute: an announced authority waits an hour,
/// a leaf is renewed ten days before its end.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// Where certificates come from.
#[derive(Clone, Debug)]
pub struct CertificateSettings {
    /// The controller's own namespace.
    pub namespace: String,
    /// The Secret that authorities are kept in.
    pub secret: String,
    /// Names and addresses to serve under: `SERVICE.NAMESPACE.svc` first, then this pod's own.
    pub names: Vec<String>,
    /// A Secret of somebody else's to serve from instead.
    pub given: Option<String>,
}

/// What others use.
#[derive(Clone)]
pub struct Certificates {
    /// What the metrics API serves with.
    pub serving: Arc<Serving>,
    /// Who vouches for that: for our APIService, and for fellow replicas.
    pub bundle: watch::Receiver<CaBundle>,
    /// How fellow replicas are known.
    pub peers: Arc<Peers>,
}

/// What keeps them up to date.
pub struct Keeper {
    settings: CertificateSettings,
    store: Store,
    serving: Arc<Serving>,
    peers: Arc<Peers>,
    bundle: watch::Sender<CaBundle>,
    handover: Handover,
    in_use: Option<InUse>,
}

/// What was issued last, and by whom.
struct InUse {
    succession: Succession,
    served: Leaf,
    peer: Leaf,
}

impl Certificates {
    /// Loads or issues everything, so that the server can start.
    ///
    /// # Errors
    ///
    /// A Secret can neither be read nor written.
    pub async fn start(client: &Client, settings: CertificateSettings) -> anyhow::Result<(Self, Keeper)> {
        let secrets = Api::namespaced(client.clone(), &settings.namespace);
        let store = Store { secrets, name: settings.secret.clone() };
        let (bundle, receiver) = watch::channel(CaBundle::default());
        let (serving, peers) = (Arc::<Serving>::default(), Arc::<Peers>::default());
        let certificates =
            Self { serving: Arc::clone(&serving), bundle: receiver, peers: Arc::clone(&peers) };
        let mut keeper =
            Keeper { settings, store, serving, peers, bundle, handover: Handover::default(), in_use: None };
        keeper.look(Timestamp::now()).await?;
        keeper.look_at_given().await?;
        Ok((certificates, keeper))
    }
}

impl Keeper {
    /// Follows both Secrets until `shutdown`.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut own = self.watch(&self.settings.secret);
        let given = self.settings.given.clone();
        let mut given = given.map_or_else(|| futures::stream::pending().boxed(), |name| self.watch(&name));
        let mut due = interval(LOOK_EVERY);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let outcome = tokio::select! {
                () = shutdown.cancelled() => return,
                () = at(self.handover.due()) => {
                    self.handover.pass(Instant::now());
                    self.show();
                    Ok(())
                }
                _ = due.tick() => self.look(Timestamp::now()).await,
                Some(event) = own.next() => match event {
                    Ok(_) => self.look(Timestamp::now()).await,
                    Err(error) => Err(error.into()),
                },
                Some(event) = given.next() => match event {
                    Ok(Some(secret)) => self.serve_given(&secret),
                    Ok(None) => Err(anyhow::anyhow!("the Secret to serve from is gone")),
                    Err(error) => Err(error.into()),
                },
            };
            if let Err(error) = outcome {
                warn!(
                    error = format!("{error:#}"),
                    "certificates cannot be brought up to date: the last ones stay"
                );
            }
        }
    }

    fn watch(&self, name: &str) -> BoxStream<'static, watcher::Result<Option<Secret>>> {
        watcher::watch_object(self.store.secrets.clone(), name).default_backoff().boxed()
    }

    /// Takes the authorities that are kept, and issues what is due under them.
    async fn look(&mut self, now: Timestamp) -> anyhow::Result<()> {
        let succession = self.store.current(now).await?;
        if self.in_use.as_ref().is_some_and(|in_use| in_use.holds(&succession, now)) {
            return Ok(());
        }
        let served = succession.current.sign(&Purpose::Serve(self.settings.names.clone()), now)?;
        let peer = succession.current.sign(&Purpose::Peer, now)?;
        let bundle = succession.bundle();
        self.peers.set(&bundle, peer.clone())?;
        if self.settings.given.is_none() {
            self.handover.take_up(Arc::clone(&served.certified), bundle, Instant::now());
            self.show();
        }
        info!(authority_until = %succession.current.not_after, "certificates issued");
        self.in_use = Some(InUse { succession, served, peer });
        Ok(())
    }

    async fn look_at_given(&mut self) -> anyhow::Result<()> {
        let Some(name) = &self.settings.given else {
            return Ok(());
        };
        let secret =
            self.store.secrets.get(name).await.with_context(|| format!("Secret `{name}` to serve from"))?;
        self.serve_given(&secret)
    }

    fn serve_given(&mut self, secret: &Secret) -> anyhow::Result<()> {
        let given = Given::read(secret).context("the Secret to serve from")?;
        self.handover.take_up(given.certified, given.bundle, Instant::now());
        self.show();
        Ok(())
    }

    /// Serves, and announces, what the handover says.
    fn show(&self) {
        if let Some(certified) = self.handover.served() {
            self.serving.set(Arc::clone(certified));
        }
        let announced = self.handover.announced();
        self.bundle.send_if_modified(|known| {
            let is_new = known != announced;
            known.clone_from(announced);
            is_new
        });
    }
}

/// Waits until then; forever where there is no such time.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}

impl InUse {
    fn holds(&self, succession: &Succession, now: Timestamp) -> bool {
        self.succession == *succession && !self.served.is_due(now) && !self.peer.is_due(now)
    }
}
