//! API keys, for clients that have no token of the cluster: they lie in one Secret of a namespace, under the names of
//! their owners, and can be changed while the controller runs. A key says who calls, as a user of the cluster; what that
//! user may do is said by Roles, as for everybody.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use futures::StreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client, ResourceExt,
    runtime::{
        WatchStreamExt,
        watcher::{Config, Event, watcher},
    },
};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::metrics_api::Caller;

/// The Secret that holds the keys of a namespace. It has a fixed name, so that the controller needs the right to no
/// other.
pub const SECRET: &str = "prescale-api-keys";
/// Stands before the hash of a key that is not kept itself.
const HASHED: &str = "sha256:";
/// A key is not guessed: 20 characters of base64 are 120 bits.
const SHORTEST: usize = 20;
/// Keys of one namespace.
const MOST_KEYS: usize = 256;
/// A watch that cannot begin is told at most this often.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// The keys of all namespaces. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct ApiKeys(Arc<ArcSwap<Known>>);

type Known = BTreeMap<String, Vec<Key>>;

/// A key as it is known: by its hash.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    digest: [u8; 32],
    caller: Arc<Caller>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.caller.name)
    }
}

impl ApiKeys {
    /// The keys of these Secrets, for as long as nothing is followed.
    #[must_use]
    pub fn of(secrets: &[Secret]) -> Self {
        let mut known = Known::new();
        for secret in secrets {
            note(&mut known, secret);
        }
        Self(Arc::new(ArcSwap::from_pointee(known)))
    }

    /// Whose key this is. Every key is compared, each in the same time wherever it differs.
    #[must_use]
    pub fn caller(&self, presented: &str) -> Option<Arc<Caller>> {
        let digest: [u8; 32] = Sha256::digest(presented).into();
        let known = self.0.load();
        let keys: Vec<_> = known.values().flatten().collect();
        let mut found = u64::MAX;
        for (index, key) in (0_u64..).zip(&keys) {
            let is_it: Choice = key.digest.ct_eq(&digest);
            found.conditional_assign(&index, is_it);
        }
        usize::try_from(found).ok().and_then(|index| keys.get(index)).map(|key| Arc::clone(&key.caller))
    }

    /// Follows the Secrets until `shutdown`. What was seen stands while the API server is away.
    pub async fn follow(self, client: Client, shutdown: CancellationToken) {
        let secrets: Api<Secret> = Api::all(client);
        // With this selector, the right to this one name is enough.
        let config = Config::default().fields(&format!("metadata.name={SECRET}"));
        let mut events = watcher(secrets, config).default_backoff().boxed();
        let (mut known, mut fresh) = (Known::new(), Known::new());
        let mut told = None::<tokio::time::Instant>;
        while let Some(Some(event)) = shutdown.run_until_cancelled(events.next()).await {
            match event {
                Ok(Event::Init) => fresh.clear(),
                Ok(Event::InitApply(secret)) => note(&mut fresh, &secret),
                Ok(Event::InitDone) => known = std::mem::take(&mut fresh),
                Ok(Event::Apply(secret)) => note(&mut known, &secret),
                Ok(Event::Delete(secret)) => drop(known.remove(&secret.namespace().unwrap_or_default())),
                Err(error) => {
                    if told.is_none_or(|told| TOLD_EVERY <= told.elapsed()) {
                        told = Some(tokio::time::Instant::now());
                        warn!(secret = SECRET, %error, "watch failed, what was seen stands");
                    }
                    continue;
                }
            }
            if **self.0.load() != known {
                info!(namespaces = known.len(), keys = known.values().flatten().count(), "API keys in use");
                self.0.store(Arc::new(known.clone()));
            }
        }
    }
}

/// Takes up the keys of a Secret.
fn note(known: &mut Known, secret: &Secret) {
    let namespace = secret.namespace().unwrap_or_default();
    let (keys, problems) = read(secret, &namespace);
    for problem in problems {
        warn!(namespace, secret = SECRET, problem, "API key not usable");
    }
    known.insert(namespace, keys);
}

/// The keys, and what is wrong with others. Nothing secret is in the words.
fn read(secret: &Secret, namespace: &str) -> (Vec<Key>, Vec<String>) {
    let (mut keys, mut problems) = (Vec::new(), Vec::new());
    for (name, value) in secret.data.iter().flatten() {
        match digest(&value.0) {
            Ok(_) if MOST_KEYS <= keys.len() => {
                problems.push(format!("`{name}` is one more than {MOST_KEYS}"));
            }
            Ok(digest) => keys.push(Key { digest, caller: Arc::new(caller(namespace, name)) }),
            Err(words) => problems.push(format!("`{name}` {words}")),
        }
    }
    (keys, problems)
}

