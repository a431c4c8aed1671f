//! Kafka's jars, in the cache where `simulations/testbed/kafka/fetch` puts them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Error;

/// Three brokers fit beside a control plane. The compiler's first stage alone halves the time and CPU of a start.
const MACHINE: [&str; 5] = [
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
];

/// The folder of jars that fits this source tree, and how they are run.
#[derive(Debug, Clone)]
pub struct Jars {
    folder: PathBuf,
    machine: Vec<String>,
}

impl Jars {
    /// Finds the jars, and says what to run where they are not fetched.
    pub fn find() -> Result<Self, Error> {
        let output = Command::new(script()).arg("--where").output().map_err(Error::io("run kafka/fetch"))?;
        if !output.status.success() {
            return Err(Error::Build(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        let machine = MACHINE.map(str::to_owned).to_vec();
        if folder.is_dir() { Ok(Self { folder, machine }) } else { Err(Error::NotFetched(script())) }
    }

    /// The same jars, run with more options.
    pub(super) fn with(mut self, options: &[&str]) -> Self {
        self.machine.extend(options.iter().map(|option| (*option).to_owned()));
        self
    }

    /// The arguments of `java` that run a class of Kafka's.
    pub(super) fn java(&self, class: &str) -> Vec<String> {
        let mut arguments = self.machine.clone();
        arguments.extend(["-cp".to_owned(), format!("{}/*", self.folder.display()), class.to_owned()]);
        arguments
    }
}

/// Fetches what is missing, with progress on standard error.
pub fn fetch() -> Result<Jars, Error> {
    let status =
        Command::new(script()).stdin(Stdio::null()).status().map_err(Error::io("run kafka/fetch"))?;
    if status.success() { Jars::find() } else { Err(Error::Build(status.to_string())) }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kafka/fetch")
}
