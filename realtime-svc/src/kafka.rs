//! Kafka, from both sides: how its clients are configured, and the producer that a gateway sends through, which is made anew
//! when a password or a certificate has changed.

mod settings;

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use rdkafka::{
    ClientContext,
    error::{KafkaError, RDKafkaErrorCode},
    producer::{FutureProducer, FutureRecord, Producer as _},
};
use tracing::{debug, info, warn};

pub use settings::{Credentials, KafkaSettings, Sasl};

/// Kafka has an interaction in milliseconds, or after an election in seconds. Later than this its client is told to ask
/// again; the id makes sure that it has its effect once.
const DELIVERED_WITHIN: Duration = Duration::from_secs(30);
/// Waits for others to share a batch with: of the 50 ms that an acknowledgement may take.
const LINGER: Duration = Duration::from_millis(5);
/// Of records on their way: 10,000 of the longest.
const QUEUE_KIB: usize = 80 * 1024;
/// Between two looks at passwords and certificates and at the producer's health.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// One look at what the brokers know of the topic.
const METADATA_WITHIN: Duration = Duration::from_secs(2);

impl KafkaSettings {
    fn producer(&self, credentials: &Credentials) -> Result<FutureProducer<Context>, KafkaError> {
        let mut config = self.client(credentials);
        config.set("enable.idempotence", "true").set("acks", "all");
        config.set("linger.ms", LINGER.as_millis().to_string()).set("compression.type", "lz4");
        config.set("delivery.timeout.ms", DELIVERED_WITHIN.as_millis().to_string());
        config.set("queue.buffering.max.kbytes", QUEUE_KIB.to_string());
        // As Kafka's own client does, so that a room lies in one partition, whoever writes it.
        config.set("partitioner", "murmur2_random");
        config.create_with_context(Context)
    }
}

/// Says what librdkafka cannot do, and goes on trying: such as to trust a broker, or to be let in.
pub(crate) fn cannot(error: &KafkaError, reason: &str) {
    // Said many times a second, and after the reason has been said.
    if matches!(error, KafkaError::Global(RDKafkaErrorCode::AllBrokersDown)) {
        debug!(%error, reason, "Kafka");
    } else {
        warn!(%error, reason, "Kafka");
    }
}

/// What the producer tells us.
#[derive(Clone, Copy, Debug)]
struct Context;

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        cannot(&error, reason);
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
    now: ArcSwap<FutureProducer<Context>>,
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
        let now = ArcSwap::from_pointee(settings.producer(&settings.credentials()?)?);
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

    /// Makes the producer anew when what lets it in has changed, or when it cannot go on. For ever.
    pub async fn keep(self: Arc<Self>) {
        let mut used = self.settings.credentials().ok();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let found = match self.settings.credentials() {
                Ok(found) => Some(found),
                Err(error) => {
                    warn!(%error, "what lets us into Kafka is not read, the old stays");
                    continue;
                }
            };
            let fatal = self.now.load().client().fatal_error();
            let Some(now) = found.as_ref().filter(|_| found != used || fatal.is_some()) else { continue };
            match self.settings.producer(now) {
                Ok(made) => self.replace(made, fatal.as_ref().map(|(_, why)| why.as_str())),
                Err(error) => warn!(%error, "producer not made anew"),
            }
            used = found;
        }
    }

    fn replace(&self, made: FutureProducer<Context>, why: Option<&str>) {
        let old = self.now.swap(Arc::new(made));
        info!(why = why.unwrap_or("what lets it in has changed"), "producer made anew");
        // What is on its way goes on with the old one; dropped earlier, it would be lost.
        tokio::task::spawn_blocking(move || old.flush(DELIVERED_WITHIN));
    }
}
