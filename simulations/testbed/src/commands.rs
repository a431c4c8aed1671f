//! kubectl and helm, as the administrator would run them.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::{Error, Testbed};

/// A command that ended, and what it wrote.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The command line.
    pub command: String,
    /// Whether it exited with 0.
    pub succeeded: bool,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub complaint: String,
}

impl Ran {
    /// Its output, or an error with what it complained of.
    pub fn success(self) -> Result<String, Error> {
        if self.succeeded {
            return Ok(self.output);
        }
        let said = if self.complaint.trim().is_empty() { self.output } else { self.complaint };
        Err(Error::Command { command: self.command, said: said.trim().to_owned() })
    }
}

impl Testbed {
    /// Runs kubectl as the administrator; `--kubeconfig=PATH` among the arguments makes it another user.
    pub async fn kubectl(&self, arguments: &[&str]) -> Result<Ran, Error> {
        self.command(self.programs.control_plane(), Some("kubectl"), arguments, "").await
    }

    /// Applies manifests, YAML or JSON, as the administrator.
    pub async fn apply(&self, manifests: &str) -> Result<(), Error> {
        let arguments = ["apply", "--server-side", "--force-conflicts", "--filename=-"];
        let ran = self.command(self.programs.control_plane(), Some("kubectl"), &arguments, manifests).await?;
        ran.success().map(|_| ())
    }

    /// Runs helm as the administrator.
    pub async fn helm(&self, arguments: &[&str]) -> Result<Ran, Error> {
        self.command(self.programs.helm(), None, arguments, "").await
    }

    /// A folder for `PATH`, with this testbed's kubectl and helm, for people and for scripts that call them.
    pub fn tools(&self) -> Result<PathBuf, Error> {
        let folder = self.folder.join("tools");
        std::fs::create_dir_all(&folder).map_err(Error::io(format!("make {}", folder.display())))?;
        write_script(
            &folder.join("kubectl"),
            &format!("'{}' kubectl", self.programs.control_plane().display()),
        )?;
        write_script(&folder.join("helm"), &format!("'{}'", self.programs.helm().display()))?;
        Ok(folder)
    }

    async fn command(
        &self,
        program: PathBuf,
        subcommand: Option<&str>,
        arguments: &[&str],
        input: &str,
    ) -> Result<Ran, Error> {
        let name = subcommand.unwrap_or("helm");
        let mut child = Command::new(&program)
            .args(subcommand)
            .args(arguments)
            .env("KUBECONFIG", self.kubeconfig())
            // Caches, and helm's own files.
            .env("HOME", &self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(Error::io(format!("run {}", program.display())))?;
        if let Some(mut pipe) = child.stdin.take() {
            // A command that does not read has its own word about it.
            _ = pipe.write_all(input.as_bytes()).await;
        }
        let output = child.wait_with_output().await.map_err(Error::io(format!("run {name}")))?;
        Ok(Ran {
            command: format!("{name} {}", arguments.join(" ")),
            succeeded: output.status.success(),
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            complaint: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// Writes a script that runs `command` with the arguments it is given.
fn write_script(path: &Path, command: &str) -> Result<(), Error> {
    let executable = Permissions::from_mode(0o755);
    std::fs::write(path, format!("#!/bin/sh\nexec {command} \"$@\"\n"))
        .and_then(|()| std::fs::set_permissions(path, executable))
        .map_err(Error::io(format!("write {}", path.display())))
}
