//! The history store as a whole: killed while it writes, on a disk that is full, and beside files that are not its own.
//! Processes that are killed or limited are children: this test, run again.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use prescale_controller::{
    api::{Manifest, read_manifests},
    store::{ScalerId, SeriesId, Snapshot, SourcesId, Standing, Step, Store, StoreSettings},
    telemetry::Metrics,
};
use prescale_model::Sample;
use tokio_util::sync::CancellationToken;

/// Tests poll for what must come, until then.
const PATIENCE: Duration = Duration::from_secs(60);
/// The child writes into this file.
const CHILD: &str = "PRESCALE_TEST_STORE";
/// Scalers that the child writes, each with demand and one signal.
const SCALERS: usize = 20;

struct Scaler {
    id: ScalerId,
    series: Arc<[SeriesId]>,
}

fn scaler(index: usize) -> Scaler {
    let text = format!(
        "apiVersion: prescale.dev/v1alpha1\nkind: PredictiveScaler\nmetadata: {{name: web-{index}, namespace: live}}\n\
         spec: {{scaleTargetRef: {{name: web}}, maxReplicas: 20, demand: {{push: {{}}}}, capacity: {{perReplica: 1}}, \
         signals: [{{name: orders, push: {{}}}}]}}"
    );
    let [Manifest::PredictiveScaler(written)] = &read_manifests(&text, "test").unwrap()[..] else {
        panic!("another kind")
    };
    let spec = written.check().unwrap();
    Scaler { id: ScalerId::of(&spec), series: SeriesId::all_of(&spec).into() }
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + 60 * minute).unwrap()
}

/// What a series has at a minute: no two have the same.
fn value(scaler: usize, series: usize, minute: i64) -> f64 {
    ((minute * 1_009 + scaler as i64 * 31 + series as i64) as f64).sqrt()
}

fn settings(path: &Path) -> StoreSettings {
    let quick = Duration::from_millis(20);
    // The samples are of one time, and are kept whatever day it is.
    let retention = jiff::SignedDuration::from_hours(24 * 36_500);
    StoreSettings {
        retention,
        commit_every: quick,
        retry_after: quick * 5,
        tidy_every: quick * 10,
        ..StoreSettings::new(path.to_owned())
    }
}

/// A store at work; it ends with this.
struct Work {
    store: Store,
    end: CancellationToken,
    keeper: tokio::task::JoinHandle<()>,
    metrics: Metrics,
}

impl Work {
    fn begin(settings: StoreSettings) -> Self {
        let (metrics, end) = (Metrics::default(), CancellationToken::new());
        let (store, keeper) = Store::new(settings, metrics.clone());
        let keeper = tokio::spawn(keeper.run(end.clone()));
        Self { store, end, keeper, metrics }
    }

    async fn end(self) {
        self.end.cancel();
        self.keeper.await.unwrap();
    }

    /// Leaves a minute of all scalers, and waits until it is on the disk.
    async fn keep(&self, scalers: &[Scaler], minute: i64) -> bool {
        for (index, scaler) in scalers.iter().enumerate() {
            let values = Box::new([0, 1].map(|series| Some(value(index, series, minute))));
            self.store.record(Step { series: Arc::clone(&scaler.series), ends_at: at(minute), values });
        }
        self.store.flush().await
    }

    /// Minutes that are kept: from 0 on, of every series the same, without a gap, bit for bit.
    async fn minutes(&self, scalers: &[Scaler]) -> i64 {
        let mut minutes = None;
        for (index, scaler) in scalers.iter().enumerate() {
            for (number, series) in scaler.series.iter().enumerate() {
                let kept = self.store.samples(*series, (at(-1), at(1_000_000))).await.unwrap();
                let expected: Vec<_> = (0..kept.len() as i64)
                    .map(|minute| Sample::new(at(minute), value(index, number, minute)).unwrap())
                    .collect();
                assert!(kept == expected, "series {number} of scaler {index}: {} samples", kept.len());
                let kept = kept.len() as i64;
                assert_eq!(kept, *minutes.get_or_insert(kept), "series {number} of scaler {index}");
            }
        }
        minutes.unwrap()
    }

    fn stands(&self) -> Standing {
        self.store.standing().borrow().clone()
    }
}

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "no {what} within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// This program again, to run one test as a child.
fn child(test: &str, path: &Path, wrapper: &[&str]) -> Command {
    let this = env::current_exe().unwrap().display().to_string();
    let line: Vec<&str> = wrapper.iter().copied().chain([this.as_str()]).collect();
    let mut command = Command::new(line[0]);
    command.args(&line[1..]).args(["--exact", test, "--ignored", "--nocapture"]).env(CHILD, path);
    command
}

/// The file that this process is a child for.
fn of_parent() -> PathBuf {
    env::var_os(CHILD).expect("another test runs this one").into()
}

fn scalers() -> Vec<Scaler> {
    (0..SCALERS).map(scaler).collect()
}

