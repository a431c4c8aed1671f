//! Connections to Redis: to one server, or to whichever primary its Sentinels name at the moment. Password and certificates are
//! read from their files at each connect, so that those that rotate are known.

mod place;

use std::{path::PathBuf, time::Duration};

use clap::Args as Flags;
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, ConnectionAddr, RedisError, TlsCertificates, TlsMode,
    aio::{MultiplexedConnection, PubSub},
    sentinel::{SentinelClientBuilder, SentinelServerType},
};
use tokio::sync::Mutex;

pub use place::Place;

use crate::secret::{SecretError, read, read_word};

/// A server that is there answers in milliseconds.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// One script folds a batch in milliseconds; a server that was frozen is given up.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// Where Redis is.
#[derive(Debug, Clone, Flags)]
pub struct RedisSettings {
    /// `redis://[USER@]HOST:PORT[/DB]`, or `redis+sentinel://[USER@]HOST:PORT,HOST:PORT/NAME` for the primary that
    /// Sentinels know by that name; by TLS `rediss://` and `rediss+sentinel://`.
    #[arg(long = "redis", env = "REALTIME_REDIS", default_value = "redis://127.0.0.1:6379")]
    pub place: Place,
    /// The file of the password. It is read at each connect.
    #[arg(id = "redis_password_file", long = "redis-password-file", env = "REALTIME_REDIS_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,
    /// Behind TLS trust only the authorities of this file, PEM, instead of the system's. It is read at each connect.
    #[arg(id = "redis_ca_file", long = "redis-ca-file", env = "REALTIME_REDIS_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// The certificate to show behind TLS, PEM. It is read at each connect.
    #[arg(
        id = "redis_cert_file",
        long = "redis-cert-file",
        env = "REALTIME_REDIS_CERT_FILE",
        requires = "redis_key_file"
    )]
    pub cert_file: Option<PathBuf>,
    /// Its private key, PEM.
    #[arg(
        id = "redis_key_file",
        long = "redis-key-file",
        env = "REALTIME_REDIS_KEY_FILE",
        requires = "redis_cert_file"
    )]
    pub key_file: Option<PathBuf>,
}

impl RedisSettings {
    fn certificates(&self) -> Result<TlsCertificates, SecretError> {
        let root_cert = self.ca_file.as_deref().map(read).transpose()?;
        let client_tls = match (&self.cert_file, &self.key_file) {
            (Some(certificate), Some(key)) => {
                Some(ClientTlsConfig { client_cert: read(certificate)?, client_key: read(key)? })
            }
            (None, _) | (_, None) => None,
        };
        Ok(TlsCertificates { client_tls, root_cert })
    }
}

/// Why Redis was not asked, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It refused, or could not be reached.
    #[error(transparent)]
    Redis(#[from] RedisError),
    /// The password cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Nobody answered.
    #[error("Redis was not reached within {CONNECT_WITHIN:?}")]
    Late,
}

/// One connection for many, made when it is needed and again when it has failed.
#[derive(Debug)]
pub struct Redis {
    settings: RedisSettings,
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl Redis {
    /// Connects to nothing yet.
    #[must_use]
    pub fn new(settings: RedisSettings) -> Self {
        Self { settings, connection: Mutex::default() }
    }

    /// The connection.
    ///
    /// # Errors
    ///
    /// [`Failure`] where there is none to be had.
    pub async fn connection(&self) -> Result<MultiplexedConnection, Failure> {
        let mut kept = self.connection.lock().await;
        if let Some(connection) = &*kept {
            return Ok(connection.clone());
        }
        let made =
            tokio::time::timeout(2 * CONNECT_WITHIN, self.connect()).await.map_err(|_| Failure::Late)??;
        Ok(kept.insert(made).clone())
    }

    /// The connection has failed somebody: the next one gets a new one, from whoever is primary then.
    pub async fn failed(&self) {
        self.connection.lock().await.take();
    }

    /// Whether there is a connection that has failed nobody yet.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection.try_lock().map_or(true, |connection| connection.is_some())
    }

    /// A connection of its own for messages.
    ///
    /// # Errors
    ///
    /// [`Failure`] where there is none to be had.
    pub async fn messages(&self) -> Result<PubSub, Failure> {
        let connecting = async { Ok::<_, Failure>(self.client().await?.get_async_pubsub().await?) };
        tokio::time::timeout(2 * CONNECT_WITHIN, connecting).await.map_err(|_| Failure::Late)?
    }

    async fn connect(&self) -> Result<MultiplexedConnection, Failure> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WITHIN))
            .set_response_timeout(Some(ANSWER_WITHIN));
        Ok(self.client().await?.get_multiplexed_async_connection_with_config(&config).await?)
    }

    async fn client(&self) -> Result<Client, Failure> {
        let password = self.settings.password_file.as_deref().map(read_word).transpose()?;
        match &self.settings.place {
            Place::Server { url, user, is_secured } => {
                let mut info = redis::IntoConnectionInfo::into_connection_info(url.as_str())?;
                let mut login = info.redis_settings().clone();
                if let Some(user) = user {
                    login = login.set_username(user);
                }
                if let Some(password) = password {
                    login = login.set_password(password);
                }
                info = info.set_redis_settings(login);
                if !is_secured {
                    return Ok(Client::open(info)?);
                }
                Ok(Client::build_with_tls(info, self.settings.certificates()?)?)
            }
            Place::Sentinels { nodes, name, user, is_secured } => {
                let nodes = nodes.iter().map(|(host, port)| address(host, *port, *is_secured));
                let mut builder = SentinelClientBuilder::new(nodes, name, SentinelServerType::Master)?;
                if let Some(user) = user {
                    builder = builder.set_client_to_redis_username(user);
                }
                if let Some(password) = password {
                    builder = builder.set_client_to_redis_password(password);
                }
                if *is_secured {
                    let certificates = self.settings.certificates()?;
                    builder = builder
                        .set_client_to_redis_tls_mode(TlsMode::Secure)
                        .set_client_to_redis_certificates(certificates.clone())
                        .set_client_to_sentinel_certificates(certificates);
                }
                Ok(builder.build()?.async_get_client().await?)
            }
        }
    }
}

fn address(host: &str, port: u16, is_secured: bool) -> ConnectionAddr {
    let host = host.to_owned();
    if is_secured {
        ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
    } else {
        ConnectionAddr::Tcp(host, port)
    }
}
