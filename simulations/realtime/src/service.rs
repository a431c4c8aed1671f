//! Gateways and workers as processes, with their logs and figures.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use prescale_testbed::{
    Ports, Process, Programs, Signal,
    keeper::{Keeper, State},
    until,
};
use realtime_protocol::Claims;

/// The key that tokens are signed with at first.
pub const TOKEN_KEY: &str = "the-first-key-of-the-tests-has-32-bytes-and-more";

/// Under a second; beside builds and other tests more.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// A drain, on a machine that is busy.
const ENDED_WITHIN: Duration = Duration::from_secs(60);
/// Later than any test ends.
const NEVER_S: u64 = 4_000_000_000;

/// Processes of the service that run while this value lives.
pub struct Service {
    // Dropped first: the keeper ends the processes and removes the folder before the rest goes.
    keeper: Keeper,
    folder: PathBuf,
    ports: Ports,
    common: Vec<String>,
    web: reqwest::Client,
}

/// A gateway that serves.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// The name of its process.
    pub name: String,
    /// WebSocket and REST: `127.0.0.1:PORT`.
    pub address: String,
    /// gRPC: `127.0.0.1:PORT`.
    pub grpc: String,
    /// Metrics and health: `127.0.0.1:PORT`.
    pub admin: String,
}

impl Service {
    /// A service on these brokers, with this topic, and on this Redis. Nothing runs yet.
    ///
    /// # Errors
    ///
    /// Where the programs of the testbed are not built.
    pub fn on(brokers: &str, topic: &str, redis: &str) -> anyhow::Result<Self> {
        let programs = Programs::find()?;
        let (keeper, folder) = Keeper::start_in_own_folder(&programs.keeper(), "realtime-service-")?;
        let flags = ["--kafka-bootstrap-servers", brokers, "--kafka-topic", topic, "--redis", redis];
        let common = flags.iter().chain(&["--log", "info,realtime_svc=debug"]).map(|&flag| flag.to_owned());
        let service = Self {
            keeper,
            folder,
            ports: Ports::claim()?,
            common: common.collect(),
            web: reqwest::Client::new(),
        };
        std::fs::write(service.token_key_file(), TOKEN_KEY)?;
        Ok(service)
    }

    /// The same with flags for all of its processes.
    #[must_use]
    pub fn with(mut self, flags: &[&str]) -> Self {
        // A bench measures no logs: the last word of a flag counts.
        for flag in flags.iter().filter(|flag| flag.starts_with("--")) {
            if let Some(before) = self.common.iter().position(|one| one == flag) {
                self.common.drain(before..before + 2);
            }
        }
        self.common.extend(flags.iter().map(|&flag| flag.to_owned()));
        self
    }

    /// The file of the keys that gateways know.
    #[must_use]
    pub fn token_key_file(&self) -> PathBuf {
        self.folder.join("token-keys")
    }

    /// The folder of logs. It goes with the service.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a gateway, and returns when it is ready. Drains last half a second, unless flags say otherwise.
    ///
    /// # Errors
    ///
    /// Where it does not become ready: what it wrote is in the error.
    pub async fn gateway(&self, name: &str, flags: &[&str]) -> anyhow::Result<Gateway> {
        let address = || anyhow::Ok(format!("127.0.0.1:{}", self.ports.next()?));
        let gateway =
            Gateway { name: name.to_owned(), address: address()?, grpc: address()?, admin: address()? };
        let keys = self.token_key_file().display().to_string();
        let drains = ["--drain-delay-ms", "500", "--drain-spread-ms", "500"];
        let drains: &[&str] = if flags.contains(&"--drain-delay-ms") { &[] } else { &drains };
        let own = ["--listen", &gateway.address, "--grpc-listen", &gateway.grpc, "--token-key-file", &keys];
        self.run(name, "gateway", &gateway.admin, &[&own, drains, flags].concat()).await?;
        Ok(gateway)
    }