/// Writes without end, and says each minute that is on the disk.
#[tokio::test]
#[ignore = "another test runs it, and kills it"]
async fn child_that_is_killed() {
    let (work, scalers) = (Work::begin(settings(&of_parent())), scalers());
    let first = work.minutes(&scalers).await;
    for minute in first.. {
        assert!(work.keep(&scalers, minute).await);
        println!("\nkept {minute}");
        let snapshot = snapshot(&scalers[0], minute);
        _ = work.store.keep_snapshot(snapshot);
    }
}

fn snapshot(scaler: &Scaler, minute: i64) -> Snapshot {
    Snapshot {
        scaler: scaler.id,
        sources: SourcesId::of(&scaler.series),
        closed_to: at(minute),
        forecaster: vec![minute.to_le_bytes()[0]; 20_000],
        peaks: [].into(),
        starts: Default::default(),
    }
}

#[tokio::test]
async fn a_store_that_is_killed_while_it_writes_has_all_that_was_on_the_disk_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (path, scalers) = (folder.path().join("history"), scalers());
    let mut kept = 0;
    for round in 0..25_u64 {
        let mut process = child("child_that_is_killed", &path, &[]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        // Killed at another moment each time, of which most are within a commit: it does little else.
        let (writes, pause) = (round * 7 % 11 + 1, Duration::from_micros(round * 977 % 5_000));
        let mut said = None;
        for _ in 0..writes {
            let line = lines.by_ref().map(Result::unwrap).find(|line| line.starts_with("kept "));
            said = line.map(|line| line["kept ".len()..].parse::<i64>().unwrap());
        }
        std::thread::sleep(pause);
        process.kill().unwrap();
        process.wait().unwrap();
        // It may have said more than was read.
        let last =
            lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("kept ")?.parse().ok()).last();
        let said = last.or(said).unwrap() + 1;

        let work = Work::begin(settings(&path));
        let minutes = work.minutes(&scalers).await;
        assert!((said..=said + 1).contains(&minutes), "{minutes} kept, {said} said in round {round}");
        assert!(kept < minutes, "round {round}");
        let known = work.store.snapshot(scalers[0].id).await;
        if let Some(known) = known {
            let minute = known.closed_to.duration_since(at(0)).as_secs() / 60;
            assert_eq!(known, snapshot(&scalers[0], minute));
            // The one after it may wait still, with what was not said to be kept.
            assert!(said - 2 <= minute + 1 && minute <= said, "{minute}, {said} said in round {round}");
        }
        assert_eq!(work.stands(), Standing::Keeping);
        work.end().await;
        kept = minutes;
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["history"], "nothing was set aside");
    println!("killed 25 times in {kept} commits");
}

/// On a file system of 3 MiB that somebody else fills, and then makes room on again.
#[tokio::test]
#[ignore = "another test runs it, on a file system that is full"]
async fn child_on_a_full_disk() {
    let (folder, scalers) = (of_parent(), scalers());
    let work = Work::begin(settings(&folder.join("history")));
    assert!(work.keep(&scalers, 0).await);
    let filler = folder.join("filler");
    _ = fs::write(&filler, vec![7; 16 << 20]);
    let mut minute = 1;
    while work.keep(&scalers, minute).await {
        minute += 1;
    }
    let Standing::Stopped(why) = work.stands() else { panic!("it keeps on a disk that is full") };
    println!("\nstopped {why}");
    assert!(work.metrics.render().contains("prescale_history_keeps 0"), "{}", work.metrics.render());
    let has_failed = work.metrics.render().lines().any(|line| {
        line.strip_prefix("prescale_history_failed_commits_total ").is_some_and(|count| count != "0")
    });
    assert!(has_failed, "{}", work.metrics.render());
    // It says so again and again, and waits.
    assert!(!work.store.flush().await);
    fs::remove_file(&filler).unwrap();
    until("going on", async || work.store.flush().await.then_some(())).await;
    assert_eq!(work.stands(), Standing::Keeping);
    assert!(work.keep(&scalers, minute + 1).await);
    // What waited was written too.
    assert_eq!(work.minutes(&scalers).await, minute + 2);
    work.end().await;
    println!("went on");
}

/// In a mount namespace of its own, a real file system that is really full; nothing is left of it afterwards.
#[test]
fn a_full_disk_stops_the_store_and_not_the_process_and_it_goes_on_when_there_is_room() {
    let own = ["unshare", "--mount", "--map-root-user"];
    if !Command::new(own[0]).args(&own[1..]).arg("true").status().is_ok_and(|status| status.success()) {
        // The test with a limit says half of it.
        eprintln!("not tested: this system allows no mount namespace");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=3m tmpfs {} && exec \"$@\"", folder.path().display());
    let wrapper = [own.as_slice(), &["sh", "-c", &mount, "sh"]].concat();
    let output = child("child_on_a_full_disk", folder.path(), &wrapper).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.contains("No space left on device") && said.contains("went on"), "{said}");
}

