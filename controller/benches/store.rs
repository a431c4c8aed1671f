//! `make bench-store`: what the history store takes of 10,000 scalers with two signals and a step a minute. Four hours are
//! told as fast as the store takes them, in commits of five seconds each, with the snapshots that are due; the CPU time of
//! all threads is what counts. Two weeks of one scaler are read, and the file is opened as after a kill.

#![expect(clippy::unwrap_used, reason = "a bench may stop at what cannot be")]

#[path = "../../simulations/benches/figures/figure.rs"]
#[expect(dead_code, reason = "shared with benches that have bars of every kind")]
mod figure;

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use figure::{Bar, Figure};
use jiff::{SignedDuration, Timestamp};
use prescale_controller::{
    api::{Manifest, read_manifests},
    store::{ScalerId, SeriesId, Snapshot, SourcesId, Step, Store, StoreSettings},
    telemetry::Metrics,
};
use prescale_model::Sample;
use tokio_util::sync::CancellationToken;

/// Scalers, each with demand and two signals.
const SCALERS: usize = 10_000;
/// Minutes that are told: two chunks of each series.
const MINUTES: i64 = 240;
/// Commits a minute.
const COMMITS: usize = 12;
/// Of a forecaster that has seen two weeks.
const SNAPSHOT_BYTES: usize = 18_000;
/// Minutes between two snapshots of a scaler.
const SNAPSHOT_EVERY: usize = 30;
/// Two weeks.
const HISTORY: i64 = 14 * 1_440;

struct Scaler {
    id: ScalerId,
    series: Arc<[SeriesId]>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("history");
    let fleet: Vec<Scaler> = (0..SCALERS).map(scaler).collect();
    let (store, end, keeper) = open(&path);
    store.flush().await;
    let (before, began, cpu) = (resident(), Instant::now(), cpu_s());
    let mut slowest = Duration::ZERO;
    for minute in 0..MINUTES {
        for (part, scalers) in fleet.chunks(SCALERS.div_ceil(COMMITS)).enumerate() {
            tell(&store, scalers, (minute, part));
            let began = Instant::now();
            assert!(store.flush().await);
            slowest = slowest.max(began.elapsed());
        }
    }
    let (took, cpu, memory) = (began.elapsed(), cpu_s() - cpu, resident() - before);
    let bytes = size(&path);

    let past: Vec<Sample> = (0..HISTORY).map(|minute| sample(0, 0, minute - HISTORY)).collect();
    assert!(store.backfill(vec![(fleet[0].series[0], past)]).await);
    let began = Instant::now();
    let read = store.samples(fleet[0].series[0], (at(-HISTORY), at(MINUTES))).await.unwrap();
    let read_for = began.elapsed();
    assert_eq!(i64::try_from(read.len()).unwrap(), HISTORY + MINUTES);

    // The file as it is in the middle of its work: what a kill leaves.
    let killed = folder.path().join("killed");
    fs::copy(&path, &killed).unwrap();
    let began = Instant::now();
    let (after, after_end, after_keeper) = open(&killed);
    let snapshot = after.snapshot(fleet[0].id).await;
    let opened_for = began.elapsed();
    assert!(snapshot.is_some());
    for (end, keeper) in [(end, keeper), (after_end, after_keeper)] {
        end.cancel();
        keeper.await.unwrap();
    }

    let seconds = (MINUTES * 60) as f64;
    let samples = (MINUTES as usize * SCALERS * 3) as f64;
    let snapshots = (SCALERS * SNAPSHOT_BYTES) as f64;
    let mib = |bytes: f64| bytes / f64::from(1 << 20);
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let commits = MINUTES as f64 * COMMITS as f64;
    let figures = [
        Figure::new("10,000 scalers, 3 series a minute".into(), "cores", Bar::AtMost(0.02), cpu / seconds),
        Figure::new("one commit of 5 s, as fast as it goes".into(), "ms", Bar::None, ms(took) / commits),
        Figure::new("the slowest commit".into(), "ms", Bar::None, ms(slowest)),
        Figure::new("memory beside the fleet's".into(), "MiB", Bar::AtMost(96.0), mib(memory)),
        Figure::new(
            "a sample on the disk".into(),
            "bytes",
            Bar::AtMost(16.0),
            (bytes - snapshots).max(0.0) / samples,
        ),
        Figure::new("file after four hours, with snapshots".into(), "MiB", Bar::None, mib(bytes)),
        Figure::new("two weeks of one series, read".into(), "ms", Bar::AtMost(100.0), ms(read_for)),
        Figure::new("opened after a kill, first answer".into(), "ms", Bar::AtMost(3_000.0), ms(opened_for)),
    ];
    println!("{}", figure::table(&figures));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let path = figure::write(root, "store.json", &figures).unwrap();
    println!("written to {}", path.display());
}

