//! Connections to Redis: to one server, or to whichever primary its Sentinels name at the moment. The password is read from
//! its file at each connect, so that one that rotates is known.

use std::{path::PathBuf, str::FromStr, time::Duration};

use clap::Args as Flags;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, RedisError,
    aio::{MultiplexedConnection, PubSub},
    sentinel::{SentinelClientBuilder, SentinelServerType},
};
use tokio::sync::Mutex;

use crate::secret::{SecretError, read_word};

/// A server that is there answers in milliseconds.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// One script folds a batch in milliseconds; a server that was frozen is given up.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// Where Redis is.
#[derive(Debug, Clone, Flags)]
pub struct RedisSettings {
    /// `redis://[USER@]HOST:PORT[/DB]`, or `redis+sentinel://[USER@]HOST:PORT,HOST:PORT/NAME` for the primary that
    /// Sentinels know by that name.
    #[arg(long = "redis", env = "REALTIME_REDIS", default_value = "redis://127.0.0.1:6379")]
    pub place: Place,
    /// The file of the password. It is read at each connect.
    #[arg(id = "redis_password_file", long = "redis-password-file", env = "REALTIME_REDIS_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,
}

/// Where Redis is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// One server.
    Server {
        /// The URL, without a user.
        url: String,
        /// The user.
        user: Option<String>,
    },
    /// Whichever server is primary.
    Sentinels {
        /// The Sentinels: host and port.
        nodes: Vec<(String, u16)>,
        /// What they call the primary.
        name: String,
        /// The user.
        user: Option<String>,
    },
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "{text:?} is neither redis://[USER@]HOST:PORT nor redis+sentinel://[USER@]HOST:PORT,HOST:PORT/NAME"
            )
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(refused)?;
        let (user, rest) = match rest.split_once('@') {
            Some((user, _)) if user.contains(':') => {
                return Err("a password belongs into --redis-password-file".to_owned());
            }
            Some((user, rest)) => (Some(user.to_owned()), rest),
            None => (None, rest),
        };
        match scheme {
            "redis" => {
                let url = format!("redis://{rest}");
                Client::open(url.as_str()).map_err(|_| refused())?;
                Ok(Self::Server { url, user })
            }
            "redis+sentinel" => {
                let (nodes, name) = rest.split_once('/').ok_or_else(refused)?;
                let nodes: Option<Vec<_>> = nodes.split(',').map(node).collect();
                let nodes = nodes.filter(|_| !name.is_empty()).ok_or_else(refused)?;
                Ok(Self::Sentinels { nodes, name: name.to_owned(), user })
            }
            _ => Err(refused()),
        }
    }
}

fn node(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    Some((host.to_owned(), port.parse().ok().filter(|_| !host.is_empty())?))
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
            Place::Server { url, user } => {
                let mut info = redis::IntoConnectionInfo::into_connection_info(url.as_str())?;
                let mut login = info.redis_settings().clone();
                if let Some(user) = user {
                    login = login.set_username(user);
                }
                if let Some(password) = password {
                    login = login.set_password(password);
                }
                info = info.set_redis_settings(login);
                Ok(Client::open(info)?)
            }
            Place::Sentinels { nodes, name, user } => {
                let nodes = nodes.iter().map(|(host, port)| ConnectionAddr::Tcp(host.clone(), *port));
                let mut builder = SentinelClientBuilder::new(nodes, name, SentinelServerType::Master)?;
                if let Some(user) = user {
                    builder = builder.set_client_to_redis_username(user);
                }
                if let Some(password) = password {
                    builder = builder.set_client_to_redis_password(password);
                }
                Ok(builder.build()?.async_get_client().await?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_server_or_sentinels() {
        let server = Place::Server { url: "redis://r:6379/2".to_owned(), user: None };
        assert_eq!("redis://r:6379/2".parse::<Place>().unwrap(), server);
        let sentinels = Place::Sentinels {
            nodes: vec![("a".to_owned(), 1), ("b".to_owned(), 2)],
            name: "live".to_owned(),
            user: Some("svc".to_owned()),
        };
        assert_eq!("redis+sentinel://svc@a:1,b:2/live".parse::<Place>().unwrap(), sentinels);
        for refused in [
            "",
            "r:6379",
            "http://r",
            "redis+sentinel://a:1",
            "redis+sentinel://a/live",
            "redis+sentinel://:1/x",
        ] {
            assert!(refused.parse::<Place>().unwrap_err().contains("is neither"), "{refused}");
        }
        let told = "redis://u:secret@r:6379".parse::<Place>().unwrap_err();
        assert_eq!(told, "a password belongs into --redis-password-file");
    }
}
