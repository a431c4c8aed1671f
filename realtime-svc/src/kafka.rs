//! Kafka, from both sides: how its clients are configured, and the producer that a gateway sends through. SASL PLAIN where a
//! user is given; its password is read again when it changes, and the producer made anew.

use std::{path::PathBuf, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use clap::Args as Flags;
use rdkafka::{
    ClientConfig,
    error::{KafkaError, RDKafkaErrorCode},
    producer::{FutureProducer, FutureRecord, Producer as _},
};
use tracing::{info, warn};

use crate::secret::{SecretError, read_word};

/// Kafka has an interaction in milliseconds, or after an election in seconds. Later than this its client is told to ask
/// again; the id makes sure that it has its effect once.
const DELIVERED_WITHIN: Duration = Duration::from_secs(30);
/// Waits for others to share a batch with: of the 50 ms that an acknowledgement may take.
const LINGER: Duration = Duration::from_millis(5);
/// Of records on their way: 10,000 of the longest.
const QUEUE_KIB: usize = 80 * 1024;
/// Between two looks at the password and at the producer's health.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// One look at what the brokers know of the topic.
const METADATA_WITHIN: Duration = Duration::from_secs(2);

/// Where Kafka is.
#[derive(Debug, Clone, Flags)]
pub struct KafkaSettings {
    /// Brokers to begin with: `HOST:PORT,…`.
    #[arg(long = "kafka-bootstrap-servers", env = "REALTIME_KAFKA_BOOTSTRAP_SERVERS")]
    pub bootstrap_servers: String,
    /// The topic of interactions.
    #[arg(long = "kafka-topic", env = "REALTIME_KAFKA_TOPIC", default_value = "interactions")]
    pub topic: String,
    /// The user for SASL PLAIN. Missing: none is asked for.
    #[arg(
        id = "kafka_user",
        long = "kafka-user",
        env = "REALTIME_KAFKA_USER",
        requires = "kafka_password_file"
    )]
    pub user: Option<String>,
    /// The file of its password. It is read again when it changes.
    #[arg(
        id = "kafka_password_file",
        long = "kafka-password-file",
        env = "REALTIME_KAFKA_PASSWORD_FILE",
        requires = "kafka_user"
    )]
    pub password_file: Option<PathBuf>,
}

impl KafkaSettings {
    /// The password as it is now; `None` where none is needed.
    ///
    /// # Errors
    ///
    /// [`SecretError`] where it cannot be read.
    pub fn password(&self) -> Result<Option<String>, SecretError> {
        self.password_file.as_deref().map(read_word).transpose()
    }

    /// What every client of ours is told.
    #[must_use]
    pub fn client(&self, password: Option<&str>) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap_servers).set("client.id", "realtime-svc");
        config.set("reconnect.backoff.max.ms", "1000").set("socket.keepalive.enable", "true");
        if let (Some(user), Some(password)) = (&self.user, password) {
            config.set("security.protocol", "SASL_PLAINTEXT").set("sasl.mechanism", "PLAIN");
            config.set("sasl.username", user).set("sasl.password", password);
        }
        config
    }

    fn producer(&self, password: Option<&str>) -> Result<FutureProducer, KafkaError> {
        let mut config = self.client(password);
        config.set("enable.idempotence", "true").set("acks", "all");
        config.set("linger.ms", LINGER.as_millis().to_string()).set("compression.type", "lz4");
        config.set("delivery.timeout.ms", DELIVERED_WITHIN.as_millis().to_string());
        config.set("queue.buffering.max.kbytes", QUEUE_KIB.to_string());
        // As Kafka's own client does, so that a room lies in one partition, whoever writes it.
        config.set("partitioner", "murmur2_random");
        config.create()
    }
}

/// Why Kafka does not have an interaction, or may have it and did not say so.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// As many are on their way as may be.
    #[error("too much is on its way to Kafka")]
    Full,
    /// It was not said to be there in time.
    #[error("Kafka did not acknowledge it")]
    NotAcknowledged(#[source] KafkaError),
}

/// Sends records, and says when all in-sync replicas have them.
pub struct Producer {
    settings: KafkaSettings,
    now: ArcSwap<FutureProducer>,
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Producer {
    /// Connects in the background.
    ///
    /// # Errors
    ///
    /// Where the settings are none.
    pub fn new(settings: KafkaSettings) -> anyhow::Result<Arc<Self>> {
        let password = settings.password()?;
        let now = ArcSwap::from_pointee(settings.producer(password.as_deref())?);
        Ok(Arc::new(Self { settings, now }))
    }

    /// Sends a record, and returns when it is there.
    ///
    /// # Errors
    ///
    /// [`SendError`] where it is not known to be there.
    pub async fn send(&self, key: &str, payload: &[u8]) -> Result<(), SendError> {
        let record = FutureRecord::to(&self.settings.topic).key(key).payload(payload);
        let sent = self.now.load().send_result(record);
        let delivery = sent.map_err(|(error, _)| {
            let is_full = error == KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
            if is_full { SendError::Full } else { SendError::NotAcknowledged(error) }
        })?;
        match delivery.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err((error, _))) => Err(SendError::NotAcknowledged(error)),
            Err(_) => Err(SendError::NotAcknowledged(KafkaError::Canceled)),
        }
    }

    /// Whether the brokers know the topic. Asks them.
    pub async fn knows_topic(&self) -> bool {
        let (producer, topic) = (self.now.load_full(), self.settings.topic.clone());
        let look = move || producer.client().fetch_metadata(Some(&topic), METADATA_WITHIN);
        let Ok(Ok(metadata)) = tokio::task::spawn_blocking(look).await else { return false };
        metadata.topics().iter().any(|topic| topic.error().is_none() && !topic.partitions().is_empty())
    }

    /// Makes the producer anew when its password has changed, or when it cannot go on. For ever.
    pub async fn keep(self: Arc<Self>) {
        let mut password = self.settings.password().ok().flatten();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let found = match self.settings.password() {
                Ok(found) => found,
                Err(error) => {
                    warn!(%error, "password not read, the old one stays");
                    continue;
                }
            };
            let fatal = self.now.load().client().fatal_error();
            if found == password && fatal.is_none() {
                continue;
            }
            match self.settings.producer(found.as_deref()) {
                Ok(made) => self.replace(made, fatal.as_ref().map(|(_, why)| why.as_str())),
                Err(error) => warn!(%error, "producer not made anew"),
            }
            password = found;
        }
    }

    fn replace(&self, made: FutureProducer, why: Option<&str>) {
        let old = self.now.swap(Arc::new(made));
        info!(why = why.unwrap_or("the password has changed"), "producer made anew");
        // What is on its way goes on with the old one; dropped earlier, it would be lost.
        tokio::task::spawn_blocking(move || old.flush(DELIVERED_WITHIN));
    }
}
