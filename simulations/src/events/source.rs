//! The files of an import, read whole: a calendar is small.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::{EventsError, Unusable};

/// Far above the calendars of large companies, and small beside the memory of any machine.
const MOST_BYTES: u64 = 64 << 20;

/// A file and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name that the caller gave it.
    pub name: String,
    /// What it holds.
    pub text: String,
}

impl Source {
    /// Reads `path`, or standard input for `-`.
    ///
    /// # Errors
    /// Says that it cannot be read, is too large, or is not UTF-8.
    pub fn open(path: &Path) -> Result<Self, EventsError> {
        let is_stdin = path == Path::new("-");
        let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
        let io_error = |source| EventsError::Io { file: name.clone(), source };
        let refuse =
            |problem: String| EventsError::File(Unusable { file: name.clone(), line: None, problem });
        let mut bytes = vec![];
        let read = if is_stdin {
            io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes)
        } else {
            File::open(path).map_err(io_error)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)
        };
        let length = read.map_err(io_error)? as u64;
        if MOST_BYTES < length {
            return Err(refuse(format!("is larger than {} MiB", MOST_BYTES >> 20)));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            refuse(format!("is not UTF-8 from byte {good} on"))
        })?;
        Ok(Self { name, text })
    }

    /// Whether it is, or says that it is, an iCalendar; everything else is CSV.
    pub(super) fn is_icalendar(&self) -> bool {
        let start = self.text.trim_start_matches('\u{feff}').trim_start();
        let begins = start.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("BEGIN:"));
        let extension = Path::new(&self.name).extension();
        begins || extension.is_some_and(|extension| extension.eq_ignore_ascii_case("ics"))
    }
}
