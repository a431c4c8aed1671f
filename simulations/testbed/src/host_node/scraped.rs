//! Pods that Prometheus scrapes: those that say so, as is the custom, by the annotation `prometheus.io/port`. Prometheus
//! reads them from a file, and notices when it changes.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::json;

/// The pods whose processes run, by name.
#[derive(Debug)]
pub(super) struct Scraped {
    file: PathBuf,
    pods: Mutex<BTreeMap<String, serde_json::Value>>,
}

/// Where Prometheus looks for pods in the folder of a testbed.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("scraped-pods.json")
}

impl Scraped {
    pub(super) fn new(folder: &Path) -> Self {
        Self { file: file(folder), pods: Mutex::default() }
    }

    /// A pod's process runs at this address.
    pub(super) fn add(&self, pod: &Pod, address: Ipv4Addr) {
        let Some(port) = pod.annotations().get("prometheus.io/port") else { return };
        let labels = json!({"namespace": pod.namespace(), "pod": pod.name_any()});
        let target = json!({"targets": [format!("{address}:{port}")], "labels": labels});
        self.change(|pods| _ = pods.insert(pod.name_any(), target));
    }

    /// A pod's process is told to end.
    pub(super) fn remove(&self, pod: &Pod) {
        self.change(|pods| _ = pods.remove(&pod.name_any()));
    }

    /// The file appears whole or not at all.
    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, serde_json::Value>)) {
        let mut pods = self.pods.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut pods);
        let new = self.file.with_extension("json.new");
        let written = std::fs::write(&new, json!(pods.values().collect::<Vec<_>>()).to_string())
            .and_then(|()| std::fs::rename(&new, &self.file));
        if let Err(error) = written {
            eprintln!("testbed: {}: {error}", self.file.display());
        }
    }
}