    /// Starts a worker, and returns its port of metrics and health when it is ready.
    ///
    /// # Errors
    ///
    /// Where it does not become ready: what it wrote is in the error.
    pub async fn worker(&self, name: &str, flags: &[&str]) -> anyhow::Result<String> {
        let admin = format!("127.0.0.1:{}", self.ports.next()?);
        self.run(name, "worker", &admin, flags).await?;
        Ok(admin)
    }

    async fn run(&self, name: &str, role: &str, admin: &str, flags: &[&str]) -> anyhow::Result<()> {
        let mut arguments = vec![role.to_owned(), "--admin-listen".to_owned(), admin.to_owned()];
        arguments.extend(self.common.iter().cloned());
        arguments.extend(flags.iter().map(|&flag| flag.to_owned()));
        let program = binary()?;
        let process = Process { name: name.to_owned(), program, arguments, environment: BTreeMap::new() };
        self.keeper.run(&process).await?;
        let ready = until("the service to be ready", READY_WITHIN, async || {
            let has_ended = matches!(self.keeper.state(name), Some(State::Ended(_)));
            if has_ended {
                return Some(false);
            }
            self.is_ready(admin).await.then_some(true)
        });
        match ready.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(anyhow!("{name} has ended: {}", self.log(name))),
            Err(late) => Err(anyhow!("{late}: {}", self.log(name))),
        }
    }

    /// Whether a process says that it is ready.
    pub async fn is_ready(&self, admin: &str) -> bool {
        let asked = self.web.get(format!("http://{admin}/readyz")).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// A figure of a process, summed over its labels that contain `label`. `None` where it does not show it.
    pub async fn figure(&self, admin: &str, name: &str, label: &str) -> Option<f64> {
        let asked = self.web.get(format!("http://{admin}/metrics")).send().await.ok()?;
        let page = asked.text().await.ok()?;
        let lines = page.lines().filter_map(|line| line.strip_prefix(name));
        let values = lines.filter(|rest| rest.starts_with(['{', ' ']) && rest.contains(label));
        values.filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok()).reduce(|sum, one| sum + one)
    }

    /// Sends a process a signal.
    ///
    /// # Errors
    ///
    /// Where it does not run.
    pub fn signal(&self, name: &str, signal: Signal) -> anyhow::Result<()> {
        Ok(self.keeper.signal(name, signal)?)
    }

    /// Waits until a process has ended, and returns how: exit status or signal, in words.
    ///
    /// # Errors
    ///
    /// Where it does not end.
    pub async fn ended(&self, name: &str) -> anyhow::Result<String> {
        let ended = until("a process to end", ENDED_WITHIN, async || match self.keeper.state(name) {
            Some(State::Ended(how)) => Some(how),
            Some(State::Asked | State::Running(_) | State::Refused(_)) | None => None,
        });
        Ok(ended.await?)
    }

    /// The id of a process, while it runs.
    #[must_use]
    pub fn process(&self, name: &str) -> Option<u32> {
        match self.keeper.state(name) {
            Some(State::Running(id)) => Some(id),
            Some(State::Asked | State::Refused(_) | State::Ended(_)) | None => None,
        }
    }

    /// What a process has written so far.
    #[must_use]
    pub fn log(&self, name: &str) -> String {
        let log = std::fs::read(self.keeper.log_path(name));
        String::from_utf8_lossy(&log.unwrap_or_default()).into_owned()
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A token of `user` for all rooms, signed with `key`.
///
/// # Panics
///
/// Never: claims are JSON.
#[must_use]
pub fn token(user: &str, key: &str) -> String {
    let claims = Claims { sub: user.to_owned(), exp: NEVER_S, nbf: None, name: None, rooms: None };
    let key = jsonwebtoken::EncodingKey::from_secret(key.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).expect("claims are JSON")
}

/// The service's binary, beside the test's own.
///
/// # Errors
///
/// Where it is not built.
pub fn binary() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe().context("where this test is")?;
    let mut built = here.ancestors().skip(1).take(2).map(|folder| folder.join("realtime-svc"));
    built.find(|path| path.is_file()).ok_or_else(|| anyhow!("not built: cargo build --bin realtime-svc"))
}
