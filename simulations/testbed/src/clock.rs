//! A clock that a test sets while processes run by it: libfaketime, the package of the system, which reads how far off
//! the clock is from a file at each look. Only the time of day is off; what measures spans of time is left alone.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::{Error, Testbed};

/// A clock, right until it is set.
#[derive(Debug)]
pub struct Clock {
    library: String,
    file: PathBuf,
}

impl Testbed {
    /// The clock of this name. A process runs by it that is started with its environment.
    pub fn clock(&self, name: &str) -> Result<Clock, Error> {
        let clock = Clock { library: library()?, file: self.folder.join(format!("{name}.clock")) };
        clock.set_right()?;
        Ok(clock)
    }
}

impl Clock {
    /// What a process is started with.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let variables = [
            ("LD_PRELOAD", self.library.clone()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
            ("NO_FAKE_STAT", "1".into()),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// From now on, the clock is behind by this much.
    pub fn set_back(&self, by: Duration) -> Result<(), Error> {
        self.write(&format!("-{}", by.as_secs()))
    }

    /// From now on, the clock is right.
    pub fn set_right(&self) -> Result<(), Error> {
        self.write("+0")
    }

    /// Whole, by a file that takes the place of the last: nobody reads half of it.
    fn write(&self, offset: &str) -> Result<(), Error> {
        let new = self.file.with_extension("new");
        let written = std::fs::write(&new, offset).and_then(|()| std::fs::rename(&new, &self.file));
        written.map_err(Error::io(format!("write {}", self.file.display())))
    }
}

/// The library for programs with threads. Its own command knows where it lies.
fn library() -> Result<String, Error> {
    let mut faketime = Command::new("faketime");
    let printed = faketime.args(["-m", "-f", "+0", "printenv", "LD_PRELOAD"]).output();
    let printed = printed.map_err(Error::io("run faketime, which scripts/setup e2e installs"))?;
    let library = String::from_utf8_lossy(&printed.stdout).trim().to_owned();
    let why = String::from_utf8_lossy(&printed.stderr).trim().to_owned();
    if library.is_empty() { Err(Error::Process { name: "faketime".into(), why }) } else { Ok(library) }
}
