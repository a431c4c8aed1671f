//! `make bench-controller`: what the controller's process takes, with 1,000 scalers and with 10,000 that tick each 15 s:
//! all that it does, with queries to a real Prometheus, watches of a real API server, and statuses that it writes there.
//! Scalers are in mode Shadow, and nobody has seen them before. CPU time is what counts: a busy machine changes it little.
#![expect(clippy::unwrap_used, reason = "a bench may stop at what cannot be")]

#[path = "../../benches/figures/figure.rs"]
#[expect(dead_code, reason = "shared with benches that have bars of every kind")]
mod figure;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use figure::{Bar, Figure};
use prescale_testbed::{Exporter, Prescale, Replica, Settings, Testbed, keeper::State, until};

/// As in a cluster.
const SCRAPE: Duration = Duration::from_secs(15);
/// kubectl applies this many objects at a time.
const BATCH: usize = 500;
/// Until every scaler has been read and has said so; on two cores, API server and Prometheus take most of it.
const SETTLES_WITHIN: Duration = Duration::from_secs(1_200);
/// Two rounds of statuses.
const MEASURED: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() {
    // The API server finds the Service by a pod of the chart that is Ready, on a node.
    let bed = Testbed::start(Settings { nodes: 1, ..Settings::default() }).await.unwrap();
    let exporter = Exporter::start().unwrap();
    let prometheus_url = bed.prometheus(&[&exporter.target()], SCRAPE).await.unwrap();
    let prescale =
        Prescale { prometheus_url, replicas: 1, program: Some(as_in_the_image()), ..Prescale::default() };
    let replica = bed.install(&prescale).await.unwrap().remove(0);
    let process = Process::of(&bed, &replica);
    let empty = process.resident_mib();
    add(&bed, &exporter, 0..1_000).await;
    let (cores, resident) = process.measure(1_000).await;
    let mut figures = vec![
        Figure::new("memory without scalers".into(), "MiB", Bar::None, empty),
        Figure::new("memory with 1,000 scalers".into(), "MiB", Bar::AtMost(40.0), resident),
        Figure::new("CPU with 1,000 scalers".into(), "cores", Bar::None, cores),
    ];
    add(&bed, &exporter, 1_000..10_000).await;
    let (cores, all) = process.measure(10_000).await;
    figures.extend([
        Figure::new("memory with 10,000 scalers".into(), "MiB", Bar::None, all),
        Figure::new("memory of a scaler more".into(), "KiB", Bar::None, (all - resident) * 1_024.0 / 9_000.0),
        Figure::new("CPU with 10,000 scalers, a tick each 15 s".into(), "cores", Bar::AtMost(0.3), cores),
    ]);
    println!("{}", figure::table(&figures));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    println!("written to {}", figure::write(&root, "controller.json", &figures).unwrap().display());
}

/// The controller by the profile of the image, in a folder beside that of this bench.
fn as_in_the_image() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.ancestors().nth(3).unwrap().join("controller/prescale-controller")
}

/// Adds scalers, each with a workload that runs no pods and demand of its own.
async fn add(bed: &Testbed, exporter: &Exporter, numbers: std::ops::Range<usize>) {
    let numbers: Vec<_> = numbers.collect();
    for batch in numbers.chunks(BATCH) {
        let mut manifests = String::new();
        for number in batch {
            exporter.set(&format!("demand{{scaler=\"s{number}\"}}"), 300.0);
            write!(manifests, "{}", scaler(*number)).unwrap();
        }
        bed.apply(&manifests).await.unwrap();
        eprintln!("{} scalers are there", batch.last().unwrap() + 1);
    }
}

fn scaler(number: usize) -> String {
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: s{number}}}
spec:
  replicas: 0
  selector: {{matchLabels: {{app: s{number}}}}}
  template:
    metadata: {{labels: {{app: s{number}}}}}
    spec: {{containers: [{{name: app, image: app}}]}}
---
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {{name: s{number}}}
spec:
  scaleTargetRef: {{name: s{number}}}
  mode: Shadow
  minReplicas: 2
  maxReplicas: 60
  demand: {{prometheus: {{query: 'demand{{scaler=\"s{number}\"}}'}}}}
  capacity: {{perReplica: 100}}
"
    )
}

/// The controller's process, as the system sees it.
struct Process {
    id: u32,
    replica: Replica,
}

impl Process {
    fn of(bed: &Testbed, replica: &Replica) -> Self {
        let Some(State::Running(id)) = bed.state(&replica.name) else {
            panic!("{} does not run", replica.name)
        };
        Self { id, replica: replica.clone() }
    }

    /// Its share of a core over a minute, and its memory after that, once all scalers tick.
    async fn measure(&self, scalers: usize) -> (f64, f64) {
        self.all_tick(scalers).await;
        let (began, before) = (Instant::now(), self.cpu_s());
        tokio::time::sleep(MEASURED).await;
        let cores = (self.cpu_s() - before) / began.elapsed().as_secs_f64();
        (cores, self.resident_mib())
    }

    /// Waits until every scaler has demand that was read from Prometheus.
    async fn all_tick(&self, scalers: usize) {
        let url = format!("http://{}/metrics", self.replica.http);
        let client = reqwest::Client::new();
        until("every scaler to tick", SETTLES_WITHIN, async || {
            let page = client.get(&url).send().await.ok()?.text().await.ok()?;
            let read = page.lines().filter(|line| line.starts_with("prescale_observed_demand{")).count();
            (read == scalers).then_some(())
        })
        .await
        .unwrap();
    }

    fn cpu_s(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id)).unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks: f64 =
            fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().unwrap()).sum();
        // The kernel's USER_HZ, on every architecture that Rust's Linux runs on.
        ticks / 100.0
    }

    fn resident_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1_024.0
    }
}
