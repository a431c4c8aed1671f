//! Where Redis is, as it is written: one server, or a primary by the name that Sentinels have for it; with TLS or without.

use std::str::FromStr;

use redis::Client;

/// Where Redis is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// One server.
    Server {
        /// The URL, without a user.
        url: String,
        /// The user.
        user: Option<String>,
        /// Whether it speaks TLS.
        is_secured: bool,
    },
    /// Whichever server is primary.
    Sentinels {
        /// The Sentinels: host and port.
        nodes: Vec<(String, u16)>,
        /// What they call the primary.
        name: String,
        /// The user.
        user: Option<String>,
        /// Whether they and the servers speak TLS.
        is_secured: bool,
    },
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "{text:?} is neither redis[s]://[USER@]HOST:PORT nor redis[s]+sentinel://[USER@]HOST:PORT,HOST:PORT/NAME"
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
        let is_secured = scheme.starts_with("rediss");
        match scheme {
            "redis" | "rediss" => {
                let url = format!("{scheme}://{rest}");
                Client::open(url.as_str()).map_err(|_| refused())?;
                Ok(Self::Server { url, user, is_secured })
            }
            "redis+sentinel" | "rediss+sentinel" => {
                let (nodes, name) = rest.split_once('/').ok_or_else(refused)?;
                let nodes: Option<Vec<_>> = nodes.split(',').map(node).collect();
                let nodes = nodes.filter(|_| !name.is_empty()).ok_or_else(refused)?;
                Ok(Self::Sentinels { nodes, name: name.to_owned(), user, is_secured })
            }
            _ => Err(refused()),
        }
    }
}

fn node(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    Some((host.to_owned(), port.parse().ok().filter(|_| !host.is_empty())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_server_or_sentinels() {
        let server = Place::Server { url: "redis://r:6379/2".to_owned(), user: None, is_secured: false };
        assert_eq!("redis://r:6379/2".parse::<Place>().unwrap(), server);
        let server = Place::Server { url: "rediss://r:6379".to_owned(), user: None, is_secured: true };
        assert_eq!("rediss://r:6379".parse::<Place>().unwrap(), server);
        let sentinels = Place::Sentinels {
            nodes: vec![("a".to_owned(), 1), ("b".to_owned(), 2)],
            name: "live".to_owned(),
            user: Some("svc".to_owned()),
            is_secured: true,
        };
        assert_eq!("rediss+sentinel://svc@a:1,b:2/live".parse::<Place>().unwrap(), sentinels);
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
