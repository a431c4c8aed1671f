//! A producer that writes in transactions. Each end of a transaction is a marker, which occupies an offset.

use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::producer::{FutureProducer, Producer};

use super::records::{configuration, send};
use super::{Brokers, Record};
use crate::Error;

/// The coordinator of transactions may have to be elected first.
const DONE_WITHIN: Duration = Duration::from_secs(60);

/// A producer of transactions, one at a time.
pub struct Transactions(FutureProducer);

impl Brokers {
    /// Begins to produce in transactions, under a name that nobody else has.
    pub async fn transactions(&self, name: &str) -> Result<Transactions, Error> {
        let mut config = configuration(&self.bootstrap());
        let producer: FutureProducer = config.set("transactional.id", name).create()?;
        let transactions = Transactions(producer);
        transactions.call(|producer| producer.init_transactions(DONE_WITHIN)).await?;
        Ok(transactions)
    }
}

impl Transactions {
    /// Writes records in a transaction that stays open: readers of committed records wait before it.
    pub async fn begin(&self, topic: &str, records: &[Record]) -> Result<(), Error> {
        self.0.begin_transaction()?;
        send(&self.0, topic, records).await
    }

    /// Commits what is open.
    pub async fn commit(&self) -> Result<(), Error> {
        self.call(|producer| producer.commit_transaction(DONE_WITHIN)).await
    }

    /// Takes back what is open; its records stay in the log, and no reader of committed records sees them.
    pub async fn abort(&self) -> Result<(), Error> {
        self.call(|producer| producer.abort_transaction(DONE_WITHIN)).await
    }

    async fn call(
        &self,
        call: impl FnOnce(&FutureProducer) -> Result<(), KafkaError> + Send + 'static,
    ) -> Result<(), Error> {
        let producer = self.0.clone();
        let called = tokio::task::spawn_blocking(move || call(&producer)).await;
        Ok(called.map_err(|_| Error::Kafka(KafkaError::Canceled))??)
    }
}

impl std::fmt::Debug for Transactions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transactions")
    }
}
