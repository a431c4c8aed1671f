//! A testbed: a control plane that runs while this value lives.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::background::Background;
use crate::egress::Egress;
use crate::keeper::{Keeper, State};
use crate::parts::{API_SERVER, Addresses, ETCD, Lineup, Plan};
use crate::{Authorities, Error, Ports, Process, Programs, Settings, Signal, logs, until};

/// Five seconds on an idle machine with two cores; several testbeds may start on it at once.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// A control plane of its own, on free ports, in its own folder. It ends when this value is dropped, and also when the
/// process that owns it ends in any way.
#[derive(Debug)]
pub struct Testbed {
    // Dropped in this order: the keeper ends everything and removes the folder before the rest goes.
    keeper: Keeper,
    pub(crate) egress: Egress,
    _background: Background,
    pub(crate) programs: Programs,
    pub(crate) settings: Settings,
    pub(crate) folder: PathBuf,
    authorities: Authorities,
    ports: Ports,
    addresses: Addresses,
    admin: PathBuf,
    started: Mutex<BTreeMap<String, Process>>,
}

impl Testbed {
    /// Starts a control plane, and returns when it is ready. Where it fails, what its parts wrote is in the output.
    pub async fn start(settings: Settings) -> Result<Self, Error> {
        let programs = Programs::find()?;
        let (keeper, folder) = Keeper::start_in_own_folder(&programs.keeper(), "prescale-testbed-")?;
        let bed = Self::prepare(keeper, programs, settings, folder)?;
        let lineup = bed.line_up()?;
        bed.start_parts(lineup).await.inspect_err(|_| eprint!("{}", logs::tails(&bed.folder)))?;
        Ok(bed)
    }

    fn prepare(
        keeper: Keeper,
        programs: Programs,
        settings: Settings,
        folder: PathBuf,
    ) -> Result<Self, Error> {
        let background = Background::start()?;
        let ports = Ports::claim()?;
        Ok(Self {
            egress: Egress::start(&folder, &background)?,
            authorities: Authorities::create(&folder)?,
            addresses: Addresses::draw(&ports)?,
            admin: folder.join("admin.kubeconfig"),
            started: Mutex::default(),
            keeper,
            ports,
            _background: background,
            programs,
            settings,
            folder,
        })
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.admin
    }

    /// The administrator's client, bound to the runtime that calls this: each test makes its own.
    pub async fn client(&self) -> Result<kube::Client, Error> {
        client(&self.admin).await
    }

    /// `https://127.0.0.1:PORT`.
    pub fn server(&self) -> String {
        self.addresses.server()
    }

    /// The folder of certificates, kubeconfigs, data and logs. It goes with the testbed.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The programs that the parts run.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// The cluster's certificate authorities.
    pub fn authorities(&self) -> &Authorities {
        &self.authorities
    }

    /// A free port on 127.0.0.1 that no other testbed is given.
    pub fn port(&self) -> Result<u16, Error> {
        self.ports.next()
    }

    /// Runs another process, which ends with the testbed. Returns its id.
    pub async fn run(&self, process: Process) -> Result<u32, Error> {
        let id = self.keeper.run(&process).await?;
        self.started.lock().unwrap_or_else(PoisonError::into_inner).insert(process.name.clone(), process);
        Ok(id)
    }

    /// Sends a signal to a part or another process, by name.
    pub fn signal(&self, name: &str, signal: Signal) -> Result<(), Error> {
        self.keeper.signal(name, signal)
    }

    /// Kills a part or another process, by name, and returns when it has ended. It stays away until it is restarted.
    pub async fn kill(&self, name: &str) -> Result<(), Error> {
        self.keeper.signal(name, Signal::Kill)?;
        self.keeper.ended(name).await.map(|_| ())
    }

    /// Asks a part or another process to end, by name, and returns when it has.
    pub async fn end(&self, name: &str) -> Result<(), Error> {
        self.keeper.signal(name, Signal::Terminate)?;
        self.keeper.ended(name).await.map(|_| ())
    }

    /// Starts a part or another process again, with the command line that it had; what still runs is killed first.
    /// For the API server and its store, it returns when the API is ready.
    pub async fn restart(&self, name: &str) -> Result<(), Error> {
        if let Some(State::Running(_)) = self.keeper.state(name) {
            self.kill(name).await?;
        }
        let process = self.started.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let process = process
            .ok_or_else(|| Error::Process { name: name.to_owned(), why: "was never started here".into() })?;
        self.keeper.run(&process).await?;
        if [ETCD, API_SERVER].contains(&name) { self.ready().await } else { Ok(()) }
    }

    /// What is known of a part or another process; `None` when there was never one of that name.
    pub fn state(&self, name: &str) -> Option<State> {
        self.keeper.state(name)
    }

    /// What a part or another process has written so far.
    pub fn log(&self, name: &str) -> String {
        String::from_utf8_lossy(&std::fs::read(self.keeper.log_path(name)).unwrap_or_default()).into_owned()
    }

    /// Waits until the API server says that it is ready.
    pub async fn ready(&self) -> Result<(), Error> {
        let client = self.client().await?;
        let ended = || matches!(self.keeper.state(API_SERVER), Some(State::Ended(_)));
        let answer = until("kube-apiserver to be ready", READY_WITHIN, async || {
            if ended() {
                return Some(Err(Error::Process { name: API_SERVER.into(), why: "ended".into() }));
            }
            let request = http::Request::get("/readyz").body(Vec::new()).ok()?;
            (client.request_text(request).await.ok()? == "ok").then_some(Ok(()))
        });
        answer.await?
    }

    fn line_up(&self) -> Result<Lineup, Error> {
        self.write_admin()?;
        let plan = Plan {
            folder: &self.folder,
            programs: &self.programs,
            settings: &self.settings,
            authorities: &self.authorities,
            addresses: &self.addresses,
            kubeconfig: &self.admin,
        };
        plan.line_up()
    }

    async fn start_parts(&self, lineup: Lineup) -> Result<(), Error> {
        for process in lineup.servers {
            self.run(process).await?;
        }
        self.ready().await?;
        for process in lineup.clients {
            self.run(process).await?;
        }
        self.add_nodes(self.settings.nodes).await?;
        self.default_account().await?;
        match &self.settings.karpenter {
            Some(karpenter) => self.start_karpenter(karpenter).await,
            None => Ok(()),
        }
    }

    /// Pods are refused until their namespace has its account, which a controller makes.
    async fn default_account(&self) -> Result<(), Error> {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client().await?, "default");
        until("the account of pods in namespace default", READY_WITHIN, async || {
            accounts.get_opt("default").await.ok()?.map(|_| ())
        })
        .await
    }
}

/// A client as the kubeconfig at `path` says.
pub(crate) async fn client(path: &Path) -> Result<kube::Client, Error> {
    Ok(kube::Client::try_from(config(path).await?)?)
}

/// The configuration of a client as the kubeconfig at `path` says.
pub(crate) async fn config(path: &Path) -> Result<kube::Config, Error> {
    let kubeconfig = Kubeconfig::read_from(path)?;
    Ok(kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?)
}

impl Drop for Testbed {
    fn drop(&mut self) {
        logs::forget(&self.folder);
    }
}
