//! Where Kafka is, and what it takes to be let in, as it is configured.

use std::{str::FromStr, time::Duration};

use crate::sources::connection::Place;

/// Where Kafka is, what it takes to be let in, and how often it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Brokers to begin with, each `HOST:PORT`. The others are heard of from them.
    pub bootstrap_servers: Vec<String>,
    /// How connections are secured.
    pub security: Security,
    /// Where the certificates are that sign those of the brokers: a PEM file, or the key `ca.crt` of a folder or Secret.
    /// Without it, those beside the credentials count, and then those of the system.
    pub ca: Option<Place>,
    /// Where the credentials are: the keys `username` and `password` of a folder or Secret, or `tls.crt` and `tls.key`
    /// for brokers that ask for a client's certificate; and perhaps `ca.crt`.
    pub credentials: Option<Place>,
    /// Time between two polls.
    pub poll_every: Duration,
}

/// How a connection is secured: what Kafka calls `security.protocol`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    #[default]
    Plaintext,
    /// By TLS.
    Tls,
    /// By SASL, unencrypted.
    SaslPlaintext(Mechanism),
    /// By SASL within TLS.
    SaslTls(Mechanism),
}

/// How a user proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// The password is sent as it is.
    Plain,
    /// RFC 7677.
    ScramSha256,
    /// The same with SHA-512.
    ScramSha512,
}

impl Settings {
    /// Brokers at `bootstrap_servers`, a list with commas, without security, polled each five seconds.
    #[must_use]
    pub fn plaintext(bootstrap_servers: &str) -> Self {
        Self {
            bootstrap_servers: servers(bootstrap_servers),
            security: Security::Plaintext,
            ca: None,
            credentials: None,
            poll_every: Duration::from_secs(5),
        }
    }
}

/// The servers of a list with commas; what is empty is left out.
#[must_use]
pub fn servers(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|server| !server.is_empty()).map(str::to_owned).collect()
}

impl Security {
    /// Whether connections are encrypted.
    #[must_use]
    pub fn is_encrypted(self) -> bool {
        match self {
            Self::Tls | Self::SaslTls(_) => true,
            Self::Plaintext | Self::SaslPlaintext(_) => false,
        }
    }

    /// How users prove who they are, where they must.
    #[must_use]
    pub fn mechanism(self) -> Option<Mechanism> {
        match self {
            Self::SaslPlaintext(mechanism) | Self::SaslTls(mechanism) => Some(mechanism),
            Self::Plaintext | Self::Tls => None,
        }
    }
}

impl Mechanism {
    /// Its name, as IANA has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl FromStr for Mechanism {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Self::Plain, Self::ScramSha256, Self::ScramSha512];
        let named = known.into_iter().find(|mechanism| mechanism.name() == text);
        named.ok_or_else(|| format!("`{text}` is none of PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512"))
    }
}
