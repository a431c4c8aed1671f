//! Where Kafka is and how its clients are let in: flags, and the files of passwords and certificates, which are read again
//! when they change.

use std::path::{Path, PathBuf};

use clap::{Args as Flags, ValueEnum};
use rdkafka::ClientConfig;

use crate::secret::{SecretError, read_word};

/// How a user proves who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Sasl {
    /// By its password itself, which TLS should hide.
    #[default]
    Plain,
    /// By what only its password makes.
    #[value(name = "scram-sha-256")]
    ScramSha256,
    /// The same, with longer digests.
    #[value(name = "scram-sha-512")]
    ScramSha512,
}

impl Sasl {
    fn mechanism(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

/// Where Kafka is.
#[derive(Debug, Clone, Flags)]
pub struct KafkaSettings {
    /// Brokers to begin with: `HOST:PORT,…`.
    #[arg(long = "kafka-bootstrap-servers", env = "REALTIME_KAFKA_BOOTSTRAP_SERVERS")]
    pub bootstrap_servers: String,
    /// The topic of interactions.
    #[arg(long = "kafka-topic", env = "REALTIME_KAFKA_TOPIC", default_value = "interactions")]
    pub topic: String,
    /// The user for SASL. Missing: none is asked for.
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
    /// How the user proves who it is.
    #[arg(id = "kafka_sasl", long = "kafka-sasl", env = "REALTIME_KAFKA_SASL", default_value = "plain")]
    pub sasl: Sasl,
    /// Speak TLS, and trust whom the system trusts.
    #[arg(id = "kafka_tls", long = "kafka-tls", env = "REALTIME_KAFKA_TLS")]
    pub tls: bool,
    /// Speak TLS, and trust only the authorities of this file, PEM. It is read again when it changes.
    #[arg(id = "kafka_ca_file", long = "kafka-ca-file", env = "REALTIME_KAFKA_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// The certificate to show behind TLS, PEM. It is read again when it changes.
    #[arg(
        id = "kafka_cert_file",
        long = "kafka-cert-file",
        env = "REALTIME_KAFKA_CERT_FILE",
        requires = "kafka_key_file"
    )]
    pub cert_file: Option<PathBuf>,
    /// Its private key, PEM.
    #[arg(
        id = "kafka_key_file",
        long = "kafka-key-file",
        env = "REALTIME_KAFKA_KEY_FILE",
        requires = "kafka_cert_file"
    )]
    pub key_file: Option<PathBuf>,
}

/// What the files hold, as it is now.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    password: Option<String>,
    authorities: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl KafkaSettings {
    /// The files as they are now.
    ///
    /// # Errors
    ///
    /// [`SecretError`] where one cannot be read.
    pub fn credentials(&self) -> Result<Credentials, SecretError> {
        let read = |file: &Option<PathBuf>| file.as_deref().map(read_word).transpose();
        Ok(Credentials {
            password: read(&self.password_file)?,
            authorities: read(&self.ca_file)?,
            certificate: read(&self.cert_file)?,
            key: read(&self.key_file)?,
        })
    }

    /// What every client of ours is told.
    #[must_use]
    pub fn client(&self, credentials: &Credentials) -> ClientConfig {
        let Credentials { password, authorities, certificate, key } = credentials;
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap_servers).set("client.id", "realtime-svc");
        config.set("reconnect.backoff.max.ms", "1000").set("socket.keepalive.enable", "true");
        if let (Some(user), Some(password)) = (&self.user, password) {
            config.set("sasl.mechanism", self.sasl.mechanism());
            config.set("sasl.username", user).set("sasl.password", password);
        }
        config.set("security.protocol", self.protocol());
        for (name, pem) in
            [("ssl.ca.pem", authorities), ("ssl.certificate.pem", certificate), ("ssl.key.pem", key)]
        {
            if let Some(pem) = pem {
                config.set(name, pem);
            }
        }
        config
    }

    fn protocol(&self) -> &'static str {
        let files: [Option<&Path>; 2] = [self.ca_file.as_deref(), self.cert_file.as_deref()];
        let is_secured = self.tls || files.iter().any(Option::is_some);
        match (self.user.is_some(), is_secured) {
            (false, false) => "PLAINTEXT",
            (true, false) => "SASL_PLAINTEXT",
            (false, true) => "SSL",
            (true, true) => "SASL_SSL",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Words {
        #[command(flatten)]
        kafka: KafkaSettings,
    }

    #[track_caller]
    fn check(words: &[&str], expected: &[(&str, &str)]) {
        use clap::Parser as _;
        let words = ["svc", "--kafka-bootstrap-servers", "kafka:9092"].iter().chain(words);
        let Words { kafka } = Words::try_parse_from(words).unwrap();
        let config = kafka.client(&kafka.credentials().unwrap());
        for (name, value) in expected {
            assert_eq!(config.get(name), (!value.is_empty()).then_some(*value), "{name}");
        }
    }

    #[test]
    fn a_client_is_told_how_it_is_let_in() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("{name}\n")).unwrap();
            path.display().to_string()
        };
        let (password, ca, cert, key) = (file("password"), file("ca"), file("cert"), file("key"));
        check(&[], &[("security.protocol", "PLAINTEXT"), ("sasl.mechanism", ""), ("ssl.ca.pem", "")]);
        check(&["--kafka-tls"], &[("security.protocol", "SSL"), ("ssl.ca.pem", "")]);
        let user = ["--kafka-user", "svc", "--kafka-password-file", &password];
        let plain = [("sasl.mechanism", "PLAIN"), ("sasl.username", "svc"), ("sasl.password", "password")];
        check(&user, &[&[("security.protocol", "SASL_PLAINTEXT")], &plain[..]].concat());
        let secured = ["--kafka-sasl", "scram-sha-512", "--kafka-ca-file", &ca];
        let told =
            [("security.protocol", "SASL_SSL"), ("sasl.mechanism", "SCRAM-SHA-512"), ("ssl.ca.pem", "ca")];
        check(&[&user[..], &secured].concat(), &told);
        let shown = ["--kafka-cert-file", &cert, "--kafka-key-file", &key];
        let told = [("security.protocol", "SSL"), ("ssl.certificate.pem", "cert"), ("ssl.key.pem", "key")];
        check(&shown, &told);
    }
}
