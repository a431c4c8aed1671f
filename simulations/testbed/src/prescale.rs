//! Prescale on a testbed, as users have it: its chart, installed by the real Helm, and its controller. Pods run no
//! programs here, so each replica of the controller is a process beside the cluster, with the rights, the Service and
//! the flags that the chart gives its pods.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::Api;
use tokio::process::Command;

use crate::{Error, Process, Testbed, until};

/// The namespace that Prescale is installed into.
pub const NAMESPACE: &str = "prescale-system";
/// The release, and the Service and the account that its chart makes.
pub const RELEASE: &str = "prescale";

/// A start reads the cluster, issues certificates and registers the API; the API server then looks each 30 s at worst.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// What Prescale is started with.
#[derive(Debug, Clone, Default)]
pub struct Prescale {
    /// Where demand is read.
    pub prometheus_url: String,
    /// How many replicas of the controller run.
    pub replicas: usize,
    /// Where each replica listens for signals that are pushed, on ports of the testbed; none does, where this is empty.
    pub signals: Vec<SocketAddr>,
    /// Where each replica serves its dashboard, on ports of the testbed; none does, where this is empty.
    pub dashboards: Vec<SocketAddr>,
    /// Where each replica serves health and its own metrics; on ports that it draws, where this is empty.
    pub http: Vec<SocketAddr>,
    /// What the chart is told beside that, as in `helm install --set`.
    pub values: Vec<String>,
    /// Flags of the controller, after those of the chart.
    pub flags: Vec<String>,
    /// Variables of the controller's environment, beside those of the chart.
    pub environment: BTreeMap<String, String>,
    /// The controller that runs; `None` for the one that was built beside the running program.
    pub program: Option<PathBuf>,
}

/// One replica of the controller.
#[derive(Debug, Clone)]
pub struct Replica {
    /// Its name among the processes of the testbed, and in the Lease.
    pub name: String,
    /// Where it serves the metrics API.
    pub metrics_api: SocketAddr,
    /// Where it serves health and its own metrics.
    pub http: SocketAddr,
}

impl Testbed {
    /// Installs the chart and starts the replicas; returns when the API server answers from them.
    pub async fn install(&self, prescale: &Prescale) -> Result<Vec<Replica>, Error> {
        let chart = chart();
        let url = format!("prometheus.url={}", prescale.prometheus_url);
        let signals = format!("signals.enabled={}", !prescale.signals.is_empty());
        let set: Vec<_> = [&url, &signals]
            .into_iter()
            .chain(&prescale.values)
            .map(|value| format!("--set={value}"))
            .collect();
        let (chart, namespace) = (chart.display().to_string(), format!("--namespace={NAMESPACE}"));
        let mut arguments = vec!["install", RELEASE, &chart, &namespace, "--create-namespace"];
        arguments.extend(set.iter().map(String::as_str));
        self.helm(&arguments).await?.success()?;
        let mut replicas = Vec::new();
        for index in 0..prescale.replicas {
            replicas.push(self.start_replica(prescale, index).await?);
        }
        let routes: Vec<_> = replicas.iter().map(|replica| replica.metrics_api).collect();
        self.route(&routes).await?;
        self.available("v1beta1.external.metrics.k8s.io").await?;
        Ok(replicas)
    }

    /// Uninstalls the chart, and ends its replicas. What its hook would run in a pod, the hand-back, runs beside the
    /// cluster.
    pub async fn uninstall(&self, replicas: &[Replica]) -> Result<(), Error> {
        self.hand_back().await?;
        let namespace = format!("--namespace={NAMESPACE}");
        self.helm(&["uninstall", RELEASE, &namespace, "--no-hooks"]).await?.success()?;
        for replica in replicas {
            self.end(&replica.name).await?;
        }
        Ok(())
    }

    async fn hand_back(&self) -> Result<(), Error> {
        const HAND_BACK: &str = "hand-back";
        let mut command = Command::new(controller()?);
        command.arg(HAND_BACK).arg(format!("--service={RELEASE}")).envs(self.of_pod(HAND_BACK).await?);
        let output = command.kill_on_drop(true).output().await.map_err(Error::io("run the hand-back"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(Error::Command { command: HAND_BACK.to_owned(), said })
    }

    /// Lets the Service of Prescale lead to these replicas.
    pub async fn route(&self, replicas: &[SocketAddr]) -> Result<(), Error> {
        for replica in replicas {
            self.expose(NAMESPACE, RELEASE, 443, *replica).await?;
        }
        Ok(())
    }

    /// Waits until the API server finds an APIService available.
    pub async fn available(&self, name: &str) -> Result<(), Error> {
        let services: Api<APIService> = Api::all(self.client().await?);
        until(&format!("APIService {name} to be available"), READY_WITHIN, async || {
            let conditions = services.get_opt(name).await.ok()??.status?.conditions?;
            conditions.iter().any(|one| one.type_ == "Available" && one.status == "True").then_some(())
        })
        .await
    }

    async fn start_replica(&self, prescale: &Prescale, index: usize) -> Result<Replica, Error> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let replica = Replica {
            name: format!("{RELEASE}-{index}"),
            metrics_api: local(self.port()?),
            http: prescale.http.get(index).copied().map_or_else(|| self.port().map(local), Ok)?,
        };
        let mut arguments = vec![
            format!("--prometheus-url={}", prescale.prometheus_url),
            format!("--metrics-api-bind={}", replica.metrics_api),
            format!("--http-bind={}", replica.http),
            "--log-format=text".to_owned(),
        ];
        arguments.extend(prescale.signals.get(index).map(|address| format!("--signals-bind={address}")));
        arguments.extend(prescale.dashboards.get(index).map(|address| format!("--dashboard-bind={address}")));
        arguments.extend(prescale.flags.iter().cloned());
        let of_pod = self.of_pod(&replica.name).await?;
        let environment = prescale.environment.clone().into_iter().chain(of_pod).collect();
        let program = prescale.program.clone().map_or_else(controller, Ok)?;
        let process = Process { name: replica.name.clone(), program, arguments, environment };
        self.run(process).await?;
        Ok(replica)
    }

    /// The environment of a pod of the chart.
    async fn of_pod(&self, name: &str) -> Result<BTreeMap<String, String>, Error> {
        let kubeconfig = self.service_account(NAMESPACE, RELEASE).await?;
        let variables = [
            ("KUBECONFIG", kubeconfig.display().to_string()),
            ("POD_NAMESPACE", NAMESPACE.to_owned()),
            ("POD_NAME", name.to_owned()),
            ("POD_IP", Ipv4Addr::LOCALHOST.to_string()),
            ("MALLOC_ARENA_MAX", "1".to_owned()),
            ("MALLOC_MMAP_THRESHOLD_", "65536".to_owned()),
            ("MALLOC_TRIM_THRESHOLD_", "65536".to_owned()),
            ("MALLOC_TOP_PAD_", "16384".to_owned()),
        ];
        Ok(variables.into_iter().map(|(variable, value)| (variable.to_owned(), value)).collect())
    }
}

/// The chart of this source tree.
fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../manifests/chart/prescale")
}

/// The controller that was built beside the tests that run now.
fn controller() -> Result<PathBuf, Error> {
    let here = std::env::current_exe().map_err(Error::io("find the running program"))?;
    let built = here.ancestors().skip(1).take(2).map(|folder| folder.join("prescale-controller"));
    built.clone().find(|path| path.is_file()).ok_or_else(|| Error::Process {
        name: "prescale-controller".into(),
        why: "is not built: cargo build --bin prescale-controller".into(),
    })
}