/// Files may not grow beyond what the shell allows: another way in which a disk refuses, which needs no rights.
#[tokio::test]
#[ignore = "another test runs it, with a limit"]
async fn child_with_a_limit() {
    let (folder, scalers) = (of_parent(), scalers());
    let work = Work::begin(settings(&folder.join("history")));
    let mut minute = 0;
    while work.keep(&scalers, minute).await {
        minute += 1;
    }
    let Standing::Stopped(why) = work.stands() else { panic!("it keeps beyond the limit") };
    println!("\nstopped {why}");
    // More than the queue and what is behind it hold: ticks are not held up, and what they leave is counted.
    for minute in minute + 1..minute + 2_000 {
        for scaler in &scalers {
            let values = Box::new([Some(1.0), None]);
            work.store.record(Step { series: Arc::clone(&scaler.series), ends_at: at(minute), values });
        }
    }
    until("samples that are dropped", async || (0 < work.metrics.history().dropped_so_far()).then_some(()))
        .await;
    println!("kept {minute}");
}

#[tokio::test]
async fn a_store_that_may_not_grow_stops_drops_and_is_whole_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let limited = ["sh", "-c", "trap '' XFSZ; ulimit -f 4096; exec \"$@\"", "sh"];
    let output = child("child_with_a_limit", folder.path(), &limited).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("File too large"), "{said}");
    let kept = said.lines().find_map(|line| line.strip_prefix("kept ")).unwrap().parse::<i64>().unwrap();
    let work = Work::begin(settings(&folder.path().join("history")));
    assert_eq!(work.minutes(&scalers()).await, kept);
    work.end().await;
}

#[tokio::test]
async fn a_file_that_is_no_store_is_set_aside_and_another_is_begun() {
    let folder = tempfile::tempdir().unwrap();
    let (path, scalers) = (folder.path().join("history"), scalers());
    let aside = folder.path().join("history.set-aside");
    fs::write(&path, "GIF89a, and a picture behind it").unwrap();
    let work = Work::begin(settings(&path));
    assert!(work.keep(&scalers, 0).await);
    assert_eq!(fs::read(&aside).unwrap(), b"GIF89a, and a picture behind it");
    work.end().await;
    // Nothing is deleted: a second one stays where it is, and the store says so and does without.
    fs::write(&path, "another picture").unwrap();
    let work = Work::begin(settings(&path));
    let why = until("words", async || match work.stands() {
        Standing::Stopped(why) => Some(why),
        Standing::Opening | Standing::Keeping => None,
    });
    let why = why.await;
    assert!(why.contains("is not a history store") && why.contains("is there already: remove one"), "{why}");
    assert!(!work.keep(&scalers, 1).await);
    assert_eq!(work.store.samples(scalers[0].series[0], (at(0), at(9))).await, None);
    assert_eq!(fs::read(&path).unwrap(), b"another picture");
    fs::remove_file(&aside).unwrap();
    until("going on", async || work.store.flush().await.then_some(())).await;
    assert_eq!(fs::read(&aside).unwrap(), b"another picture");
    work.end().await;
}

#[tokio::test]
async fn a_second_store_on_the_same_file_waits_until_the_first_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (path, scalers) = (folder.path().join("history"), scalers());
    let first = Work::begin(settings(&path));
    assert!(first.keep(&scalers, 0).await);
    let second = Work::begin(settings(&path));
    assert!(!second.store.flush().await);
    let Standing::Stopped(why) = second.stands() else { panic!("both have it") };
    assert!(why.contains("another process has it open"), "{why}");
    assert!(first.keep(&scalers, 1).await);
    first.end().await;
    until("the second to have it", async || second.store.flush().await.then_some(())).await;
    assert!(second.keep(&scalers, 2).await);
    assert_eq!(second.minutes(&scalers).await, 3);
    second.end().await;
    assert!(!folder.path().join("history.set-aside").exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_said_and_lived_without() {
    let scalers = scalers();
    // Even root cannot make a file there.
    for (path, words) in [("/proc/history", "/proc/history: "), ("/dev/null/history", "Not a directory")] {
        let work = Work::begin(settings(Path::new(path)));
        assert!(!work.keep(&scalers, 0).await);
        let Standing::Stopped(why) = work.stands() else { panic!("it keeps in {path}") };
        assert!(why.contains(words), "{why}");
        work.end().await;
    }
}

#[tokio::test]
async fn what_a_store_was_told_before_its_end_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (path, scalers) = (folder.path().join("history"), scalers());
    let slow = StoreSettings { commit_every: Duration::from_secs(3_600), ..settings(&path) };
    let work = Work::begin(slow);
    for minute in 0..50 {
        let values = |index| Box::new([0, 1].map(|series| Some(value(index, series, minute))));
        for (index, scaler) in scalers.iter().enumerate() {
            let values = values(index);
            work.store.record(Step { series: Arc::clone(&scaler.series), ends_at: at(minute), values });
        }
    }
    // What waits is told too.
    let last = scalers[SCALERS - 1].series[1];
    until("what waits", async || {
        let kept = work.store.samples(last, (at(0), at(100))).await?;
        (kept.len() == 50).then_some(())
    })
    .await;
    assert_eq!(work.minutes(&scalers).await, 50);
    work.end().await;
    let work = Work::begin(settings(&path));
    assert_eq!(work.minutes(&scalers).await, 50);
    work.end().await;
}
