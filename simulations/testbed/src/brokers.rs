//! Real Kafka brokers in KRaft mode, one or three, with or without a control plane beside them.
//!
//! Each broker is a controller too, so three survive the loss of one. They live in a folder of their own and end with
//! their owner, as a testbed does. What clients do lies in `topics` and `records`.

mod configuration;
mod consumer;
mod jars;
mod records;
mod topics;
mod transaction;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::FutureProducer;
use tokio::process::Command;

use crate::keeper::{Keeper, State};
use crate::{Authority, Error, Ports, Process, Programs, Signal, logs, until};
use configuration::{Configuration, Listeners};
pub use configuration::{PLAIN_USERS, SCRAM_USERS, User};
pub use consumer::Consumer;
pub use jars::{Jars, fetch};
pub use records::Record;
pub use topics::Topic;
pub use transaction::Transactions;

/// Five seconds for one on an idle machine with two cores; three brokers beside a build take ten times as long.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// One look at the cluster's metadata, which is answered in milliseconds or when a broker has gone away.
const LOOK: Duration = Duration::from_secs(2);

/// Brokers that run while this value lives. They are numbered from 1.
pub struct Brokers {
    // Dropped first: the keeper ends the brokers and removes the folder before the rest goes.
    keeper: Keeper,
    admin: Arc<AdminClient<DefaultClientContext>>,
    producer: FutureProducer,
    authority: Authority,
    folder: PathBuf,
    listeners: Vec<Listeners>,
    jars: Jars,
    _ports: Ports,
}

impl Brokers {
    /// Starts brokers, and returns when all of them are known to each other. Where it fails, what they wrote is in the
    /// output.
    pub async fn start(count: u32) -> Result<Self, Error> {
        Self::start_with(count, &[]).await
    }

    /// The same, with options for each broker's Java machine, such as `-Dorg.slf4j.simpleLogger.log.LOGGER=debug`.
    pub async fn start_with(count: u32, machine: &[&str]) -> Result<Self, Error> {
        let (programs, jars) = (Programs::find()?, Jars::find()?);
        let (keeper, folder) = Keeper::start_in_own_folder(&programs.keeper(), "prescale-brokers-")?;
        let brokers = Self::prepare(keeper, folder, jars.with(machine), count)?;
        brokers.come_up().await.inspect_err(|_| eprint!("{}", logs::tails(&brokers.folder)))?;
        Ok(brokers)
    }

    fn prepare(keeper: Keeper, folder: PathBuf, jars: Jars, count: u32) -> Result<Self, Error> {
        let ports = Ports::claim()?;
        let listeners: Vec<_> = (0..count).map(|_| Listeners::draw(&ports)).collect::<Result<_, _>>()?;
        let authority = Authority::create("testbed-kafka", &folder)?;
        let bootstrap = plaintext(&listeners);
        let admin = ClientConfig::new().set("bootstrap.servers", &bootstrap).create()?;
        let producer = records::configuration(&bootstrap).create()?;
        Ok(Self {
            keeper,
            admin: Arc::new(admin),
            producer,
            authority,
            folder,
            listeners,
            jars,
            _ports: ports,
        })
    }

    /// Where clients begin, without encryption and without a user: `127.0.0.1:PORT,…`.
    pub fn bootstrap(&self) -> String {
        plaintext(&self.listeners)
    }

    /// Where clients begin that speak SASL over TLS, as one of [`PLAIN_USERS`] or [`SCRAM_USERS`].
    pub fn secured(&self) -> String {
        addresses(self.listeners.iter().map(|one| one.secured))
    }

    /// Where clients begin that speak SASL without TLS, as one of the same users.
    pub fn unencrypted(&self) -> String {
        addresses(self.listeners.iter().map(|one| one.unencrypted))
    }

    /// The authority that vouches for the brokers' certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The folder of data and logs. It goes with the brokers.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a broker has written so far.
    pub fn log(&self, broker: u32) -> String {
        let log = std::fs::read(self.keeper.log_path(&name(broker)));
        String::from_utf8_lossy(&log.unwrap_or_default()).into_owned()
    }

    /// Kills a broker, and returns when it has ended. The others notice it some seconds later.
    pub async fn kill(&self, broker: u32) -> Result<(), Error> {
        self.keeper.signal(&name(broker), Signal::Kill)?;
        self.keeper.ended(&name(broker)).await.map(|_| ())
    }

    /// Kills every broker that runs.
    pub async fn kill_all(&self) -> Result<(), Error> {
        for broker in self.running() {
            self.kill(broker).await?;
        }
        Ok(())
    }

    /// Starts a broker again with the data that it had, and returns when the others know it.
    pub async fn start_again(&self, broker: u32) -> Result<(), Error> {
        self.run(broker).await?;
        self.are_ready().await
    }

