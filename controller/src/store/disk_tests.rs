//! What the file keeps, what it gives back after it was closed in any way, and what goes.

use std::{fs, path::Path, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use prescale_model::Sample;

use super::*;
use crate::{
    api::{Manifest, read_manifests},
    store::{SourcesId, StoreSettings},
};

const MINUTE: i64 = 60;

fn series(name: &str) -> Arc<[SeriesId]> {
    let text = format!(
        "apiVersion: prescale.dev/v1alpha1\nkind: PredictiveScaler\nmetadata: {{name: {name}, namespace: live}}\n\
         spec: {{scaleTargetRef: {{name: web}}, maxReplicas: 20, demand: {{push: {{}}}}, capacity: {{perReplica: 1}}, \
         signals: [{{name: orders, push: {{}}}}]}}"
    );
    let [Manifest::PredictiveScaler(written)] = &read_manifests(&text, "test").unwrap()[..] else {
        panic!("another kind")
    };
    SeriesId::all_of(&written.check().unwrap()).into()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

/// The value of a minute: no two are alike.
fn value(minute: i64) -> f64 {
    (minute as f64 * 0.77).sin() + 2.0
}

fn step(series: &Arc<[SeriesId]>, minute: i64) -> Step {
    let orders = (minute % 3 == 0).then_some(value(-minute));
    let values = Box::new([Some(value(minute)), orders]);
    Step { series: Arc::clone(series), ends_at: at(minute * MINUTE), values }
}

fn open(path: &Path) -> Disk {
    Disk::open(path.to_owned(), Trust::Given).unwrap().0
}

/// Appends these minutes, ten a commit.
fn append(disk: &mut Disk, series: &Arc<[SeriesId]>, minutes: std::ops::Range<i64>) {
    let minutes = minutes.collect::<Vec<_>>();
    for some in minutes.chunks(10) {
        let steps: Vec<_> = some.iter().map(|minute| step(series, *minute)).collect();
        let now = at(some[some.len() - 1] * MINUTE);
        let written = disk.append(&steps, &[], now).unwrap();
        assert_eq!(written.late, 0);
    }
}

/// That just these minutes are kept, bit for bit.
fn check(disk: &Disk, series: &Arc<[SeriesId]>, minutes: std::ops::Range<i64>) {
    let all = (at(-900 * 86_400), at(900 * 86_400));
    let sample = |minute: i64, value| Sample::new(at(minute * MINUTE), value).unwrap();
    let expected: Vec<_> = minutes.clone().map(|minute| sample(minute, value(minute))).collect();
    assert_eq!(disk.samples(series[0], all).unwrap(), expected);
    let thirds = minutes.filter(|minute| minute % 3 == 0);
    let expected: Vec<_> = thirds.map(|minute| sample(minute, value(-minute))).collect();
    assert_eq!(disk.samples(series[1], all).unwrap(), expected);
}

#[test]
fn what_was_committed_comes_back_from_heads_journal_and_chunks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let (web, api) = (series("web"), series("api"));
    let mut disk = open(&path);
    append(&mut disk, &web, 0..500);
    append(&mut disk, &api, 0..30);
    assert!(2 < disk.chunks());
    for minutes in [500..507, 507..900] {
        check(&disk, &web, 0..minutes.start);
        drop(disk);
        disk = open(&path);
        check(&disk, &web, 0..minutes.start);
        check(&disk, &api, 0..30);
        append(&mut disk, &web, minutes);
    }
    check(&disk, &web, 0..900);
    let part = disk.samples(web[0], (at(10 * MINUTE + 1), at(300 * MINUTE))).unwrap();
    assert_eq!((part.len(), part[0].at(), part[289].at()), (290, at(11 * MINUTE), at(300 * MINUTE)));
}

#[test]
fn the_journal_is_no_longer_than_the_heads() {
    let folder = tempfile::tempdir().unwrap();
    let mut disk = open(&folder.path().join("history"));
    let web = series("web");
    append(&mut disk, &web, 0..3_000);
    let rows = disk.read(|tx| Ok(tx.open_table(JOURNAL)?.iter()?.count())).unwrap();
    assert!(rows <= 13, "{rows} rows of ten minutes");
}

#[test]
fn samples_of_the_past_stand_beside_those_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let web = series("web");
    let mut disk = open(&path);
    append(&mut disk, &web, 100..400);
    let sample = |minute: i64, value| Sample::new(at(minute * MINUTE), value).unwrap();
    // What is there stands.
    let demand = (0..400).map(|minute| sample(minute, if minute < 100 { value(minute) } else { 9.0 }));
    let orders = (0..100).step_by(3).map(|minute| sample(minute, value(-minute)));
    disk.backfill(&[(web[0], demand.collect()), (web[1], orders.collect())]).unwrap();
    append(&mut disk, &web, 400..420);
    drop(disk);
    check(&open(&path), &web, 0..420);
}

#[test]
fn a_sample_that_is_not_newer_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut disk = open(&folder.path().join("history"));
    let web = series("web");
    append(&mut disk, &web, 0..10);
    let again = disk.append(&[step(&web, 9), step(&web, 4)], &[], at(0)).unwrap();
    assert_eq!((again.samples, again.late), (0, 3));
    check(&disk, &web, 0..10);
}

