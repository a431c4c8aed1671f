//! What stands for a Service in front of pods on a host node: the API server refuses endpoints on loopback, so
//! connections are spread here, each to the ready pod that has the fewest.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    runtime::{
        WatchStreamExt,
        reflector::{self, Store},
        watcher::{self, watcher},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::{Error, Testbed};

/// A ready pod takes a connection at once; one that does not is passed over.
const CONNECTS_WITHIN: Duration = Duration::from_secs(1);

/// Spreads connections over the ready pods of a selector while it lives.
#[derive(Debug)]
pub struct Balancer {
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

/// Connections by pod.
type Open = Arc<Mutex<BTreeMap<String, usize>>>;

impl Balancer {
    /// In front of `port` of the pods in `namespace` that `labels` select.
    ///
    /// # Errors
    ///
    /// Where no port is free, or the API server is away.
    pub async fn start(bed: &Testbed, namespace: &str, labels: &str, port: u16) -> Result<Self, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, bed.port()?)).await;
        let listener = listener.map_err(Error::io("listen in front of pods"))?;
        let address = listener.local_addr().map_err(Error::io("listen in front of pods"))?;
        let pods: Api<Pod> = Api::namespaced(bed.client().await?, namespace);
        let (store, writer) = reflector::store();
        let seen = watcher(pods, watcher::Config::default().labels(labels)).default_backoff();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            reflector::reflector(writer, seen).for_each(async |_| ()).await;
        });
        tasks.spawn(accept(listener, store, port));
        Ok(Self { address, _tasks: tasks })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn accept(listener: TcpListener, pods: Store<Pod>, port: u16) {
    let (open, mut connections) = (Open::default(), JoinSet::new());
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(pass_on(client, pods.clone(), port, Arc::clone(&open)));
    }
}

/// Passes on all bytes, both ways, until one side ends. Where no pod is ready, the connection is closed.
async fn pass_on(mut client: TcpStream, pods: Store<Pod>, port: u16, open: Open) {
    let mut tried = Vec::new();
    while let Some((name, address)) = least_loaded(&pods, &open, &tried) {
        let connected = tokio::time::timeout(CONNECTS_WITHIN, TcpStream::connect((address, port))).await;
        let Ok(Ok(mut pod)) = connected else {
            tried.push(name);
            continue;
        };
        _ = (client.set_nodelay(true), pod.set_nodelay(true));
        let _count = Count::new(&open, name);
        _ = tokio::io::copy_bidirectional(&mut client, &mut pod).await;
        return;
    }
}

fn least_loaded(pods: &Store<Pod>, open: &Open, tried: &[String]) -> Option<(String, Ipv4Addr)> {
    let open = open.lock().unwrap_or_else(PoisonError::into_inner);
    let state = pods.state();
    let ready = state.iter().filter(|pod| is_ready(pod) && !tried.contains(&pod.name_any()));
    let least = ready.min_by_key(|pod| open.get(&pod.name_any()).copied().unwrap_or(0))?;
    let address = least.status.as_ref()?.pod_ip.as_ref()?.parse().ok()?;
    Some((least.name_any(), address))
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().filter_map(|status| status.conditions.as_ref()).flatten();
    pod.metadata.deletion_timestamp.is_none()
        && conditions.into_iter().any(|one| one.type_ == "Ready" && one.status == "True")
}

/// One open connection of a pod.
struct Count<'a> {
    open: &'a Open,
    pod: String,
}

impl<'a> Count<'a> {
    fn new(open: &'a Open, pod: String) -> Self {
        *open.lock().unwrap_or_else(PoisonError::into_inner).entry(pod.clone()).or_default() += 1;
        Self { open, pod }
    }
}

impl Drop for Count<'_> {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.pod) {
            *count = count.saturating_sub(1);
        }
    }
}
