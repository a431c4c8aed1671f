//! A dashboard with something to see: a controller that serves it, a Prometheus whose demand moves, scalers and events in
//! two namespaces, and people who may see one of them, or both.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::{Error, Exporter, Prescale, Replica, Testbed, until};

const MANIFESTS: &str = include_str!("dashboard/manifests.yaml");
/// Often enough for a test to wait for.
const SCRAPE_EVERY: Duration = Duration::from_secs(1);
/// A scaler is seen, read and ticked: seconds, and a minute on a machine that is busy.
const SHOWN_WITHIN: Duration = Duration::from_secs(60);

/// A dashboard.
#[derive(Debug)]
pub struct Dashboard {
    /// Where browsers reach it, one address a replica.
    pub urls: Vec<String>,
    /// The token of somebody who may see and change what is in `live`.
    pub ada: String,
    /// The token of somebody who may see `live` and `shop`, and change nothing.
    pub olga: String,
    /// The token of somebody who may see nothing.
    pub nobody: String,
    /// Who serves it.
    pub replicas: Vec<Replica>,
    /// Where the real Prometheus is, which scrapes the replicas too.
    pub prometheus: String,
    exporter: Exporter,
}

impl Testbed {
    /// Starts a dashboard on a testbed without Prescale and Prometheus; what `asked` says of those is replaced.
    pub async fn dashboard(&self, replicas: usize, asked: Prescale) -> Result<Dashboard, Error> {
        let exporter = Exporter::start()?;
        set_demand(&exporter, 300.0);
        let (http, dashboards) = (self.addresses(replicas)?, self.addresses(replicas)?);
        let targets: Vec<_> = http.iter().map(ToString::to_string).chain([exporter.target()]).collect();
        let targets: Vec<_> = targets.iter().map(String::as_str).collect();
        let prometheus = self.prometheus(&targets, SCRAPE_EVERY).await?;
        let mut flags = asked.flags;
        flags.push("--tick=2s".to_owned());
        let prescale = Prescale {
            prometheus_url: prometheus.clone(),
            replicas,
            http,
            dashboards: dashboards.clone(),
            flags,
            ..asked
        };
        let started = self.install(&prescale).await?;
        self.apply(MANIFESTS).await?;
        let dashboard = Dashboard {
            urls: dashboards.iter().map(|address| format!("http://{address}")).collect(),
            ada: self.token("live", "ada").await?,
            olga: self.token("live", "olga").await?,
            nobody: self.token("live", "nobody").await?,
            replicas: started,
            prometheus,
            exporter,
        };
        for (namespace, scaler, demand) in [("live", "gateway", 300.0), ("shop", "till", 60.0)] {
            self.onlooker(namespace, scaler).await?.demand_reaches(demand).await?;
        }
        for url in &dashboard.urls {
            until(&format!("{url} to answer"), SHOWN_WITHIN, async || {
                tokio::net::TcpStream::connect(url.trim_start_matches("http://")).await.ok()
            })
            .await?;
        }
        Ok(dashboard)
    }

    fn addresses(&self, many: usize) -> Result<Vec<SocketAddr>, Error> {
        (0..many).map(|_| Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port()?)))).collect()
    }
}

impl Dashboard {
    /// From the next scrape on, the gateway sees this demand, and the till a fifth of it.
    pub fn set_demand(&self, demand: f64) {
        set_demand(&self.exporter, demand);
    }
}

fn set_demand(exporter: &Exporter, demand: f64) {
    exporter.set(r#"demand{app="gateway"}"#, demand);
    exporter.set(r#"demand{app="till"}"#, demand / 5.0);
}
