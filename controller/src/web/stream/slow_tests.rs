//! A viewer that stops reading is let go, and costs nobody else anything: through the real server, over a real socket.

#[path = "../../../tests/web/nothing.rs"]
mod nothing;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::Router;
use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use prescale_model::Autoscaler;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

use super::hub::MOST_BEHIND;
use crate::{
    api::{CheckedScaler, Manifest, read_manifests},
    board::ScalerKey,
    metrics_api::{Bounds, serve_within},
    web::{
        EventDesk, Gallery, Living, Look, OpenDoor, RoomLook, SetupView, Viewer, Web, Which, api,
        stream::Hub,
        wire::{EventDraft, EventRow, Events, Problem, Setup},
    },
};
use nothing::Nothing;

/// So many rows change each second: about a megabyte, so that no kernel can hold many of them.
const SCALERS: usize = 1_500;
/// Kernels hold some of what is sent: a few MiB on both sides, whatever is asked of them.
const MOST_HELD: usize = 24 << 20;
const WITHIN: Duration = Duration::from_secs(120);

struct Core(Autoscaler);

impl Living for Core {
    fn look(&self, see: &mut dyn FnMut(&Autoscaler)) {
        see(&self.0);
    }
}

/// A gallery whose rows all change whenever it is asked to.
struct Moving {
    gallery: Arc<Gallery>,
    spec: Arc<CheckedScaler>,
    core: Arc<Core>,
    round: u32,
}

impl Moving {
    fn new(gallery: Arc<Gallery>) -> Self {
        let text = "apiVersion: prescale.dev/v1alpha1\nkind: PredictiveScaler\nmetadata: {name: gateway}\n\
                    spec: {scaleTargetRef: {name: gateway}, demand: {prometheus: {query: up}}, \
                    minReplicas: 1, maxReplicas: 9, capacity: {perReplica: 1}}";
        let Manifest::PredictiveScaler(scaler) = read_manifests(text, "test").unwrap().remove(0) else {
            panic!("another kind")
        };
        let spec = scaler.check().unwrap();
        let core = Arc::new(Core(Autoscaler::new(spec.settings.clone())));
        Self { gallery, spec: Arc::new(spec), core, round: 0 }
    }

    fn change(&mut self) {
        self.round += 1;
        let now = Timestamp::now();
        let mut plan = self.core.0.plan(now);
        plan.observed = Some(f64::from(self.round));
        let living: Arc<dyn Living> = Arc::<Core>::clone(&self.core);
        for number in 0..SCALERS {
            self.gallery.look(&Look {
                now,
                key: &ScalerKey::new("live", &format!("a-gateway-with-a-rather-long-name-{number}")),
                spec: &self.spec,
                events: &[].into(),
                autoscaler: &self.core.0,
                plan: &plan,
                workload: None,
                findings: &[],
                began: &[],
                signals: &[],
                lag: None,
                nodes: None,
                room: RoomLook::default(),
                peaks: &BTreeMap::new(),
                hpa: None,
                living: &living,
            });
        }
    }
}

/// Serves a gallery by a server on which a client may leave what it is sent lie for three seconds.
async fn served(gallery: Arc<Gallery>) -> (SocketAddr, Arc<Hub>) {
    let hub = Arc::new(Hub::new(Arc::clone(&gallery)));
    let web = Arc::new(Web {
        gallery,
        door: Arc::new(OpenDoor),
        replay: None,
        setup: Arc::new(Nothing),
        events: Arc::new(Nothing),
        store: None,
        hub: Arc::clone(&hub),
        suppositions: Semaphore::new(1),
    });
    let bounds = Bounds {
        connections: 8,
        write_within: Some(Duration::from_secs(3)),
        drain_within: Duration::from_secs(1),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().merge(api::router(&web));
    tokio::spawn(serve_within(bounds, listener, (None, router), CancellationToken::new()));
    (address, hub)
}

/// A viewer of the stream; `held` is what its own kernel may hold of it, and as much as it likes where that is left out.
async fn viewer(address: SocketAddr, held: Option<u32>) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    if let Some(held) = held {
        socket.set_recv_buffer_size(held).unwrap();
    }
    let mut stream = socket.connect(address).await.unwrap();
    let asks = format!("GET /api/v1/stream HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(asks.as_bytes()).await.unwrap();
    stream
}

/// Reads all that comes, and counts it; how much came until the connection was over.
async fn read_all(mut stream: TcpStream, read: Arc<AtomicUsize>) -> usize {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = stream.read(&mut bytes).await {
        read.fetch_add(count, Ordering::SeqCst);
    }
    read.load(Ordering::SeqCst)
}

/// Changes all rows until something holds.
async fn until(moving: &mut Moving, hub: &Hub, what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < WITHIN, "{what}: not within {WITHIN:?}");
        assert!(hub.waiting() <= MOST_BEHIND, "{} batches wait for who does not read", hub.waiting());
        moving.change();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_reading_is_let_go_and_holds_up_nobody() {
    let gallery = Arc::new(Gallery::default());
    let (address, hub) = served(Arc::clone(&gallery)).await;
    let mut moving = Moving::new(gallery);
    let viewers = || hub.viewers.load(Ordering::SeqCst);
    let reads = Arc::new(AtomicUsize::default());
    let reader = tokio::spawn(read_all(viewer(address, None).await, Arc::clone(&reads)));
    let idle = viewer(address, Some(4_096)).await;
    until(&mut moving, &hub, "both watch", || viewers() == 2).await;
    until(&mut moving, &hub, "who does not read is let go", || viewers() < 2).await;
    let before = reads.load(Ordering::SeqCst);
    let is_told = || before + (1 << 20) < reads.load(Ordering::SeqCst);
    until(&mut moving, &hub, "the other is still told", is_told).await;
    assert_eq!(viewers(), 1);
    // What the idle one was sent lay in the kernel, and the connection is over behind it.
    let held = tokio::time::timeout(WITHIN, read_all(idle, Arc::default())).await.unwrap();
    assert!(held < MOST_HELD, "{held} bytes were sent to who did not read");
    reader.abort();
}