    /// Starts every broker that was killed.
    pub async fn start_all_again(&self) -> Result<(), Error> {
        let running = self.running();
        for broker in self.numbers().filter(|broker| !running.contains(broker)) {
            self.run(broker).await?;
        }
        self.are_ready().await
    }

    /// Freezes a broker: its connections stay open, and it answers nothing.
    pub fn freeze(&self, broker: u32) -> Result<(), Error> {
        self.keeper.signal(&name(broker), Signal::Stop)
    }

    /// Lets a frozen broker go on.
    pub fn thaw(&self, broker: u32) -> Result<(), Error> {
        self.keeper.signal(&name(broker), Signal::Continue)
    }

    /// Waits until the others know that a broker is gone: its partitions have other leaders then, or none.
    pub async fn notice_the_loss_of(&self, broker: u32) -> Result<(), Error> {
        until("a lost broker to be noticed", READY_WITHIN, async || {
            let known = self.known().await?;
            (!known.contains(&broker)).then_some(())
        })
        .await
    }

    /// The id of a broker's process, while it runs.
    pub fn process(&self, broker: u32) -> Option<u32> {
        match self.keeper.state(&name(broker)) {
            Some(State::Running(id)) => Some(id),
            Some(State::Asked | State::Refused(_) | State::Ended(_)) | None => None,
        }
    }

    fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        1..=u32::try_from(self.listeners.len()).unwrap_or(u32::MAX)
    }

    fn running(&self) -> Vec<u32> {
        self.numbers().filter(|broker| self.process(*broker).is_some()).collect()
    }

    async fn come_up(&self) -> Result<(), Error> {
        let formats = self.numbers().map(|broker| self.format(broker));
        futures::future::try_join_all(formats).await?;
        self.start_all_again().await
    }

    /// Writes a broker's configuration, and makes its empty folder of data, which knows the SCRAM users.
    async fn format(&self, broker: u32) -> Result<(), Error> {
        let configuration = Configuration {
            broker,
            listeners: &self.listeners,
            folder: &self.folder,
            authority: &self.authority,
        };
        let file = configuration.write()?;
        let mut arguments = self.jars.java("kafka.tools.StorageTool");
        let file = file.display().to_string();
        arguments
            .extend(["format", "--cluster-id", configuration::CLUSTER, "--config", &file].map(str::to_owned));
        arguments.extend(SCRAM_USERS.iter().map(|user| format!("--add-scram={}", user.scram())));
        let output = Command::new("java").args(arguments).output().await;
        let output = output.map_err(Error::io("start java"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(Error::Command { command: "kafka.tools.StorageTool format".into(), said })
    }

    async fn run(&self, broker: u32) -> Result<(), Error> {
        let mut arguments = self.jars.java("kafka.Kafka");
        arguments.push(configuration::file(&self.folder, broker).display().to_string());
        let program = PathBuf::from("java");
        let process = Process { name: name(broker), program, arguments, environment: [].into() };
        self.keeper.run(&process).await.map(|_| ())
    }

    /// Waits until every broker that runs is known to the cluster, and answers at its own port.
    async fn are_ready(&self) -> Result<(), Error> {
        let running = self.running();
        let ended = |broker: &&u32| self.process(**broker).is_none();
        until("brokers to be ready", READY_WITHIN, async || {
            if let Some(broker) = running.iter().find(ended) {
                return Some(Err(Error::Process { name: name(*broker), why: "ended".into() }));
            }
            for broker in &running {
                tokio::net::TcpStream::connect(("127.0.0.1", self.listener(*broker).plaintext)).await.ok()?;
            }
            let known = self.known().await?;
            running.iter().all(|broker| known.contains(broker)).then_some(Ok(()))
        })
        .await?
    }

    fn listener(&self, broker: u32) -> &Listeners {
        &self.listeners[broker as usize - 1]
    }

    /// The brokers that the cluster knows to be there.
    async fn known(&self) -> Option<Vec<u32>> {
        let metadata = self.metadata().await?;
        let numbers = metadata.brokers().iter().filter_map(|broker| u32::try_from(broker.id()).ok());
        Some(numbers.collect())
    }
}

impl std::fmt::Debug for Brokers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Brokers").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Drop for Brokers {
    fn drop(&mut self) {
        logs::forget(&self.folder);
    }
}

fn plaintext(listeners: &[Listeners]) -> String {
    addresses(listeners.iter().map(|one| one.plaintext))
}

fn addresses(ports: impl Iterator<Item = u16>) -> String {
    ports.map(|port| format!("127.0.0.1:{port}")).collect::<Vec<_>>().join(",")
}

fn name(broker: u32) -> String {
    format!("kafka-{broker}")
}