/// The hash of a key as it is kept: the key itself, or `sha256:` and its hash. Files that people write end in a line
/// break, which is no part of it.
fn digest(kept: &[u8]) -> Result<[u8; 32], &'static str> {
    let text = std::str::from_utf8(kept).map_err(|_| "is not UTF-8")?.trim_end_matches(['\r', '\n']);
    let Some(hash) = text.strip_prefix(HASHED) else {
        return if SHORTEST <= text.len() {
            Ok(Sha256::digest(text).into())
        } else {
            Err("is shorter than 20 characters")
        };
    };
    let mut digest = [0; 32];
    let is_hex = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex {
        return Err("is not `sha256:` and 64 hexadecimal digits");
    }
    for (byte, pair) in digest.iter_mut().zip(hash.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).expect("hexadecimal digits are ASCII");
        *byte = u8::from_str_radix(pair, 16).expect("two hexadecimal digits are a byte");
    }
    Ok(digest)
}

/// The user that a key speaks for. It is in no group of all who are known to the cluster: it has the rights that it is
/// given, and no other.
fn caller(namespace: &str, name: &str) -> Caller {
    Caller {
        name: format!("prescale.dev:api-key:{namespace}:{name}"),
        groups: vec![format!("prescale.dev:api-keys:{namespace}")],
        ..Caller::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::ByteString;

    const KEY: &str = "shop-0123456789abcdef";
    /// Of `shop-0123456789abcdef`, by sha256sum.
    const HASH: &str = "80886df645fa2ab9c29144344731f45c7716770fe09712efabbdcbd460332695";

    fn secret(keys: &[(&str, &str)]) -> Secret {
        let data =
            keys.iter().map(|(name, value)| ((*name).to_owned(), ByteString(value.as_bytes().to_vec())));
        let mut secret = Secret { data: Some(data.collect()), ..Secret::default() };
        secret.metadata.namespace = Some("live".into());
        secret
    }

    fn check(keys: &[(&str, &str)], presented: &str, expected: Option<&str>) {
        let keys = ApiKeys::of(&[secret(keys)]);
        let caller = keys.caller(presented).map(|caller| caller.name.clone());
        assert_eq!(caller.as_deref(), expected, "{presented}");
    }

    #[test]
    fn a_key_says_who_calls_whether_it_is_kept_or_its_hash() {
        let shop = Some("prescale.dev:api-key:live:shop");
        check(&[("shop", KEY)], KEY, shop);
        check(&[("shop", &format!("{KEY}\n"))], KEY, shop);
        check(&[("shop", &format!("sha256:{HASH}"))], KEY, shop);
        check(&[("other", "another-0123456789abcdef"), ("shop", KEY)], KEY, shop);
    }

    #[test]
    fn what_is_no_key_lets_nobody_in() {
        check(&[("shop", KEY)], "", None);
        check(&[("shop", KEY)], "shop-0123456789abcdeg", None);
        check(&[("shop", KEY)], HASH, None);
        check(&[("shop", &format!("sha256:{HASH}"))], &format!("sha256:{HASH}"), None);
        check(&[("empty", "")], "", None);
        check(&[("short", "0123456789")], "0123456789", None);
        check(&[], KEY, None);
    }

    #[test]
    fn what_cannot_be_used_is_told_without_its_value() {
        let (keys, problems) = read(&secret(&[("a", "s3cret"), ("b", "sha256:s3cret"), ("c", KEY)]), "live");
        assert_eq!(keys.len(), 1);
        assert_eq!(
            problems,
            ["`a` is shorter than 20 characters", "`b` is not `sha256:` and 64 hexadecimal digits"]
        );
        assert!(!format!("{keys:?}").contains("0123456789"));
    }

    #[test]
    fn a_namespace_has_so_many_keys() {
        let names: Vec<_> = (0..MOST_KEYS + 1).map(|number| format!("key-{number:04}")).collect();
        let keys: Vec<_> = names.iter().map(|name| (name.as_str(), KEY)).collect();
        let (read, problems) = read(&secret(&keys), "live");
        assert_eq!((read.len(), problems), (MOST_KEYS, vec!["`key-0256` is one more than 256".to_owned()]));
    }
}
