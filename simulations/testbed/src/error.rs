//! Why a testbed, or something asked of it, failed.

use std::path::PathBuf;
use std::time::Duration;

/// Why a testbed, or something asked of it, failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The Go programs are not in the cache yet.
    #[error("the programs of the testbed are not built; run: {} (about 20 minutes, once)", .0.display())]
    NotBuilt(PathBuf),
    /// Kafka's jars are not in the cache yet.
    #[error("the jars of Kafka are not there; run: {} (seconds, once)", .0.display())]
    NotFetched(PathBuf),
    /// The build script failed, or said nothing of use.
    #[error("simulations/testbed/build: {0}")]
    Build(String),
    /// A process was refused by the system, or ended when it should run.
    #[error("{name}: {why}")]
    Process {
        /// The name of the process.
        name: String,
        /// What the system, or the keeper, said.
        why: String,
    },
    /// Something was waited for and did not come.
    #[error("{what}: not within {within:?}")]
    Late {
        /// What was waited for.
        what: String,
        /// For how long.
        within: Duration,
    },
    /// A command ended with an error.
    #[error("{command}: {said}")]
    Command {
        /// The command line.
        command: String,
        /// What it wrote to standard error.
        said: String,
    },
    /// The API server answered something else than was asked for.
    #[error("{asked}: {answer}")]
    Answer {
        /// The path.
        asked: String,
        /// What was answered.
        answer: String,
    },
    /// A file or socket.
    #[error("{what}: {source}")]
    Io {
        /// What we were doing, to which file.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// No block of ports is free.
    #[error("no block of free ports on 127.0.0.1 between {0} and {1}")]
    NoPorts(u16, u16),
    /// A certificate could not be made.
    #[error(transparent)]
    Certificate(#[from] rcgen::Error),
    /// The API server refused, or could not be reached.
    #[error(transparent)]
    Api(#[from] kube::Error),
    /// The brokers refused, or could not be reached.
    #[error(transparent)]
    Kafka(#[from] rdkafka::error::KafkaError),
    /// A kubeconfig could not be read.
    #[error(transparent)]
    Kubeconfig(#[from] kube::config::KubeconfigError),
}

impl Error {
    /// Turns an input or output error into ours: `what` names the act and the file.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
