//! The key that sessions are sealed with: in a Secret of the controller's own, so that each replica opens what another
//! has sealed, and a restart ends no session. Who deletes the Secret ends them all.

use std::{fmt, sync::Arc};

use anyhow::{Context, bail};
use arc_swap::ArcSwap;
use cookie::Key;
use futures::StreamExt;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{
    Api, ResourceExt,
    api::{ObjectMeta, PostParams},
    runtime::{WatchStreamExt, watcher},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// The Secret.
pub const SECRET: &str = "prescale-sessions";
/// Its only field.
const FIELD: &str = "key";
/// 512 bits, as `cookie` takes them: it encrypts with the second half.
const KEY_BYTES: usize = 64;
/// Tries until a write is nobody else's: each loser reads what the winner wrote.
const MOST_TRIES: u32 = 5;

/// The key. Clones share it, and see it change.
#[derive(Clone)]
pub struct SessionKey(Arc<ArcSwap<Key>>);

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey")
    }
}

impl SessionKey {
    /// A key that lives as long as this process, for one that writes nothing to the cluster.
    #[must_use]
    pub fn of_this_run() -> Self {
        Self(Arc::new(ArcSwap::from_pointee(Key::generate())))
    }

    /// The key that is kept in `secrets`; where none is, or none that can be read, a new one is written.
    ///
    /// # Errors
    ///
    /// The Secret can neither be read nor written, or others write it without end.
    pub async fn load(secrets: &Api<Secret>) -> anyhow::Result<Self> {
        let key = kept_or_new(secrets).await?;
        Ok(Self(Arc::new(ArcSwap::from_pointee(key))))
    }

    /// Follows the Secret until `shutdown`. The last key stays while the API server is away.
    pub async fn follow(self, secrets: Api<Secret>, shutdown: CancellationToken) {
        let mut sightings = watcher::watch_object(secrets.clone(), SECRET).default_backoff().boxed();
        while let Some(Some(sighting)) = shutdown.run_until_cancelled(sightings.next()).await {
            let outcome = match sighting {
                Ok(seen) => self.take_up(seen, &secrets).await,
                Err(error) => Err(error.into()),
            };
            if let Err(error) = outcome {
                warn!(secret = SECRET, error = format!("{error:#}"), "the last key of sessions stays");
            }
        }
    }

    /// The key to seal and to open with now.
    pub(super) fn now(&self) -> Arc<Key> {
        self.0.load_full()
    }

    async fn take_up(&self, seen: Option<Secret>, secrets: &Api<Secret>) -> anyhow::Result<()> {
        let key = match seen.as_ref().and_then(read) {
            Some(key) => key,
            None => kept_or_new(secrets).await?,
        };
        if key != *self.now() {
            self.0.store(Arc::new(key));
            info!(secret = SECRET, "sessions are sealed with another key: former ones have ended");
        }
        Ok(())
    }
}

async fn kept_or_new(secrets: &Api<Secret>) -> anyhow::Result<Key> {
    let place = || format!("Secret `{SECRET}` with the key of sessions");
    for _ in 0..MOST_TRIES {
        let kept = secrets.get_opt(SECRET).await.with_context(place)?;
        if let Some(key) = kept.as_ref().and_then(read) {
            return Ok(key);
        }
        let key = Key::generate();
        let written = match &kept {
            None => secrets.create(&PostParams::default(), &secret(None, &key)).await,
            Some(_) => secrets.replace(SECRET, &PostParams::default(), &secret(kept.as_ref(), &key)).await,
        };
        match written {
            Ok(_) => return Ok(key),
            Err(kube::Error::Api(status)) if status.code == 409 || status.code == 404 => {}
            Err(error) => return Err(error).with_context(place),
        }
    }
    bail!("{} was written by others {MOST_TRIES} times in a row", place())
}

/// `None` where the Secret holds no key that can be used.
fn read(secret: &Secret) -> Option<Key> {
    let bytes = &secret.data.as_ref()?.get(FIELD)?.0;
    (bytes.len() == KEY_BYTES).then(|| Key::from(bytes))
}

fn secret(kept: Option<&Secret>, key: &Key) -> Secret {
    let labels = [("app.kubernetes.io/managed-by".to_owned(), "prescale".to_owned())];
    let metadata = ObjectMeta {
        name: Some(SECRET.to_owned()),
        // With the version that was read, a write on top of another's is refused.
        resource_version: kept.and_then(ResourceExt::resource_version),
        labels: Some(kept.map_or_else(|| labels.into(), |kept| kept.labels().clone())),
        annotations: kept.map(|kept| kept.annotations().clone()),
        ..ObjectMeta::default()
    };
    let data = [(FIELD.to_owned(), ByteString(key.master().to_vec()))];
    Secret { metadata, data: Some(data.into()), type_: Some("Opaque".to_owned()), ..Secret::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written_and_nothing_else_is() {
        let key = Key::generate();
        assert_eq!(read(&secret(None, &key)), Some(key));
        let mut short = secret(None, &Key::generate());
        short.data = Some([(FIELD.to_owned(), ByteString(vec![7; 63]))].into());
        assert_eq!(read(&short), None);
        assert_eq!(read(&Secret::default()), None);
    }
}
