//! A real Prometheus, the package of the system, that scrapes what a test tells it to.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::host_node::scraped;
use crate::parts::PROMETHEUS;
use crate::{Error, Process, Testbed, until};

/// It is up in under a second, with an empty store.
const READY_WITHIN: Duration = Duration::from_secs(60);

impl Testbed {
    /// Starts Prometheus, which scrapes `targets` (`127.0.0.1:PORT`) every `interval`, and returns its URL when it
    /// answers. Pods of a host node are scraped too, where they say so. A testbed has one at most.
    pub async fn prometheus(&self, targets: &[&str], interval: Duration) -> Result<String, Error> {
        self.prometheus_writing(targets, interval, &[]).await
    }

    /// The same, and it writes what it scrapes to others, each told as in `remote_write` of its configuration.
    pub async fn prometheus_writing(
        &self,
        targets: &[&str],
        interval: Duration,
        remote_write: &[Value],
    ) -> Result<String, Error> {
        let interval = format!("{}ms", interval.as_millis());
        let configuration = json!({
            "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "scrape_configs": [
                {"job_name": "testbed", "static_configs": [{"targets": targets}]},
                {"job_name": "pods", "file_sd_configs": [{"files": [scraped::file(&self.folder)]}]},
            ],
            "remote_write": remote_write,
        });
        let file = self.folder.join("prometheus.yaml");
        std::fs::write(&file, configuration.to_string())
            .map_err(Error::io(format!("write {}", file.display())))?;
        let address = format!("127.0.0.1:{}", self.port()?);
        let arguments = vec![
            format!("--config.file={}", file.display()),
            format!("--storage.tsdb.path={}", self.folder.join("prometheus-data").display()),
            format!("--web.listen-address={address}"),
        ];
        let program = PathBuf::from("prometheus");
        self.run(Process { name: PROMETHEUS.into(), program, arguments, environment: [].into() }).await?;
        let url = format!("http://{address}");
        let client = url
            .parse::<prometheus_http_query::Client>()
            .map_err(|error| Error::Process { name: PROMETHEUS.into(), why: error.to_string() })?;
        until("Prometheus to be ready", READY_WITHIN, async || {
            client.is_server_ready().await.ok()?.then_some(())
        })
        .await?;
        Ok(url)
    }
}
