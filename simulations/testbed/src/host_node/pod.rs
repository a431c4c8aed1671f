//! The life of one pod: its process starts after a while, is probed, started again when it ends by itself, and asked to
//! end when the pod is deleted.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use k8s_openapi::api::core::v1::{Pod, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Preconditions},
};
use tokio::sync::watch;

use super::container;
use super::scraped::Scraped;
use super::status::{Container, report};
use crate::{Process, Signal, Testbed, keeper::State};

/// Looks at a process so often: what a probe asks, more often than a kubelet may.
const LOOK: Duration = Duration::from_millis(100);
/// Pause before a process that ended by itself is started again.
const RESTART_AFTER: Duration = Duration::from_secs(1);
/// A grace period that the pod does not name.
const GRACE_S: i64 = 30;

/// One pod, and the wish to be rid of it.
pub(super) struct Life {
    pub(super) bed: Arc<Testbed>,
    pub(super) pods: Api<Pod>,
    pub(super) scraped: Arc<Scraped>,
    pub(super) pod: Pod,
    pub(super) address: Ipv4Addr,
    pub(super) leave: watch::Receiver<bool>,
    /// When it was bound; then, when its process was started.
    pub(super) since: jiff::Timestamp,
}

impl Life {
    /// From the binding to the end.
    pub(super) async fn live(mut self, start_delay: Duration) {
        let leave = self.leave.clone();
        tokio::select! {
            () = tokio::time::sleep(start_delay) => {}
            () = left(leave.clone()) => return self.remove().await,
        }
        self.since = jiff::Timestamp::now();
        match container::process(&self.pod, self.address) {
            Ok(process) => {
                self.scraped.add(&self.pod, self.address);
                tokio::select! {
                    () = self.keep_running(&process) => {}
                    () = left(leave) => {}
                }
                self.scraped.remove(&self.pod);
                self.end(&process.name).await;
            }
            Err(refused) => {
                self.report(Container::Waiting(&refused)).await;
                left(leave).await;
            }
        }
        self.remove().await;
    }

    /// Runs the process, again and again, and tells whether it is ready.
    async fn keep_running(&self, process: &Process) {
        for restarts in 0.. {
            if let Err(error) = self.bed.run(process.clone()).await {
                self.report(Container::Waiting(&error.to_string())).await;
            } else {
                self.follow(&process.name, restarts).await;
                self.report(Container::Running { is_ready: false, restarts }).await;
            }
            tokio::time::sleep(RESTART_AFTER).await;
        }
    }

    /// Until the process ends: reports what its probe says.
    async fn follow(&self, name: &str, restarts: i32) {
        let probe = self.probe();
        let mut reported = None;
        while matches!(self.bed.state(name), Some(State::Running(_))) {
            let is_ready = match &probe {
                Some(probe) => probe.answers().await,
                None => true,
            };
            if reported != Some(is_ready) {
                self.report(Container::Running { is_ready, restarts }).await;
                reported = Some(is_ready);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Asks the process to end, and kills it when its time is over.
    async fn end(&self, name: &str) {
        let grace = self.pod.spec.as_ref().and_then(|spec| spec.termination_grace_period_seconds);
        let grace = Duration::from_secs(grace.unwrap_or(GRACE_S).unsigned_abs());
        // It may have ended by itself.
        _ = self.bed.signal(name, Signal::Terminate);
        let ends = async {
            while matches!(self.bed.state(name), Some(State::Running(_))) {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(grace, ends).await.is_err() {
            _ = self.bed.kill(name).await;
        }
        self.report(Container::Ended).await;
    }

    /// The pod is gone for the API server, too.
    async fn remove(&self) {
        let preconditions = Some(Preconditions { uid: self.pod.uid(), resource_version: None });
        let now = DeleteParams { grace_period_seconds: Some(0), preconditions, ..DeleteParams::default() };
        _ = self.pods.delete(&self.pod.name_any(), &now).await;
    }

    async fn report(&self, state: Container<'_>) {
        let container = container::only_container(&self.pod).map_or("", |container| &container.name);
        let names = (self.pod.name_any(), container);
        if let Err(error) = report(&self.pods, (&names.0, names.1), self.address, self.since, state).await {
            // One that was deleted meanwhile has no status any more.
            eprintln!("testbed: status of pod {}: {error}", names.0);
        }
    }

    fn probe(&self) -> Option<HttpProbe> {
        let container = container::only_container(&self.pod).ok()?;
        HttpProbe::of(container.readiness_probe.as_ref()?, self.address)
    }
}

/// Until the pod is to go.
async fn left(mut leave: watch::Receiver<bool>) {
    _ = leave.wait_for(|left| *left).await;
}

/// A readiness probe by HTTP.
struct HttpProbe {
    client: reqwest::Client,
    url: String,
}

impl HttpProbe {
    fn of(probe: &Probe, address: Ipv4Addr) -> Option<Self> {
        let get = probe.http_get.as_ref()?;
        let IntOrString::Int(port) = get.port else { return None };
        let timeout = Duration::from_secs(u64::try_from(probe.timeout_seconds.unwrap_or(1)).unwrap_or(1));
        let client = reqwest::Client::builder().timeout(timeout).build().ok()?;
        Some(Self { client, url: format!("http://{address}:{port}{}", get.path.as_deref().unwrap_or("/")) })
    }

    async fn answers(&self) -> bool {
        self.client.get(&self.url).send().await.is_ok_and(|answer| answer.status().is_success())
    }
}
