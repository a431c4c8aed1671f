//! What every import promises, whatever it is given: it reads back to the same events, clocks change without moving
//! anything, and no input makes it panic.

use prescale_controller::api::{Manifest, read_manifests};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::*;

const GOOGLE: &str = include_str!("../../tests/calendars/google.ics");
const OUTLOOK: &str = include_str!("../../tests/calendars/outlook.ics");
const APPLE: &str = include_str!("../../tests/calendars/apple.ics");
const HOLIDAYS: &str = include_str!("../../tests/calendars/holidays-de.ics");
const SALES: &str = include_str!("../../tests/calendars/sales.csv");

fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: text.to_owned() }
}

/// Options with a type, a zone of Berlin and two years from autumn 2026.
fn options() -> Options {
    Options {
        class: Some("kick-off".into()),
        zone: Some(jiff::tz::TimeZone::get("Europe/Berlin").unwrap()),
        window: Window {
            from: Some("2026-09-01T00:00:00Z".parse().unwrap()),
            until: Some("2028-09-01T00:00:00Z".parse().unwrap()),
        },
        ..Options::default()
    }
}

/// A calendar of one VEVENT with these lines.
fn calendar(lines: &str) -> Source {
    let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a@b\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n");
    source("a.ics", &text)
}

/// Claims the times of the events that these lines give, each as local start and moment of start.
fn check_starts(lines: &str, expected: &[(&str, &str)]) {
    let import = import(&[calendar(lines)], &[], &options()).unwrap();
    let starts =
        import.events.iter().map(|event| (event.event.spec.starts_at.clone(), event.starts_at.to_string()));
    let expected = expected.iter().map(|(local, at)| ((*local).to_owned(), (*at).to_owned()));
    assert_eq!(starts.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{lines}");
}

/// Claims that the one event of these lines is refused at a line, in words.
fn check_refused(lines: &str, line: u64, words: &str) {
    match import(&[calendar(lines)], &[], &Options { zone: None, ..options() }) {
        Err(EventsError::Events(unusable)) => {
            assert_eq!(unusable.len(), 1, "{unusable:?}");
            assert_eq!(unusable[0].line, Some(line), "{unusable:?}");
            assert!(unusable[0].problem.contains(words), "{words:?} is not in: {}", unusable[0].problem);
        }
        other => panic!("{lines}: {other:?}"),
    }
}

/// A line of `rules.tsv`: start, rule, and how many occurrences there are until 2029, the last of them, and the minutes of
/// all after the start added up.
fn check_rule(line: &str) {
    let cells: Vec<&str> = line.split('\t').collect();
    let series = calendar(&format!("DTSTART:{}Z\nDURATION:PT1H\nRRULE:{}", cells[0], cells[1]));
    let window = Window { from: None, until: Some("2029-01-01T00:00:00Z".parse().unwrap()) };
    let import = import(&[series], &[], &Options { window, ..options() }).unwrap();
    let starts: Vec<_> = import.events.iter().map(|event| event.starts_at).collect();
    let minutes: i64 = starts.iter().map(|start| start.duration_since(starts[0]).as_mins()).sum();
    let last = starts.last().unwrap().strftime("%Y%m%dT%H%M%S");
    assert_eq!(format!("{}\t{last}\t{minutes}", starts.len()), cells[2..].join("\t"), "{line}");
}

#[test]
fn eighty_rules_give_what_python_dateutil_gives() {
    let rules = include_str!("../../tests/calendars/rules.tsv").lines().filter(|line| !line.starts_with('#'));
    assert_eq!(rules.map(check_rule).count(), 80);
}

#[test]
fn a_calendar_of_more_events_than_anybody_means_is_refused() {
    let daily = |uid: u32| {
        let lines = "DTSTART:20200101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=1,2,3";
        let Source { name, text } = calendar(lines);
        Source { name, text: text.replace("a@b", &uid.to_string()) }
    };
    let options = Options { window: Window { from: None, ..options().window }, ..options() };
    let error = import(&[1, 2, 3].map(daily), &[], &options).unwrap_err().to_string();
    assert!(error.starts_with("--until leads to 2849") && error.contains("more than 20000"), "{error}");
}

#[test]
fn eight_in_the_evening_stays_eight_in_the_evening_over_both_changes_of_clocks() {
    check_starts(
        "DTSTART;TZID=Europe/Berlin:20261018T200000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=2",
        &[("2026-10-18T20:00:00", "2026-10-18T18:00:00Z"), ("2026-10-25T20:00:00", "2026-10-25T19:00:00Z")],
    );
    check_starts(
        "DTSTART;TZID=Europe/Berlin:20270321T200000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=2",
        &[("2027-03-21T20:00:00", "2027-03-21T19:00:00Z"), ("2027-03-28T20:00:00", "2027-03-28T18:00:00Z")],
    );
}

#[test]
fn in_the_night_of_25_hours_an_hour_that_clocks_show_twice_is_its_first() {
    check_starts(
        "DTSTART;TZID=Europe/Berlin:20261024T023000\nDURATION:PT30M\nRRULE:FREQ=DAILY;COUNT=3",
        &[
            ("2026-10-24T02:30:00", "2026-10-24T00:30:00Z"),
            ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00Z"),
            ("2026-10-26T02:30:00", "2026-10-26T01:30:00Z"),
        ],
    );
}

#[test]
fn in_the_night_of_23_hours_an_hour_that_clocks_skip_is_an_hour_later() {
    check_starts(
        "DTSTART;TZID=Europe/Berlin:20270327T023000\nDURATION:PT30M\nRRULE:FREQ=DAILY;COUNT=3",
        &[
            ("2027-03-27T02:30:00", "2027-03-27T01:30:00Z"),
            ("2027-03-28T03:30:00", "2027-03-28T01:30:00Z"),
            ("2027-03-29T02:30:00", "2027-03-29T00:30:00Z"),
        ],
    );
}

#[test]
fn a_day_is_as_long_as_its_clocks_have_it_and_an_exact_length_is_exact() {
    let length = |lines: &str| {
        let import = import(&[calendar(lines)], &[], &options()).unwrap();
        import.events[0].ends_at.duration_since(import.events[0].starts_at).as_hours()
    };
    assert_eq!(length("DTSTART;VALUE=DATE:20261025"), 25);
    assert_eq!(length("DTSTART;VALUE=DATE:20270328\nDTEND;VALUE=DATE:20270329"), 23);
    assert_eq!(length("DTSTART;TZID=Europe/Berlin:20261025T000000\nDURATION:P1D"), 25);
    assert_eq!(length("DTSTART;TZID=Europe/Berlin:20261025T000000\nDURATION:PT24H"), 24);
}

#[test]
fn a_vevent_that_cannot_be_used_is_named_with_its_line_and_value() {
    check_refused(
        "DTSTART:20261025T020000\nDURATION:PT1H",
        4,
        "DTSTART 20261025T020000 has no time zone: give --time-zone",
    );
    check_refused("DTSTART;VALUE=DATE:20261025", 4, "DTSTART 20261025 has no time zone: give --time-zone");
    check_refused(
        "SUMMARY:x\nDTSTART;TZID=Mars/Base:20261025T020000",
        5,
        "`x`: DTSTART has TZID `Mars/Base`, which",
    );
    check_refused("DTSTART:20261325T020000Z\nDURATION:PT1H", 4, "is not a time");
    check_refused("SUMMARY:x", 2, "DTSTART is missing");
    check_refused("DTSTART:20261025T020000Z", 4, "has no end after it: give --duration");
    check_refused(
        "DTSTART:20261025T020000Z\nDTEND:20261025T010000Z",
        5,
        "DTEND 2026-10-25T01:00:00 is before DTSTART",
    );
    check_refused("DTSTART:20261025T020000Z\nDURATION:soon", 5, "DURATION `soon` is not a duration");
    check_refused(
        "DTSTART:20261025T020000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYDAY=XX",
        6,
        "RRULE part BYDAY: `XX` is not a day",
    );
    check_refused("DTSTART:20261025T020000Z\nDURATION:PT1H\nEXRULE:FREQ=DAILY", 6, "EXRULE is not read");
    check_refused("DTSTART:20261025T020000Z\nnonsense\nDURATION:PT1H", 5, "`nonsense` has no colon");
    check_refused(
        "DTSTART:20261025T020000Z\nDURATION:PT1H\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261025T020000Z",
        6,
        "RECURRENCE-ID has a RANGE",
    );
}

#[test]
fn a_rule_without_an_end_needs_one() {
    let endless = calendar("DTSTART:20261025T020000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY");
    let options = Options { window: Window::default(), ..options() };
    let error = import(&[endless], &[], &options).unwrap_err().to_string();
    assert!(error.contains("a.ics line 6: VEVENT: RRULE has no end: give --until"), "{error}");
}

#[test]
fn what_is_written_reads_back_to_the_same_events() {
    let all =
        [("g.ics", GOOGLE), ("o.ics", OUTLOOK), ("a.ics", APPLE), ("h.ics", HOLIDAYS), ("s.csv", SALES)];
    let sources = all.map(|(name, text)| source(name, text));
    let labels = BTreeMap::from([("team".to_owned(), "live".to_owned())]);
    let options = Options { labels, namespace: Some("live".into()), ..options() };
    let import = import(&sources, &[], &options).unwrap();
    let yaml = import.yaml().unwrap();
    let read = read_manifests(&yaml, "events.yaml").unwrap();
    let written = import.events.iter().map(|event| Manifest::DemandEvent(Box::new(event.event.clone())));
    assert_eq!(read, written.collect::<Vec<_>>(), "{yaml}");
    assert!(20 < read.len() && import.events.is_sorted_by_key(|event| event.starts_at));
    let as_a_recording_reads = crate::calendar::read(&yaml, std::path::Path::new("events.yaml"));
    assert_eq!(as_a_recording_reads.unwrap().len(), read.len());
}

#[test]
fn the_highest_sequence_counts_and_a_name_outlives_every_edit() {
    let version = |sequence: u32, start: &str, summary: &str| {
        calendar(&format!("SEQUENCE:{sequence}\nDTSTART:{start}\nDURATION:PT1H\nSUMMARY:{summary}"))
    };
    let old = version(1, "20261025T020000Z", "Match");
    let new = version(2, "20261026T030000Z", "Match\\, a day later");
    let one = |sources: &[Source]| import(sources, &[], &options()).unwrap();
    let before = one(std::slice::from_ref(&old));
    for sources in [[old.clone(), new.clone()], [new, old]] {
        let after = one(&sources);
        assert_eq!((after.events.len(), after.summary.counts.superseded), (1, 1));
        assert_eq!(after.events[0].name(), before.events[0].name());
        assert_eq!(after.events[0].starts_at.to_string(), "2026-10-26T03:00:00Z");
    }
}

#[test]
fn ten_thousand_mutated_calendars_end_in_events_or_in_words() {
    let seeds = [GOOGLE, OUTLOOK, APPLE, HOLIDAYS, SALES];
    let words: Vec<&str> = seeds.iter().flat_map(|seed| seed.split([':', ';', '\n', ',', '='])).collect();
    let mut chance = Pcg64Mcg::seed_from_u64(6);
    let skips = [source("h.ics", HOLIDAYS)];
    let (mut good, mut bad) = (0, 0);
    for _ in 0..10_000 {
        let seed = seeds[chance.random_range(0..seeds.len())];
        let mut text = seed.to_owned();
        for _ in 0..chance.random_range(1..6) {
            mutate(&mut text, &words, &mut chance);
        }
        let name = if seed == SALES { "a.csv" } else { "a.ics" };
        let options = Options { skip_unusable: chance.random(), ..options() };
        match import(&[source(name, &text)], &skips[..chance.random_range(0..=1)], &options) {
            Ok(import) => {
                let yaml = import.yaml().unwrap();
                let read =
                    read_manifests(&yaml, "events.yaml").unwrap_or_else(|error| panic!("{error}: {yaml}"));
                assert_eq!(read.len(), import.events.len(), "{text}");
                good += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                bad += 1;
            }
        }
    }
    assert!(1_000 < good && 1_000 < bad, "{good} of 10,000 were good: the mutations are not worth much");
}

/// Cuts, doubles, swaps in a word of another place, or writes a character that means something.
fn mutate(text: &mut String, words: &[&str], chance: &mut Pcg64Mcg) {
    let mut at = |text: &str| {
        let at = chance.random_range(0..=text.len());
        (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
    };
    let (a, b) = (at(text), at(text));
    let (from, to) = (a.min(b), a.max(b));
    let near = (from..=to.min(from + 12)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(from);
    match chance.random_range(0..6) {
        0 => text.replace_range(from..near, ""),
        1 => {
            let doubled = text[from..near].to_owned();
            text.insert_str(from, &doubled);
        }
        2 => text.replace_range(from..near, words[chance.random_range(0..words.len())]),
        3 => text.insert_str(from, words[chance.random_range(0..words.len())]),
        4 => text.insert(
            from,
            ['0', '9', '-', ':', ';', '\n', '"', '\\', '\u{0}', 'é', 'Z'][chance.random_range(0..11)],
        ),
        _ => {
            if let Some(digit) = text[from..].find(|c: char| c.is_ascii_digit()) {
                let digit = from + digit;
                text.replace_range(digit..=digit, &chance.random_range(0..10).to_string());
            }
        }
    }
}
