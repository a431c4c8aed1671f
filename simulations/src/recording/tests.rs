//! What a recording promises, on disk and off.

use super::*;

const MANIFEST: &str = r#"
title = "Match night"
what = "Requests at the gateway"
source = "the gateway's own counters"
licence = "CC0-1.0"
step = "1m"

[signals.requests]
kind = "rate"
unit = "requests/s"
demand = true
"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Two signals, one of them with gaps.
fn recording() -> Recording {
    let signal = |kind, unit: &str| SignalMeta { kind, unit: unit.into() };
    Recording {
        meta: Meta {
            title: "Match night".into(),
            what: "Requests at the gateway".into(),
            source: "the gateway's own counters".into(),
            licence: "CC0-1.0".into(),
            generated: None,
            time_zone: "Europe/Paris".into(),
            demand: "requests".into(),
            signals: BTreeMap::from([
                ("requests".into(), signal(Kind::Count, "requests")),
                ("queue_joins".into(), signal(Kind::Rate, "joins/s")),
            ]),
        },
        start: at("2026-07-07T18:59:30Z"),
        step: SignedDuration::from_secs(15),
        signals: BTreeMap::from([
            ("requests".into(), [Some(30.0), None, Some(0.0)].into_iter().collect()),
            ("queue_joins".into(), [Some(0.125), Some(7.0), None].into_iter().collect()),
        ]),
        events_yaml: Some("kind: DemandEvent\n".into()),
    }
}

/// Opens a folder of these two files and returns what it says.
fn open(manifest: &str, samples: &str) -> Result<Recording, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("recording.toml"), manifest).unwrap();
    fs::write(folder.path().join("samples.csv"), samples).unwrap();
    Recording::open(folder.path()).map_err(|error| crate::failure::Failure::input(error).to_string())
}

/// Claims that opening the folder fails with these words.
fn check_refused(manifest: &str, samples: &str, words: &[&str]) {
    let message = open(manifest, samples).unwrap_err();
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    for format in [Format::Csv, Format::Parquet] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("night");
        recording().write(&path, format, Overwrite::Refuse).unwrap();
        assert_eq!(Recording::open(&path).unwrap(), recording(), "{format:?}");
    }
}

#[test]
fn a_count_is_divided_by_its_step_only_at_use() {
    let recording = recording();
    let rate: Vec<_> = recording.rate_per_second("requests").unwrap().iter().collect();
    assert_eq!(rate, [Some(2.0), None, Some(0.0)]);
    assert_eq!(recording.rate_per_second("queue_joins").as_ref(), recording.signals.get("queue_joins"));
    assert_eq!(recording.rate_per_second("unknown"), None);
}

#[test]
fn rows_that_are_absent_are_gaps() {
    let recording = open(
        MANIFEST,
        "time,requests\n2026-07-07T19:00:00Z,1\n2026-07-07T19:01:00Z,\n2026-07-07T19:04:00Z,5\n",
    );
    let cells: Vec<_> = recording.unwrap().signals["requests"].iter().collect();
    assert_eq!(cells, [Some(1.0), None, None, None, Some(5.0)]);
}

#[test]
fn an_existing_folder_is_replaced_only_when_it_is_a_recording_and_only_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("night");
    recording().write(&path, Format::Csv, Overwrite::Refuse).unwrap();
    fs::write(path.join("README.md"), "a card").unwrap();
    let refused = recording().write(&path, Format::Csv, Overwrite::Refuse).unwrap_err().to_string();
    assert!(refused.contains("--force"), "{refused}");
    recording().write(&path, Format::Parquet, Overwrite::Replace).unwrap();
    assert!(path.join("README.md").exists() && !path.join("samples.csv").exists());
    assert_eq!(Recording::open(&path).unwrap(), recording());
    let others = recording().write(folder.path(), Format::Csv, Overwrite::Replace).unwrap_err().to_string();
    assert!(others.contains("is not a recording"), "{others}");
}

#[test]
fn a_refused_recording_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = recording();
    wrong.signals.insert("requests".into(), [Some(-1.0), None, None].into_iter().collect());
    let refused = wrong.write(&folder.path().join("night"), Format::Csv, Overwrite::Refuse).unwrap_err();
    assert!(refused.to_string().contains("-1 at 2026-07-07T18:59:30Z"), "{refused}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_recording_that_was_cut_off_is_refused() {
    let first = "time,requests\n2026-07-07T19:00:00Z,1\n";
    check_refused(MANIFEST, &format!("{first}2026-07-07T19:0"), &["samples.csv", "cut off"]);
    check_refused(MANIFEST, &format!("{first}2026-07-07T19:01:00Z\n"), &["samples.csv", "line: 3"]);
    let two_steps = MANIFEST.replace("step = ", "steps = 2\nstep = ");
    check_refused(&two_steps, first, &["holds 1 steps", "says 2", "cut off"]);
}

#[test]
fn a_parquet_file_that_was_cut_off_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("night");
    recording().write(&path, Format::Parquet, Overwrite::Refuse).unwrap();
    let samples = path.join("samples.parquet");
    let whole = fs::read(&samples).unwrap();
    fs::write(&samples, &whole[..whole.len() / 2]).unwrap();
    let refused = Recording::open(&path).unwrap_err().to_string();
    assert!(refused.contains("samples.parquet") && refused.contains("cut off"), "{refused}");
}

#[test]
fn samples_that_cannot_be_are_refused_at_their_line_and_column() {
    let row = |time: &str, value: &str| format!("time,requests\n2026-07-07T19:00:00Z,1\n{time},{value}\n");
    let next = "2026-07-07T19:01:00Z";
    check_refused(MANIFEST, &row(next, "many"), &["samples.csv line 3, column requests", "\"many\""]);
    check_refused(
        MANIFEST,
        &row(next, "NaN"),
        &["line 3, column requests", "\"NaN\"", "leave the cell empty"],
    );
    check_refused(MANIFEST, &row(next, "-4"), &["requests -4 at 2026-07-07T19:01:00Z", "not negative"]);
    check_refused(MANIFEST, &row("2026-07-07T18:59:00Z", "4"), &["line 3, column time", "goes backwards"]);
    check_refused(
        MANIFEST,
        &row("2026-07-07T19:01:30Z", "4"),
        &["line 3, column time", "off the grid of 1m"],
    );
    check_refused(MANIFEST, &row("19:01", "4"), &["line 3, column time", "\"19:01\"", "RFC 3339"]);
    check_refused(MANIFEST, "time,requests\n", &["holds no samples"]);
    check_refused(MANIFEST, "time,demand\n2026-07-07T19:00:00Z,1\n", &["lacks the column requests"]);
    check_refused(MANIFEST, "", &["line 1", "must be time"]);
}

#[test]
fn a_manifest_that_cannot_be_is_refused_by_field() {
    let check = |from: &str, to: &str, words: &[&str]| {
        check_refused(&MANIFEST.replace(from, to), "time,requests\n2026-07-07T19:00:00Z,1\n", words);
    };
    check("step = \"1m\"", "step = \"0s\"", &["recording.toml", "step 0s is not"]);
    check("licence", "license", &["recording.toml", "license"]);
    check("demand = true", "", &["signals has no signal with demand = true"]);
    check("step =", "time_zone = \"Mars\"\nstep =", &["time_zone \"Mars\" is not a zone"]);
    check("\"rate\"", "\"speed\"", &["speed"]);
}
