//! A place that keeps secrets under keys: a Secret of the cluster, a folder into which one is mounted, or a file. It is
//! followed, since secrets rotate.

use std::{collections::BTreeMap, fmt, io, path::Path, path::PathBuf, time::Duration};

use futures::{Stream, StreamExt, future, stream, stream::BoxStream};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    runtime::{WatchStreamExt, watcher::watch_object},
};
use tracing::warn;

/// Files are looked at this often. The kubelet takes up to a minute to bring a rotated Secret; two small files each
/// 5 s cost nothing.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A Secret holds at most 1 MiB; a file that is larger is none that we want.
const MOST_BYTES: u64 = 1 << 20;

/// Where secrets are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A Secret of the cluster, watched.
    Secret {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A folder whose files are keys, as a mounted Secret is; or one file.
    Path(PathBuf),
}

/// Why what is needed is not there. Names places and keys, and nothing of what is in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// No such Secret.
    #[error("{0} is not there")]
    Missing(Place),
    /// The file system's own words.
    #[error("cannot read {place}: {message}")]
    Unreadable {
        /// The file or folder.
        place: Place,
        /// Why.
        message: String,
    },
    /// There is no API server to read a Secret from.
    #[error("{0} cannot be read without a cluster")]
    NoCluster(Place),
    /// A key that is needed.
    #[error("{place} has no {lacks}: its keys are {keys}")]
    Lacks {
        /// Where.
        place: Place,
        /// The key that is missing.
        lacks: &'static str,
        /// Those that are there.
        keys: String,
    },
    /// A key whose value cannot be used.
    #[error("{key} of {place} is {problem}")]
    Unusable {
        /// Where.
        place: Place,
        /// Which.
        key: &'static str,
        /// Why.
        problem: &'static str,
    },
}

/// Values by key.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::sources) struct Keys {
    pub(super) place: Place,
    pub(super) values: Values,
}

/// What a place holds.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::sources) enum Values {
    /// A file: whatever is asked for is all of it.
    One(Vec<u8>),
    /// A folder or a Secret.
    ByKey(BTreeMap<String, Vec<u8>>),
}

impl Place {
    /// What is there now, and again each time that it has changed.
    pub(in crate::sources) fn follow(
        &self,
        api_server: Option<&kube::Client>,
    ) -> BoxStream<'static, Result<Keys, PlaceError>> {
        let all = match (self, api_server) {
            (Self::Path(path), _) => look(path.clone()).boxed(),
            (Self::Secret { namespace, name }, Some(client)) => {
                watch(client.clone(), namespace, name).boxed()
            }
            (Self::Secret { .. }, None) => {
                stream::iter([Err(PlaceError::NoCluster(self.clone()))]).chain(stream::pending()).boxed()
            }
        };
        changes(all).boxed()
    }
}

/// What differs from what came before it.
fn changes<T: Clone + PartialEq + Send>(all: impl Stream<Item = T> + Send) -> impl Stream<Item = T> + Send {
    let news = all.scan(None, |last: &mut Option<T>, next| {
        let is_new = last.as_ref() != Some(&next);
        *last = Some(next.clone());
        future::ready(Some(is_new.then_some(next)))
    });
    news.filter_map(future::ready)
}

fn look(path: PathBuf) -> impl Stream<Item = Result<Keys, PlaceError>> {
    let ticks = stream::unfold(tokio::time::interval(LOOK_EVERY), |mut ticks| async {
        ticks.tick().await;
        Some(((), ticks))
    });
    ticks.then(move |()| {
        let path = path.clone();
        async move { read(path).await }
    })
}

/// Files are small, and on a disk that the kubelet keeps in memory.
async fn read(path: PathBuf) -> Result<Keys, PlaceError> {
    let place = Place::Path(path.clone());
    let unreadable =
        |error: io::Error| PlaceError::Unreadable { place: place.clone(), message: error.to_string() };
    let values = read_values(&path).map_err(unreadable)?;
    Ok(Keys { place, values })
}

fn read_values(path: &Path) -> io::Result<Values> {
    if !path.is_dir() {
        return Ok(Values::One(read_file(path)?));
    }
    let mut values = BTreeMap::new();
    for entry in path.read_dir()? {
        let entry = entry?;
        // The kubelet keeps the folders that it swaps beside the keys, under names that begin with two dots.
        let key = entry.file_name().into_string().ok().filter(|key| !key.starts_with('.'));
        if let Some(key) = key.filter(|_| entry.path().is_file()) {
            values.insert(key, read_file(&entry.path())?);
        }
    }
    Ok(Values::ByKey(values))
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if MOST_BYTES < path.metadata()?.len() {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    std::fs::read(path)
}

/// A Secret as the API server has it. A watch that breaks is begun again, more slowly each time; what is known stays.
fn watch(
    client: kube::Client,
    namespace: &str,
    name: &str,
) -> impl Stream<Item = Result<Keys, PlaceError>> + use<> {
    let place = Place::Secret { namespace: namespace.to_owned(), name: name.to_owned() };
    let api = Api::<Secret>::namespaced(client, namespace);
    watch_object(api, name).default_backoff().filter_map(move |event| {
        let place = place.clone();
        future::ready(match event {
            Ok(Some(secret)) => Some(Ok(keys(place, secret))),
            Ok(None) => Some(Err(PlaceError::Missing(place))),
            Err(error) => {
                warn!(%place, %error, "secret not watched");
                None
            }
        })
    })
}

fn keys(place: Place, secret: Secret) -> Keys {
    let values = secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect();
    Keys { place, values: Values::ByKey(values) }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret { namespace, name } => write!(f, "Secret {namespace}/{name}"),
            Self::Path(path) => write!(f, "{}", path.display()),
        }
    }
}
