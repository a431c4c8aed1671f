//! `make bench-api`: reads of the metrics API as the aggregator makes them, over TLS, authenticated, on connections
//! that stay, at 1,000 scalers. The server has one thread, and its share of a core is what counts: reads per second of
//! its CPU time hold on a machine that does other things, too. Latencies are those of this machine, today.

#![expect(clippy::unwrap_used, reason = "a bench may stop at what cannot be")]

#[path = "api/client.rs"]
mod client;
#[path = "../../simulations/benches/figures/figure.rs"]
mod figure;
#[path = "api/server.rs"]
mod server;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use client::Client;
use figure::{Bar, Figure};
use server::Server;

/// Scalers on the board.
const SCALERS: usize = 1_000;
/// Clients that read without a pause.
const CLIENTS: usize = 8;
/// Until caches know every caller.
const WARM_UP: Duration = Duration::from_secs(2);
/// What is measured.
const MEASURED: Duration = Duration::from_secs(10);

fn main() {
    let server = Server::start(SCALERS);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let figures = runtime.block_on(measure(&server));
    println!("{}", figure::table(&figures));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let path = figure::write(root, "api.json", &figures).unwrap();
    println!("written to {}", path.display());
}

async fn measure(server: &Server) -> Vec<Figure> {
    let clients = (0..CLIENTS).map(|first| Client::connect(server, first));
    let mut clients = futures::future::try_join_all(clients).await.unwrap();
    read_for(&mut clients, WARM_UP).await;
    let (started, cpu) = (Instant::now(), server.cpu_time().await);
    let mut latencies = read_for(&mut clients, MEASURED).await;
    let (wall, cpu) = (started.elapsed(), server.cpu_time().await - cpu);
    latencies.sort_unstable();
    let reads = latencies.len() as f64;
    let quantile = |share: f64| latencies[(share * (reads - 1.0)) as usize].as_secs_f64() * 1e3;
    let cpu_s = cpu.as_secs_f64();
    vec![
        Figure::new("reads a second of one core".into(), "1/s", Bar::AtLeast(20_000.0), reads / cpu_s),
        Figure::new("read latency, p99".into(), "ms", Bar::AtMost(1.0), quantile(0.99)),
        Figure::new("read latency, p50".into(), "ms", Bar::None, quantile(0.5)),
        Figure::new("reads a second of the clock".into(), "1/s", Bar::None, reads / wall.as_secs_f64()),
        Figure::new(
            "share of a core that the server had".into(),
            "ratio",
            Bar::None,
            cpu_s / wall.as_secs_f64(),
        ),
    ]
}

/// Each read is checked: one that fails ends the bench.
async fn read_for(clients: &mut [Client], time: Duration) -> Vec<Duration> {
    let until = Instant::now() + time;
    let reads = clients.iter_mut().map(|client| async move {
        let mut latencies = vec![];
        while Instant::now() < until {
            latencies.push(client.read().await.unwrap());
        }
        latencies
    });
    futures::future::join_all(reads).await.concat()
}
