//! The token by which the server knows us.

use std::{fs, path::PathBuf, sync::Arc};

/// Tells the bearer token. Tokens rotate, so it is asked for with each read; it must not wait.
pub type Credential = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// The token in the file at `path`, where the kubelet keeps a fresh one, in memory. Without a file we call as nobody.
#[must_use]
pub fn token_file(path: PathBuf) -> Credential {
    Arc::new(move || {
        let token = fs::read_to_string(&path).ok()?;
        let token = token.trim();
        (!token.is_empty()).then(|| token.to_owned())
    })
}
