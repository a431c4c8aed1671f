//! What a broker is told: `server.properties`, its certificate, and the users that it knows.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::{Authority, Error, Life, Ports, Subject};

/// Any 16 bytes in base64; every cluster of ours has the same.
pub(super) const CLUSTER: &str = "cHJlc2NhbGUtdGVzdGJlZA";

/// Somebody who may speak at the listeners that ask for a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// The user name.
    pub name: &'static str,
    /// The password.
    pub password: &'static str,
}

/// Who may show a password itself (SASL PLAIN). Two, so that a test can rotate from one to the other.
pub const PLAIN_USERS: [User; 2] =
    [User { name: "paula", password: "plain-one" }, User { name: "pedro", password: "plain-two" }];

/// Who proves that they know a password (SASL SCRAM-SHA-512).
pub const SCRAM_USERS: [User; 2] =
    [User { name: "sara", password: "scram-one" }, User { name: "sami", password: "scram-two" }];

impl User {
    pub(super) fn scram(&self) -> String {
        format!("SCRAM-SHA-512=[name={},password={}]", self.name, self.password)
    }
}

/// The ports of one broker.
#[derive(Debug)]
pub(super) struct Listeners {
    pub(super) plaintext: u16,
    pub(super) secured: u16,
    /// A user must prove who it is, and nothing is encrypted.
    pub(super) unencrypted: u16,
    controller: u16,
}

impl Listeners {
    pub(super) fn draw(ports: &Ports) -> Result<Self, Error> {
        Ok(Self {
            plaintext: ports.next()?,
            secured: ports.next()?,
            unencrypted: ports.next()?,
            controller: ports.next()?,
        })
    }
}

/// Where the configuration of a broker lies.
pub(super) fn file(folder: &Path, broker: u32) -> PathBuf {
    folder.join(format!("kafka-{broker}.properties"))
}

/// What the configuration of one broker is made of.
pub(super) struct Configuration<'a> {
    pub(super) broker: u32,
    /// Those of all brokers, this one's among them.
    pub(super) listeners: &'a [Listeners],
    pub(super) folder: &'a Path,
    pub(super) authority: &'a Authority,
}

impl Configuration<'_> {
    /// Issues the certificate, writes the file, and returns its path.
    pub(super) fn write(&self) -> Result<PathBuf, Error> {
        let text = format!("{}{}{}", self.cluster(), self.security()?, PACE);
        let file = file(self.folder, self.broker);
        std::fs::write(&file, text).map_err(Error::io(format!("write {}", file.display())))?;
        Ok(file)
    }

    fn cluster(&self) -> String {
        let Self { broker, .. } = self;
        let Listeners { plaintext, secured, unencrypted, controller } = &self.listeners[*broker as usize - 1];
        let voters: Vec<_> =
            (1..).zip(self.listeners).map(|(id, one)| format!("{id}@127.0.0.1:{}", one.controller)).collect();
        let listeners = [
            ("PLAINTEXT", plaintext),
            ("SASL_SSL", secured),
            ("SASL_PLAINTEXT", unencrypted),
            ("CONTROLLER", controller),
        ]
        .map(|(name, port)| format!("{name}://127.0.0.1:{port}"));
        // As in a cluster of that size.
        let replicas = self.listeners.len().min(3);
        let in_sync = replicas.div_ceil(2);
        format!(
            "process.roles=broker,controller
node.id={broker}
log.dirs={}
controller.quorum.voters={}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
listeners={}
offsets.topic.replication.factor={replicas}
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
",
            self.folder.join(format!("kafka-{broker}")).display(),
            voters.join(","),
            listeners.join(","),
        )
    }

    fn security(&self) -> Result<String, Error> {
        let broker = format!("kafka-{}", self.broker);
        let subject =
            Subject { name: &broker, group: None, hosts: &["127.0.0.1", "localhost"], life: Life::Current };
        let files = self.authority.issue(&broker, subject)?;
        let store = self.folder.join(format!("{broker}.pem"));
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(Error::io(format!("read {}", path.display())))
        };
        let text = read(&files.key)? + &read(&files.certificate)?;
        std::fs::write(&store, text).map_err(Error::io(format!("write {}", store.display())))?;
        let mut known = String::new();
        for user in PLAIN_USERS {
            _ = write!(known, " user_{}=\"{}\"", user.name, user.password);
        }
        let users = ["sasl_ssl", "sasl_plaintext"].map(|listener| {
            format!(
                "listener.name.{listener}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.{listener}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required{known};
listener.name.{listener}.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
"
            )
        });
        Ok(format!(
            "listener.name.sasl_ssl.ssl.keystore.type=PEM
listener.name.sasl_ssl.ssl.keystore.location={}
{}",
            store.display(),
            users.concat(),
        ))
    }
}

/// Quick to start, quick to notice a loss, small; everything that clients see is as Kafka has it by default.
const PACE: &str = "\
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
controller.quorum.fetch.timeout.ms=4000
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.backoff.ms=500
log.index.size.max.bytes=1048576
";
