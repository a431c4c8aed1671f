//! `prescale events import` as a user calls it: calendars of Google, Outlook and Apple, CSV, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// Where a test works, with the calendars of `tests/calendars`.
struct Desk(TempDir);

/// What a call gave.
struct Told {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Desk {
    fn new() -> Self {
        let desk = Self(TempDir::new().unwrap());
        let calendars = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calendars");
        for file in fs::read_dir(calendars).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), desk.0.path().join(file.file_name())).unwrap();
        }
        desk
    }

    fn call(&self, words: &str) -> Told {
        let mut command = Command::cargo_bin("prescale").unwrap();
        let output = command.args(words.split_whitespace()).current_dir(self.0.path()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Told { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// What a call that must succeed printed, without quotes, and its summary.
    fn import(&self, words: &str) -> (String, String) {
        let told = self.call(&format!("events import {words}"));
        assert_eq!(told.code, Some(0), "{words}: {}", told.stderr);
        (told.stdout.replace('"', ""), told.stderr)
    }

    /// Claims that a call is refused with exit code 2 and all of `words`, and that nothing is written.
    fn check_refused(&self, call: &str, words: &[&str]) {
        let told = self.call(&format!("events import {call} --out refused.yaml"));
        assert_eq!((told.code, told.stdout.as_str()), (Some(2), ""), "{call}: {}", told.stderr);
        for word in words {
            assert!(told.stderr.contains(word), "{word:?} is not in: {}", told.stderr);
        }
        assert!(!self.0.path().join("refused.yaml").exists());
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }
}

/// The document of the event that has this line.
fn document<'a>(yaml: &'a str, line: &str) -> &'a str {
    let holds = |document: &&str| document.lines().any(|other| other.trim() == line);
    yaml.split("---\n").find(holds).unwrap_or_else(|| panic!("{line:?} is not in:\n{yaml}"))
}

#[test]
fn a_google_calendar_keeps_moved_and_cancelled_matches_under_their_names() {
    let desk = Desk::new();
    let (yaml, summary) = desk.import("google.ics --type kick-off --namespace live --label team=live");
    assert_eq!(
        summary,
        "prescale: 9 events from 2026-10-04T18:00:00Z to 2026-12-24T17:30:00Z: 1 single, 6 repeated, \
         2 changed in a series (1 moved), 1 of them cancelled; left out: 1 by EXDATE\n"
    );
    let moved = document(&yaml, "startsAt: 2026-11-02T21:00:00");
    assert!(
        moved.contains("name: 7kukuqrfedlm2f9t0vfgbp5vs1-") && moved.contains("-20261101t1900z\n"),
        "{moved}"
    );
    assert!(moved.contains("timeZone: Europe/Berlin") && moved.contains("namespace: live"), "{moved}");
    assert!(moved.contains("team: live") && moved.contains("imported-from: google.ics"), "{moved}");
    let cancelled = document(&yaml, "startsAt: 2026-11-22T20:00:00");
    assert!(cancelled.contains("-20261122t1900z\n") && cancelled.contains("cancelled: true"), "{cancelled}");
    assert!(!yaml.contains("2026-11-15") && !yaml.contains("1234"), "{yaml}");
    assert_eq!(yaml.matches("T20:00:00").count(), 7, "on both sides of the change of clocks: {yaml}");
}

#[test]
fn an_outlook_calendar_is_read_in_windows_zones_with_types_from_its_categories() {
    let (yaml, summary) = Desk::new().import("outlook.ics --until 2027-01-01");
    assert!(summary.contains("4 events") && summary.contains("1 single, 3 repeated"), "{summary}");
    let sale = document(&yaml, "startsAt: 2026-11-06T10:00:00");
    for line in ["type: on-sale", "timeZone: Europe/Berlin", "category.prescale.dev/tickets:"] {
        assert!(sale.contains(line), "{line:?} is not in {sale}");
    }
    assert!(document(&yaml, "type: campaign").contains("2026-10-10T07:00:00Z"), "{yaml}");
}

