//! The parts of a control plane, and the command line of each.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::certificates::token_keys;
use crate::egress::Egress;
use crate::{
    Authorities, CertificateFiles, Error, Life, Ports, Process, Programs, Settings, Subject, host_node,
    stages,
};

/// The store.
pub const ETCD: &str = "etcd";
/// The API server, with the aggregator in it.
pub const API_SERVER: &str = "kube-apiserver";
/// The controllers, that of the HPA among them.
pub const CONTROLLER_MANAGER: &str = "kube-controller-manager";
/// Binds pods to nodes.
pub const SCHEDULER: &str = "kube-scheduler";
/// Plays nodes and pods.
pub const KWOK: &str = "kwok";
/// Scrapes and answers queries, in a testbed that was asked for it.
pub const PROMETHEUS: &str = "prometheus";

/// Only a client certificate of this name may speak for others before an extension server.
pub const FRONT_PROXY: &str = "front-proxy-client";

/// The ports on 127.0.0.1 where the parts of one testbed listen.
#[derive(Debug)]
pub(crate) struct Addresses {
    etcd: u16,
    etcd_peer: u16,
    api_server: u16,
    controller_manager: u16,
    scheduler: u16,
    kwok: u16,
}

impl Addresses {
    pub(crate) fn draw(ports: &Ports) -> Result<Self, Error> {
        Ok(Self {
            etcd: ports.next()?,
            etcd_peer: ports.next()?,
            api_server: ports.next()?,
            controller_manager: ports.next()?,
            scheduler: ports.next()?,
            kwok: ports.next()?,
        })
    }

    pub(crate) fn server(&self) -> String {
        format!("https://127.0.0.1:{}", self.api_server)
    }
}

/// What to start, in this order: the clients when the servers are ready.
pub(crate) struct Lineup {
    pub(crate) servers: [Process; 2],
    pub(crate) clients: [Process; 3],
}

/// What the command lines are made of.
pub(crate) struct Plan<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) programs: &'a Programs,
    pub(crate) settings: &'a Settings,
    pub(crate) authorities: &'a Authorities,
    pub(crate) addresses: &'a Addresses,
    /// The administrator's.
    pub(crate) kubeconfig: &'a Path,
}

