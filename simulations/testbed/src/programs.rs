//! The Go programs that a testbed runs, in the cache where `simulations/testbed/build` puts them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Error;

/// The folder of programs that fits this source tree.
#[derive(Debug, Clone)]
pub struct Programs(PathBuf);

impl Programs {
    /// Finds the programs, and says what to run where they are not built.
    pub fn find() -> Result<Self, Error> {
        let output =
            Command::new(script()).arg("--where").output().map_err(Error::io("run the build script"))?;
        if !output.status.success() {
            return Err(Error::Build(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        if folder.is_dir() { Ok(Self(folder)) } else { Err(Error::NotBuilt(script())) }
    }

    /// etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl, each a subcommand.
    pub fn control_plane(&self) -> PathBuf {
        self.0.join("controlplane")
    }

    /// Simulates nodes and pods.
    pub fn kwok(&self) -> PathBuf {
        self.0.join("kwok")
    }

    /// Karpenter, whose cloud is simulated.
    pub fn karpenter(&self) -> PathBuf {
        self.0.join("karpenter")
    }

    /// The CRDs of that Karpenter, a file each.
    pub fn karpenter_crds(&self) -> PathBuf {
        self.0.join("karpenter-crds")
    }

    /// Renders and installs charts.
    pub fn helm(&self) -> PathBuf {
        self.0.join("helm")
    }

    /// The parent of every process of a testbed.
    pub fn keeper(&self) -> PathBuf {
        self.0.join("keeper")
    }
}

/// Builds what is missing, with progress on standard error.
pub fn build() -> Result<Programs, Error> {
    let status =
        Command::new(script()).stdin(Stdio::null()).status().map_err(Error::io("run the build script"))?;
    if status.success() { Programs::find() } else { Err(Error::Build(status.to_string())) }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("build")
}