#[test]
fn an_apple_calendar_with_floating_times_and_days_needs_a_zone() {
    let desk = Desk::new();
    let zone = "has no time zone: give --time-zone, such as Europe/Berlin";
    desk.check_refused(
        "apple.ics --type festival",
        &[
            &format!("apple.ics line 10: VEVENT `Tag der offenen Tür 🎉`: DTSTART 20261003 {zone}"),
            &format!("apple.ics line 21: VEVENT `Night swimming`: DTSTART 20261031T020000 {zone}"),
            "2 events cannot be used: nothing was written; --skip-unusable writes the others",
        ],
    );
    let (yaml, _) = desk.import("apple.ics --type festival --time-zone Europe/Berlin");
    let days = document(&yaml, "startsAt: 2026-10-03T00:00:00");
    assert!(days.contains("endsAt: 2026-10-05T00:00:00"), "{days}");
    assert!(yaml.contains("startsAt: 2026-10-31T02:00:00"), "{yaml}");
}

#[test]
fn holidays_are_events_of_their_own_or_leave_repetitions_out() {
    let desk = Desk::new();
    let words = "holidays-de.ics --type holiday --effect holiday --time-zone Europe/Berlin --from 2026-10-01 \
                 --until 2027-01-01";
    let (yaml, summary) = desk.import(words);
    assert!(summary.contains("3 events") && summary.contains("1 single, 2 repeated"), "{summary}");
    assert!(document(&yaml, "startsAt: 2026-12-25T00:00:00").contains("effect: Holiday"), "{yaml}");

    desk.write(
        "shows.ics",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:show@theatre.example\nSUMMARY:Show\n\
         DTSTART;TZID=Europe/Berlin:20261223T200000\nDURATION:PT2H\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR\n",
    );
    let words = "shows.ics --type show --until 2026-12-28 --skip-during holidays-de.ics";
    let (yaml, summary) = desk.import(words);
    assert!(summary.contains("3 repeated; left out: 2 during events of holidays-de.ics"), "{summary}");
    assert!(
        yaml.contains("2026-12-24T20") && !yaml.contains("2026-12-25T20") && yaml.contains("2026-12-27T20")
    );
    desk.check_refused(
        "shows.ics --type show",
        &["shows.ics line 7: VEVENT `Show`: RRULE has no end: give --until"],
    );
}

#[test]
fn a_csv_is_read_by_the_names_of_our_fields() {
    let desk = Desk::new();
    let (yaml, summary) = desk.import("sales.csv --time-zone Europe/Berlin");
    assert!(summary.contains("3 of CSV, 1 of them cancelled"), "{summary}");
    let tour = document(&yaml, "name: autumn-tour");
    for line in [
        "summary: Autumn Tour",
        "startsAt: 2026-10-02T10:00",
        "duration: 2h",
        "magnitude: 60000",
        "peak: 4000",
    ] {
        assert!(tour.contains(line), "{line:?} is not in {tour}");
    }
    assert!(document(&yaml, "name: winter-tour").contains("cancelled: true"), "{yaml}");
}

#[test]
fn a_csv_is_refused_with_line_column_and_value() {
    let desk = Desk::new();
    let check = |text: &str, words: &[&str]| {
        desk.write("bad.csv", text);
        desk.check_refused("bad.csv", words);
    };
    check("strat,duration\n", &["bad.csv line 1: column `strat` is not known, did you mean `start`?"]);
    check("name,type\n", &["bad.csv line 1: no column `start` among `name`, `type`"]);
    check(
        "type,start,time zone,end,confidence\n\
         a,2026-10-25T02:30,Europe/Berlin,2026-10-25T04:00,\n\
         b,2027-03-28T02:30,Europe/Berlin,2027-03-28T04:00,\n\
         c,2026-10-26T02:30,Europe/Berlin,2026-10-26T01:00,2\n\
         d,tonight,Europe/Berlin,2026-10-26T01:00,often\n\
         e,2026-10-26T02:30\n",
        &[
            "bad.csv line 2: column start 2026-10-25T02:30 happens twice in Europe/Berlin: write",
            "bad.csv line 3: column start 2027-03-28T02:30 does not exist in Europe/Berlin",
            "bad.csv line 4: column end 2026-10-26T01:00 is not after start 2026-10-26T02:30; column confidence 2",
            "bad.csv line 5: column confidence: `often` is not a number",
            "bad.csv line 6: has not the 5 cells of the header",
            "5 events cannot be used",
        ],
    );
    check(
        "name,type,start,duration\nA,b,2026-10-25T00:00Z,1h\na,b,2026-10-26T00:00Z,1h\n",
        &["bad.csv line 3: its name `a` is that of bad.csv line 2"],
    );
}