#[test]
fn the_newest_snapshot_of_a_scaler_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let web = series("web");
    let mut disk = open(&path);
    // Whose it is, the test does not mind.
    let scaler: ScalerId = postcard::from_bytes(&postcard::to_allocvec(&web[0]).unwrap()).unwrap();
    let snapshot = |closed_to| Snapshot {
        scaler,
        sources: SourcesId::of(&web),
        closed_to,
        forecaster: vec![7; 20_000],
        peaks: BTreeMap::from([("final".to_owned(), 912.5)]),
        starts: prescale_model::lead_time::Starts::default(),
    };
    assert_eq!(disk.snapshot(scaler).unwrap(), None);
    disk.append(&[], &[snapshot(at(60)), snapshot(at(120))], at(130)).unwrap();
    drop(disk);
    let disk = open(&path);
    assert_eq!(disk.snapshot(scaler).unwrap(), Some(snapshot(at(120))));
}

fn settings(path: &Path, max_size: u64) -> StoreSettings {
    StoreSettings {
        max_size,
        retention: SignedDuration::from_hours(24),
        ..StoreSettings::new(path.to_owned())
    }
}

#[test]
fn what_is_too_old_goes_and_what_a_wrong_clock_left_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let web = series("web");
    let mut disk = open(&path);
    append(&mut disk, &web, 0..3_000);
    let ahead = Sample::new(at(400 * 86_400), 1.0).unwrap();
    disk.backfill(&[(web[0], vec![ahead])]).unwrap();
    let now = at(3_000 * MINUTE);
    let gone = disk.tidy(&settings(&path, 1 << 30), now).unwrap();
    // A day and the rest of two hours are left.
    let kept = disk.samples(web[0], (at(-86_400), at(500 * 86_400))).unwrap();
    assert!((1_440..1_560).contains(&kept.len()), "{}", kept.len());
    assert!(13 <= gone.aged / 2 && gone.crowded_out == 0, "{gone:?}");
    assert_eq!(disk.tidy(&settings(&path, 1 << 30), now).unwrap(), crate::store::retention::Gone::default());
}

#[test]
fn a_file_stays_within_its_bound_and_the_oldest_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let settings =
        StoreSettings { retention: SignedDuration::from_hours(9_999), ..settings(&path, 16 << 20) };
    let fleet: Vec<_> = (0..100).map(|index| series(&format!("web-{index}"))).collect();
    let (mut disk, mut largest, mut crowded_out) = (open(&path), 0, 0);
    // Twenty days of 200 series, which are 40 MiB.
    for minute in (0..20 * 1_440).step_by(40) {
        let steps: Vec<_> = fleet
            .iter()
            .flat_map(|series| (minute..minute + 40).map(|minute| step(series, minute)))
            .collect();
        let now = at((minute + 39) * MINUTE);
        disk.append(&steps, &[], now).unwrap();
        crowded_out += disk.tidy(&settings, now).unwrap().crowded_out;
        largest = largest.max(disk.size().unwrap());
    }
    assert!(largest <= settings.max_size, "{largest} bytes");
    assert!(0 < crowded_out);
    let kept = disk.samples(fleet[7][0], (at(0), at(90 * 86_400))).unwrap();
    let last = 20 * 1_440 - 1;
    assert_eq!(kept.last().map(Sample::at), Some(at(last * MINUTE)));
    assert!(4_000 < kept.len(), "{} minutes are left", kept.len());
    check(&disk, &fleet[7], last + 1 - kept.len() as i64..last + 1);
}

/// The words with which a file is refused.
fn refused(path: &Path) -> String {
    Disk::open(path.to_owned(), Trust::Given).unwrap_err().to_string()
}

#[test]
fn what_is_no_store_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    fs::write(&path, "GIF89a, and a picture behind it").unwrap();
    assert!(refused(&path).contains("is not a history store"), "{}", refused(&path));
    fs::remove_file(&path).unwrap();
    let theirs = Database::create(&path).unwrap();
    let tx = theirs.begin_write().unwrap();
    tx.open_table(TableDefinition::<u64, u64>::new("accounts")).unwrap();
    tx.commit().unwrap();
    assert!(refused(&path).contains("another process has it open"), "{}", refused(&path));
    drop(theirs);
    assert!(refused(&path).contains("another program's: it has the tables accounts"), "{}", refused(&path));
    assert!(refused(&folder.path().join("none/history")).contains("No such file"));
}

#[test]
fn bytes_that_a_disk_has_changed_are_never_given_back_as_samples() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let web = series("web");
    let mut disk = open(&path);
    append(&mut disk, &web, 0..1_000);
    drop(disk);
    let good = fs::read(&path).unwrap();
    let (mut refused, mut whole) = (0, 0);
    for at_byte in (0..good.len()).step_by(509) {
        let mut bytes = good.clone();
        bytes[at_byte] ^= 0x10;
        fs::write(&path, &bytes).unwrap();
        // A panic is caught by the keeper too: the library may find what cannot be.
        let read = std::panic::catch_unwind(|| {
            let (disk, _) = Disk::open(path.clone(), Trust::Given)?;
            disk.samples(web[0], (at(0), at(1_000 * MINUTE)))
        });
        let Ok(Ok(samples)) = read else {
            refused += 1;
            continue;
        };
        whole += usize::from(samples.len() == 1_000);
        for sample in samples {
            let minute = sample.at().duration_since(at(0)).as_secs() / MINUTE;
            assert_eq!((sample.at(), sample.value()), (at(minute * MINUTE), value(minute)), "byte {at_byte}");
        }
    }
    assert!(0 < whole, "most of a file is not read for one series; {refused} were refused");
}