/// A store that commits when it is told to.
fn open(path: &Path) -> (Store, CancellationToken, tokio::task::JoinHandle<()>) {
    let settings = StoreSettings {
        retention: SignedDuration::from_hours(24 * 36_500),
        max_size: 64 << 30,
        commit_every: Duration::from_secs(3_600),
        ..StoreSettings::new(path.to_owned())
    };
    let (store, keeper) = Store::new(settings, Metrics::default());
    let end = CancellationToken::new();
    let keeper = tokio::spawn(keeper.run(end.clone()));
    (store, end, keeper)
}

/// What the ticks of five seconds leave.
fn tell(store: &Store, scalers: &[Scaler], (minute, part): (i64, usize)) {
    let due = minute as usize * COMMITS + part;
    for (index, scaler) in scalers.iter().enumerate() {
        let values = (0..3).map(|series| Some(sample(index, series, minute).value())).collect();
        store.record(Step { series: Arc::clone(&scaler.series), ends_at: at(minute), values });
        if index % SNAPSHOT_EVERY == due / COMMITS % SNAPSHOT_EVERY {
            _ = store.keep_snapshot(snapshot(scaler, minute));
        }
    }
}

/// Bytes without a pattern, as what was learned is.
fn snapshot(scaler: &Scaler, minute: i64) -> Snapshot {
    let words =
        (0..SNAPSHOT_BYTES as u64 / 8).flat_map(|word| mixed(word ^ (minute as u64) << 20).to_le_bytes());
    Snapshot {
        scaler: scaler.id,
        sources: SourcesId::of(&scaler.series),
        closed_to: at(minute),
        forecaster: words.collect(),
        peaks: [].into(),
        starts: Default::default(),
    }
}

/// A rate as Prometheus gives it: a rhythm with noise, and a fraction of which every bit counts.
fn sample(index: usize, series: u64, minute: i64) -> Sample {
    let noise = mixed(index as u64 ^ series << 20 ^ (minute as u64) << 24) as f64 / u64::MAX as f64;
    let rhythm = 1.0 + 0.3 * (minute as f64 / 240.0 + index as f64).sin();
    Sample::new(at(minute), (1_000.0 * rhythm * (0.95 + 0.1 * noise)).round() / 59.998_713).unwrap()
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + 60 * minute).unwrap()
}

/// A splitmix64 step: noise that needs no generator.
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn scaler(index: usize) -> Scaler {
    let text = format!(
        "apiVersion: prescale.dev/v1alpha1\nkind: PredictiveScaler\nmetadata: {{name: web-{index}, namespace: live}}\n\
         spec: {{scaleTargetRef: {{name: web}}, maxReplicas: 20, demand: {{push: {{}}}}, capacity: {{perReplica: 1}}, \
         signals: [{{name: orders, push: {{}}}}, {{name: joins, push: {{}}}}]}}"
    );
    let [Manifest::PredictiveScaler(written)] = &read_manifests(&text, "bench").unwrap()[..] else {
        panic!("another kind")
    };
    let spec = written.check().unwrap();
    Scaler { id: ScalerId::of(&spec), series: SeriesId::all_of(&spec).into() }
}

/// Bytes that a file takes on its disk.
fn size(path: &Path) -> f64 {
    fs::metadata(path).unwrap().blocks() as f64 * 512.0
}

/// CPU time of the process, in seconds: all of its threads, ended ones too.
fn cpu_s() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap().split(' ').collect();
    // In hundredths: utime and stime, the 14th and 15th field, of which two are before the name's end.
    [11, 12].iter().map(|field| fields[*field].parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// Resident memory, in bytes.
fn resident() -> f64 {
    let text = fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4_096.0
}