#[test]
fn what_cannot_be_used_is_named_and_the_rest_written_when_that_is_asked() {
    let desk = Desk::new();
    let (yaml, summary) = desk.import("apple.ics google.ics --type kick-off --skip-unusable");
    assert!(
        summary.contains("prescale: left out: apple.ics line 10: VEVENT `Tag der offenen Tür 🎉`"),
        "{summary}"
    );
    assert!(summary.contains("9 events") && summary.contains("2 unusable"), "{summary}");
    assert!(!yaml.contains("Tag der offenen"), "{yaml}");
}

#[test]
fn files_that_are_none_and_options_that_cannot_be_are_refused() {
    let desk = Desk::new();
    let cut = desk.read("google.ics");
    desk.write("cut.ics", &cut[..cut.len() / 2]);
    desk.check_refused(
        "cut.ics --type a",
        &["cut.ics line 1: BEGIN:VCALENDAR has no END: the file has been cut off"],
    );
    desk.write("page.ics", "<html>not found</html>\n");
    desk.check_refused("page.ics --type a", &["page.ics line 1: `<html>not found</html>` is no iCalendar"]);
    desk.check_refused("none.ics", &["cannot read none.ics"]);
    desk.check_refused("google.ics", &["CATEGORIES are missing, which would be the type: give --type"]);
    desk.check_refused("google.ics --type Kick-Off", &["--type `Kick-Off` is not lower-case"]);
    desk.check_refused("google.ics --time-zone Berlin", &["--time-zone `Berlin` is not an IANA time zone"]);
    desk.check_refused("google.ics --until soon", &["--until `soon` is not a day such as"]);
    desk.check_refused("google.ics --label team", &["--label `team` is not a label such as team=live"]);
}

#[test]
fn the_same_calendar_gives_the_same_bytes_in_a_file_and_on_standard_output() {
    let desk = Desk::new();
    let (yaml, _) = desk.import("google.ics sales.csv --type kick-off --time-zone Europe/Berlin");
    let (printed, summary) =
        desk.import("sales.csv google.ics --type kick-off --time-zone Europe/Berlin --out events.yaml");
    assert_eq!((printed.as_str(), desk.read("events.yaml").replace('"', "")), ("", yaml));
    assert!(summary.contains("12 events"), "{summary}");
}

#[test]
fn the_holidays_of_a_country_are_events_of_its_days() {
    let desk = Desk::new();
    let told = desk.call("events holidays --country FR --from 2027 --to 2027 --namespace live");
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let yaml = told.stdout.replace('"', "");
    let easter = document(&yaml, "prescale.dev/summary: Easter Monday");
    for line in
        ["namespace: live", "effect: Holiday", "startsAt: 2027-03-29T00:00:00", "timeZone: Europe/Paris"]
    {
        assert!(easter.lines().any(|other| other.trim() == line), "{line:?} is not in:\n{easter}");
    }
    let of_us = "events holidays --country US --from 2027 --to 2027";
    let told = desk.call(of_us);
    assert_eq!((told.code, told.stdout.as_str()), (Some(2), ""));
    assert!(told.stderr.contains("--time-zone is needed: US has several"), "{}", told.stderr);
    assert_eq!(desk.call(&format!("{of_us} --time-zone America/Chicago")).code, Some(0));
}

#[test]
fn what_repeats_is_left_out_on_the_holidays_of_a_country() {
    let desk = Desk::new();
    let ical = "events holidays --country France --from 2027 --to 2027 --ical --out holidays.ics";
    assert_eq!(desk.call(ical).code, Some(0));
    desk.write(
        "mondays.ics",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a@b\nDTSTART;TZID=Europe/Paris:20270322T190000\nDURATION:PT2H\n\
         RRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:show\nEND:VEVENT\nEND:VCALENDAR\n",
    );
    let (yaml, summary) = desk.import("mondays.ics --type show --skip-during holidays.ics");
    assert!(summary.contains("1 during events of holidays.ics"), "{summary}");
    let starts =
        ["2027-03-22", "2027-03-29", "2027-04-05"].map(|day| yaml.contains(&format!("startsAt: {day}")));
    assert_eq!(starts, [true, false, true], "{yaml}");
}

#[test]
fn help_teaches() {
    let told = Desk::new().call("events import --help");
    for word in
        ["prescale events import matches.ics", "--skip-during", "show twice", "name,type,start", "Exit code"]
    {
        assert!(told.stdout.contains(word), "{word:?} is not in: {}", told.stdout);
    }
}
