//! Writes a recording's folder whole or not at all: into a hidden sibling first, then one rename.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;

use super::RecordingError;

pub(super) const MANIFEST: &str = "recording.toml";
pub(super) const CSV: &str = "samples.csv";
pub(super) const PARQUET: &str = "samples.parquet";
pub(super) const EVENTS: &str = "events.yaml";

/// Every file that is the recording's own. What else lies in its folder (a data card, a plot) is kept.
const OWN: [&str; 4] = [MANIFEST, CSV, PARQUET, EVENTS];

/// What to do with a recording that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// Leave it and say so.
    Refuse,
    /// Replace it.
    Replace,
}

/// Lets `fill` write into a fresh folder and puts that in place of `path`.
pub(super) fn write(
    path: &Path,
    overwrite: Overwrite,
    fill: impl FnOnce(&Path) -> Result<(), RecordingError>,
) -> Result<(), RecordingError> {
    refuse_existing(path, overwrite)?;
    let write_error = |source| RecordingError::io("write", path, source);
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(write_error)?;
    let fresh = sibling(parent).map_err(write_error)?;
    fill(fresh.path())?;
    swap(fresh, path, parent).map_err(write_error)
}

fn refuse_existing(path: &Path, overwrite: Overwrite) -> Result<(), RecordingError> {
    if !path.exists() {
        return Ok(());
    }
    if !path.join(MANIFEST).is_file() {
        return Err(RecordingError::file(path, "is there and is not a recording: it stays as it is"));
    }
    match overwrite {
        Overwrite::Replace => Ok(()),
        Overwrite::Refuse => Err(RecordingError::file(path, "is a recording already: --force replaces it")),
    }
}

/// A folder beside the target, on the same file system so that a rename is enough, and gone on any error.
fn sibling(parent: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".prescale-recording-");
    // A recording is as readable as any folder that the user makes, not private as a temporary one is.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    builder.tempdir_in(parent)
}

/// Puts `fresh` in place of `path`; what stood there goes last, without what was not the recording's own.
fn swap(fresh: TempDir, path: &Path, parent: &Path) -> io::Result<()> {
    if path.exists() {
        let old = sibling(parent)?;
        keep_others(path, fresh.path())?;
        let old_path = old.path().join("old");
        fs::rename(path, &old_path)?;
        if let Err(error) = fs::rename(fresh.path(), path) {
            fs::rename(&old_path, path)?;
            return Err(error);
        }
    } else {
        fs::rename(fresh.path(), path)?;
    }
    // The folder has its name now: nothing is left to clean up.
    let _moved = fresh.keep();
    Ok(())
}

/// Copies the files of `from` that are not the recording's own.
fn keep_others(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let is_own = OWN.iter().any(|own| entry.file_name() == **own);
        if !is_own && entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
