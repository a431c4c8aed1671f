//! Files that are read again when they change: keys and passwords that rotate. Kubernetes swaps a mounted Secret as a whole,
//! so the content is compared, not the time of the file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use tracing::{info, warn};

/// Between two looks. kubelet itself brings a changed Secret after a minute or so.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// No key or password is longer; all authorities that a system trusts are a quarter of a megabyte.
const FILE_BYTES: usize = 512 * 1024;

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("cannot read {}", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The file is far too long.
    #[error("{} has more than {FILE_BYTES} bytes", .0.display())]
    TooLong(PathBuf),
    /// What is in it is none.
    #[error("{}: {}", .0.display(), .1)]
    Unusable(PathBuf, String),
}

/// Reads a file that holds one word, such as a password.
///
/// # Errors
///
/// [`SecretError`] where it cannot be read.
pub fn read_word(file: &Path) -> Result<String, SecretError> {
    let text = String::from_utf8(read(file)?);
    let text = text.map_err(|_| SecretError::Unusable(file.to_owned(), "is not UTF-8".to_owned()))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Reads a file as it is.
///
/// # Errors
///
/// [`SecretError`] where it cannot be read.
pub fn read(file: &Path) -> Result<Vec<u8>, SecretError> {
    let content = std::fs::read(file).map_err(|error| SecretError::Unreadable(file.to_owned(), error))?;
    if FILE_BYTES < content.len() { Err(SecretError::TooLong(file.to_owned())) } else { Ok(content) }
}

/// What a file holds, as it is now. Clones share it.
#[derive(Debug)]
pub struct Watched<T> {
    file: PathBuf,
    parse: fn(&[u8]) -> Result<T, String>,
    seen: Vec<u8>,
    now: Arc<ArcSwap<T>>,
}

impl<T: Send + Sync + 'static> Watched<T> {
    /// Reads the file for the first time.
    ///
    /// # Errors
    ///
    /// [`SecretError`] where it cannot be used.
    pub fn read(file: PathBuf, parse: fn(&[u8]) -> Result<T, String>) -> Result<Self, SecretError> {
        let seen = read(&file)?;
        let first = parse(&seen).map_err(|why| SecretError::Unusable(file.clone(), why))?;
        Ok(Self { file, parse, seen, now: Arc::new(ArcSwap::from_pointee(first)) })
    }

    /// What it holds, for many readers.
    #[must_use]
    pub fn now(&self) -> Arc<ArcSwap<T>> {
        self.now.clone()
    }

    /// Looks again and again, for ever.
    pub async fn follow(mut self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.look();
        }
    }

    /// Looks once. What cannot be used leaves what was there before.
    fn look(&mut self) {
        let found = match read(&self.file) {
            Ok(found) if found == self.seen => return,
            Ok(found) => found,
            Err(error) => {
                warn!(%error, "secret not read, the old one stays");
                return;
            }
        };
        match (self.parse)(&found) {
            Ok(value) => {
                self.now.store(Arc::new(value));
                info!(file = %self.file.display(), "secret read again");
            }
            Err(why) => warn!(file = %self.file.display(), why, "secret refused, the old one stays"),
        }
        self.seen = found;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(content: &[u8]) -> Result<u32, String> {
        let text = String::from_utf8_lossy(content);
        text.trim().parse().map_err(|_| format!("{text:?} is no number"))
    }

    #[test]
    fn a_file_is_read_again_and_what_is_wrong_leaves_the_old_value() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        assert!(Watched::read(file.clone(), number).unwrap_err().to_string().starts_with("cannot read"));
        std::fs::write(&file, "1").unwrap();
        let mut watched = Watched::read(file.clone(), number).unwrap();
        let now = watched.now();
        for (content, expected) in [("2", 2), ("none", 2), ("3", 3)] {
            std::fs::write(&file, content).unwrap();
            watched.look();
            assert_eq!(**now.load(), expected, "{content}");
        }
        std::fs::remove_file(&file).unwrap();
        watched.look();
        assert_eq!(**now.load(), 3);
    }

    #[test]
    fn a_word_ends_before_the_line_does() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "two words\n").unwrap();
        assert_eq!(read_word(&file).unwrap(), "two words");
    }
}
