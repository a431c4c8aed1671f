//! The flags of a Kafka: where it is, and what it takes to be let in. `prescale signals check` has those of the connection
//! too.

use std::{fmt, path::PathBuf, time::Duration};

use anyhow::bail;
use clap::{Args as ClapArgs, ValueEnum};

use crate::sources::{
    connection::Place,
    kafka::{Mechanism, Security, Settings, servers},
};

/// Where topics are read, and how often.
#[derive(Debug, ClapArgs)]
pub struct KafkaArgs {
    /// Where it is, and what lets us in.
    #[command(flatten)]
    pub connection: KafkaConnection,
    /// A Secret of the own namespace with `username` and `password`, or with `tls.crt` and `tls.key`; and perhaps
    /// `ca.crt`. It is read again when it changes.
    #[arg(long, env = "PRESCALE_KAFKA_SECRET", value_name = "NAME")]
    pub kafka_secret: Option<String>,
    /// Time between two polls of all topics and groups.
    #[arg(long, env = "PRESCALE_KAFKA_POLL", default_value = "5s", value_name = "TIME", value_parser = super::duration)]
    pub kafka_poll: Duration,
}

/// Where a Kafka is, and what it takes to be let in.
#[derive(Clone, Debug, ClapArgs)]
pub struct KafkaConnection {
    /// Brokers of the Kafka whose topics are read, to begin with: the others are heard of from them.
    #[arg(long, env = "PRESCALE_KAFKA_BOOTSTRAP_SERVERS", value_name = "HOST:PORT,…")]
    pub kafka_bootstrap_servers: Option<String>,
    /// How connections to Kafka are secured, in its own words.
    #[arg(long, env = "PRESCALE_KAFKA_SECURITY", default_value = "PLAINTEXT", value_name = "PROTOCOL")]
    pub kafka_security: KafkaSecurity,
    /// How Kafka asks a user to prove who it is: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
    #[arg(long, env = "PRESCALE_KAFKA_SASL_MECHANISM", value_name = "NAME")]
    pub kafka_sasl_mechanism: Option<Mechanism>,
    /// A folder with the files `username` and `password`, or `tls.crt` and `tls.key`; and perhaps `ca.crt`. It is read
    /// again when it changes.
    #[arg(long, env = "PRESCALE_KAFKA_CREDENTIALS", value_name = "FOLDER")]
    pub kafka_credentials: Option<PathBuf>,
    /// A file with the certificates, in PEM, that Kafka is trusted by.
    #[arg(long, env = "PRESCALE_KAFKA_CA", value_name = "FILE")]
    pub kafka_ca: Option<PathBuf>,
}

/// How connections to Kafka are secured, as its `security.protocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KafkaSecurity {
    /// Not at all.
    #[value(name = "PLAINTEXT")]
    Plaintext,
    /// By TLS.
    #[value(name = "SSL")]
    Ssl,
    /// By a user, unencrypted.
    #[value(name = "SASL_PLAINTEXT")]
    SaslPlaintext,
    /// By a user, within TLS.
    #[value(name = "SASL_SSL")]
    SaslSsl,
}

impl fmt::Display for KafkaSecurity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("none is skipped");
        f.write_str(value.get_name())
    }
}

impl KafkaConnection {
    /// The Kafka that is meant, polled each `poll_every`; `None` where none is named. Its credentials are those of
    /// `secret`, where that is given, and else those of the folder.
    ///
    /// # Errors
    ///
    /// Flags that do not go together.
    pub fn settings(&self, secret: Option<Place>, poll_every: Duration) -> anyhow::Result<Option<Settings>> {
        let Some(list) = &self.kafka_bootstrap_servers else { return Ok(None) };
        let credentials = secret.or_else(|| self.kafka_credentials.clone().map(Place::Path));
        let security = self.security()?;
        if let (Some(mechanism), None) = (security.mechanism(), &credentials) {
            bail!("--kafka-sasl-mechanism {} takes --kafka-secret or --kafka-credentials", mechanism.name());
        }
        let bootstrap_servers = servers(list);
        if let Some(server) = bootstrap_servers.iter().find(|server| !has_port(server)) {
            bail!("--kafka-bootstrap-servers {server} is not HOST:PORT");
        }
        let ca = self.kafka_ca.clone().map(Place::Path);
        Ok(Some(Settings { bootstrap_servers, security, ca, credentials, poll_every }))
    }

    fn security(&self) -> anyhow::Result<Security> {
        let written = self.kafka_security;
        Ok(match (written, self.kafka_sasl_mechanism) {
            (KafkaSecurity::Plaintext, None) => Security::Plaintext,
            (KafkaSecurity::Ssl, None) => Security::Tls,
            (KafkaSecurity::SaslPlaintext, Some(mechanism)) => Security::SaslPlaintext(mechanism),
            (KafkaSecurity::SaslSsl, Some(mechanism)) => Security::SaslTls(mechanism),
            (KafkaSecurity::SaslPlaintext | KafkaSecurity::SaslSsl, None) => {
                bail!("--kafka-security {written} takes --kafka-sasl-mechanism")
            }
            (KafkaSecurity::Plaintext | KafkaSecurity::Ssl, Some(mechanism)) => {
                bail!(
                    "--kafka-sasl-mechanism {} takes --kafka-security SASL_SSL or SASL_PLAINTEXT",
                    mechanism.name()
                )
            }
        })
    }
}

fn has_port(server: &str) -> bool {
    server.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}
