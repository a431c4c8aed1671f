//! A real Prometheus, the package of the system, ended when the test is.

use std::{
    fs,
    io::Write,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// It is up in under a second; a busy machine takes longer.
const READY_WITHIN: Duration = Duration::from_secs(60);

pub(crate) struct Prometheus {
    child: Child,
    pub(crate) address: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    /// Starts one in `folder`, with this configuration and further arguments.
    pub(crate) fn start(folder: &Path, configuration: &str, arguments: &[&str]) -> Self {
        fs::write(folder.join("prometheus.yml"), configuration).unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let child = Command::new("prometheus")
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=error"])
            .arg("--storage.tsdb.retention.time=30d")
            .arg(format!("--web.listen-address={address}"))
            .args(arguments)
            .current_dir(folder)
            .stderr(Stdio::inherit())
            .spawn()
            .expect("prometheus is there: scripts/setup test installs it");
        let started = Self { child, address };
        started.wait_until_open();
        started
    }

    /// Puts a history, in OpenMetrics text, into the store of one that is not started yet.
    pub(crate) fn backfill(folder: &Path, history: &str) {
        fs::write(folder.join("history.txt"), history).unwrap();
        let created = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics", "history.txt", "data"])
            .current_dir(folder)
            .output()
            .expect("promtool is there: scripts/setup test installs it");
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
    }

    /// It listens once its store is open. One that asks for TLS refuses these words, and is up too.
    fn wait_until_open(&self) {
        let started = Instant::now();
        while started.elapsed() < READY_WITHIN {
            if self.is_open().unwrap_or(false) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("Prometheus at {} is not ready after {READY_WITHIN:?}", self.address);
    }

    fn is_open(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(b"GET /-/ready HTTP/1.0\r\n\r\n")?;
        let answer = std::io::read_to_string(stream)?;
        Ok(["200 OK", "HTTPS server", "401"].iter().any(|words| answer.contains(words)))
    }
}

/// A port that nothing listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