impl Plan<'_> {
    /// Issues what the parts show each other, and writes their command lines.
    pub(crate) fn line_up(&self) -> Result<Lineup, Error> {
        let hosts = [
            "127.0.0.1",
            "10.96.0.1",
            "localhost",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
        ];
        let serving = Subject { name: "testbed", group: None, hosts: &hosts, life: Life::Current };
        let serving = tls_flags(&self.authorities.servers.issue("serving", serving)?);
        let front_proxy = Subject { name: FRONT_PROXY, group: None, hosts: &[], life: Life::Current };
        let front_proxy = self.authorities.front_proxy.issue("front-proxy", front_proxy)?;
        let tokens = token_keys(self.folder)?;
        let mut api_server = self.api_server(&tokens);
        api_server.arguments.extend(serving.clone());
        api_server.arguments.extend(self.aggregation_flags(&front_proxy));
        api_server.arguments.extend(self.settings.api_server_flags.iter().cloned());
        let mut controller_manager = self.controller_manager(&tokens);
        controller_manager.arguments.extend(serving.clone());
        controller_manager.arguments.extend(self.settings.controller_manager_flags.iter().cloned());
        let mut scheduler = self.scheduler();
        scheduler.arguments.extend(serving);
        Ok(Lineup {
            servers: [self.etcd(), api_server],
            clients: [controller_manager, scheduler, self.kwok()?],
        })
    }

    fn etcd(&self) -> Process {
        let client = format!("http://127.0.0.1:{}", self.addresses.etcd);
        let peer = format!("http://127.0.0.1:{}", self.addresses.etcd_peer);
        let flags = vec![
            "--name=testbed".into(),
            format!("--data-dir={}", self.folder.join("etcd").display()),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=testbed={peer}"),
            // Nothing has to survive the machine: a crash of a process does not lose what the system holds.
            "--unsafe-no-fsync".into(),
            "--log-level=warn".into(),
        ];
        self.control_plane(ETCD, flags)
    }

    fn api_server(&self, tokens: &CertificateFiles) -> Process {
        let flags = vec![
            format!("--etcd-servers=http://127.0.0.1:{}", self.addresses.etcd),
            "--bind-address=127.0.0.1".into(),
            "--advertise-address=127.0.0.1".into(),
            format!("--secure-port={}", self.addresses.api_server),
            // The Service `kubernetes` stays without endpoints: those on loopback would be refused.
            "--endpoint-reconciler-type=none".into(),
            "--service-cluster-ip-range=10.96.0.0/16".into(),
            "--authorization-mode=Node,RBAC".into(),
            "--allow-privileged=true".into(),
            format!("--egress-selector-config-file={}", Egress::configuration_path(self.folder).display()),
            format!("--client-ca-file={}", self.authorities.clients.path().display()),
            "--service-account-issuer=https://kubernetes.default.svc".into(),
            format!("--service-account-key-file={}", tokens.certificate.display()),
            format!("--service-account-signing-key-file={}", tokens.key.display()),
        ];
        self.control_plane(API_SERVER, flags)
    }

    /// What makes kube-apiserver pass requests on to extension servers, and vouch for who asks.
    fn aggregation_flags(&self, front_proxy: &CertificateFiles) -> Vec<String> {
        vec![
            format!("--requestheader-client-ca-file={}", self.authorities.front_proxy.path().display()),
            format!("--requestheader-allowed-names={FRONT_PROXY}"),
            "--requestheader-username-headers=X-Remote-User".into(),
            "--requestheader-group-headers=X-Remote-Group".into(),
            "--requestheader-extra-headers-prefix=X-Remote-Extra-".into(),
            format!("--proxy-client-cert-file={}", front_proxy.certificate.display()),
            format!("--proxy-client-key-file={}", front_proxy.key.display()),
        ]
    }

    fn controller_manager(&self, tokens: &CertificateFiles) -> Process {
        let mut flags = client_flags(self.kubeconfig, self.addresses.controller_manager);
        flags.extend([
            format!("--root-ca-file={}", self.authorities.servers.path().display()),
            format!("--service-account-private-key-file={}", tokens.key.display()),
            "--use-service-account-credentials=true".into(),
            format!("--horizontal-pod-autoscaler-sync-period={}", go(self.settings.hpa_sync)),
            format!(
                "--horizontal-pod-autoscaler-downscale-stabilization={}",
                go(self.settings.downscale_stabilization)
            ),
        ]);
        self.control_plane(CONTROLLER_MANAGER, flags)
    }

    fn scheduler(&self) -> Process {
        self.control_plane(SCHEDULER, client_flags(self.kubeconfig, self.addresses.scheduler))
    }

    fn kwok(&self) -> Result<Process, Error> {
        let configuration = self.folder.join("kwok.yaml");
        std::fs::write(&configuration, stages::configuration(self.settings))
            .map_err(Error::io(format!("write {}", configuration.display())))?;
        let flags = vec![
            format!("--kubeconfig={}", self.kubeconfig.display()),
            format!("--config={}", configuration.display()),
            // All nodes but those that run processes.
            format!("--manage-nodes-with-label-selector=!{}", host_node::RUNS.0),
            // As a kubelet does: without leases, nodes are taken for dead after 50 s.
            "--node-lease-duration-seconds=40".into(),
            "--cidr=10.128.0.0/9".into(),
            "--node-ip=127.0.0.1".into(),
            format!("--server-address=127.0.0.1:{}", self.addresses.kwok),
        ];
        Ok(self.process(KWOK, self.programs.kwok(), flags))
    }

    fn control_plane(&self, name: &str, flags: Vec<String>) -> Process {
        let mut arguments = vec![name.to_owned()];
        arguments.extend(flags);
        self.process(name, self.programs.control_plane(), arguments)
    }

    fn process(&self, name: &str, program: PathBuf, arguments: Vec<String>) -> Process {
        // kwok and the client libraries look for configuration in the home directory: theirs is the folder.
        let environment = [("HOME".to_owned(), self.folder.display().to_string())].into();
        Process { name: name.to_owned(), program, arguments, environment }
    }
}

fn tls_flags(serving: &CertificateFiles) -> [String; 2] {
    [
        format!("--tls-cert-file={}", serving.certificate.display()),
        format!("--tls-private-key-file={}", serving.key.display()),
    ]
}

/// How the controllers reach the API server and let others ask them. One of each runs: nobody is elected.
fn client_flags(kubeconfig: &Path, port: u16) -> Vec<String> {
    let kubeconfig = kubeconfig.display();
    vec![
        format!("--kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        "--bind-address=127.0.0.1".into(),
        format!("--secure-port={port}"),
        "--leader-elect=false".into(),
    ]
}

/// A duration as Go's flags read it.
fn go(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}
