//! `make bench-dashboard`: what the dashboard of 10,000 scalers costs, through its real router over real sockets: the list
//! as a browser gets it, what the gallery takes of memory and of a tick, and 200 viewers of the stream while each scaler
//! ticks each 15 s. The server has one thread, whose CPU time counts: it holds on a machine that does other things, too.

#![expect(clippy::unwrap_used, reason = "a bench may stop at what cannot be")]

#[path = "../../simulations/benches/figures/figure.rs"]
#[expect(dead_code, reason = "shared with benches that have bars of every kind")]
mod figure;
#[path = "dashboard/scene.rs"]
mod scene;

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use figure::{Bar, Figure};
use scene::{Fleet, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Scalers that are shown.
const SCALERS: usize = 10_000;
/// Time between two ticks of a scaler.
const PERIOD_S: usize = 15;
/// Viewers of the stream.
const VIEWERS: usize = 200;
/// What is measured of it.
const MEASURED: Duration = Duration::from_secs(20);

fn main() {
    let mut fleet = Fleet::new(SCALERS);
    let before = resident();
    let looked = fleet.fill();
    let memory = resident() - before;
    let mib = |bytes: f64| bytes / 1024.0 / 1024.0;
    let server = Server::start(Arc::clone(&fleet.gallery));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (list_bytes, list_took) = runtime.block_on(list(&server));
    let stream = runtime.block_on(stream(&server, &mut fleet));
    let figures = [
        Figure::new(
            "memory of what is shown of 10,000 scalers".into(),
            "MiB",
            Bar::AtMost(128.0),
            mib(memory),
        ),
        Figure::new(
            "of it the trails".into(),
            "MiB",
            Bar::AtMost(64.0),
            mib(fleet.gallery.trail_bytes() as f64),
        ),
        Figure::new("a look after a tick".into(), "µs", Bar::AtMost(50.0), looked * 1e6),
        Figure::new("list of 10,000 scalers, packed".into(), "MiB", Bar::None, mib(list_bytes as f64)),
        Figure::new("list of 10,000 scalers, until it is there".into(), "s", Bar::AtMost(1.0), list_took),
        Figure::new("200 viewers of the stream".into(), "cores", Bar::AtMost(0.1), stream.cores),
        Figure::new("rows told to each viewer".into(), "1/s", Bar::None, stream.rows),
        Figure::new("bytes told to each viewer".into(), "KiB/s", Bar::None, stream.bytes / 1024.0),
    ];
    println!("{}", figure::table(&figures));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let path = figure::write(root, "dashboard.json", &figures).unwrap();
    println!("written to {}", path.display());
}

/// Bytes of the list, and the seconds that the quickest of five reads takes.
async fn list(server: &Server) -> (usize, f64) {
    let mut best = (0, f64::MAX);
    for _ in 0..5 {
        let began = Instant::now();
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let request = "GET /api/v1/scalers HTTP/1.1\r\nhost: here\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n";
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![];
        socket.read_to_end(&mut answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"));
        let took = began.elapsed().as_secs_f64();
        if took < best.1 {
            best = (answer.len(), took);
        }
    }
    best
}

/// What viewers cost.
struct Streamed {
    cores: f64,
    rows: f64,
    bytes: f64,
}

/// Scalers tick evenly over their period while viewers read.
async fn stream(server: &Server, fleet: &mut Fleet) -> Streamed {
    let read = Arc::new(AtomicU64::new(0));
    for _ in 0..VIEWERS {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let request = "GET /api/v1/stream HTTP/1.1\r\nhost: here\r\naccept-encoding: gzip\r\n\r\n";
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut begin = vec![0; 1_024];
        assert!(0 < socket.read(&mut begin).await.unwrap() && begin.starts_with(b"HTTP/1.1 200"));
        let read = Arc::clone(&read);
        tokio::spawn(async move {
            let mut buffer = vec![0; 64 * 1_024];
            while let Ok(length @ 1..) = socket.read(&mut buffer).await {
                read.fetch_add(length as u64, Ordering::Relaxed);
            }
        });
    }
    run(fleet, Duration::from_secs(3)).await;
    let (began, cpu, read_before) = (Instant::now(), server.cpu_s(), read.load(Ordering::Relaxed));
    let rows = run(fleet, MEASURED).await;
    let seconds = began.elapsed().as_secs_f64();
    let bytes = (read.load(Ordering::Relaxed) - read_before) as f64;
    assert!(0.0 < bytes, "nothing was told");
    Streamed {
        cores: (server.cpu_s() - cpu) / seconds,
        rows: rows as f64 / seconds,
        bytes: bytes / VIEWERS as f64 / seconds,
    }
}

/// Ticks for a while, as many scalers a second as are in a period; how many ticked.
async fn run(fleet: &mut Fleet, time: Duration) -> usize {
    const PARTS: usize = 10;
    let (began, mut ticked) = (Instant::now(), 0);
    let mut parts = tokio::time::interval(Duration::from_secs(1) / PARTS as u32);
    while began.elapsed() < time {
        parts.tick().await;
        ticked += fleet.tick_some(SCALERS / PERIOD_S / PARTS);
    }
    ticked
}

/// Resident memory, in bytes.
fn resident() -> f64 {
    let text = fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4_096.0
}
