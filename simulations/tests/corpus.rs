//! Calendars that are nasty: each is answered, in bounded time and memory.

#[path = "../../fuzz/replay.rs"]
mod replay;

use prescale_simulations::events::{Options, Source, Window, import};
use replay::{Bound, check};

/// Two years of a repetition, at the most repetitions that are taken.
const MEMORY: Bound = Bound(256.0);

// One test, since memory is counted for all threads.
#[test]
fn whatever_a_calendar_says_is_answered_in_bounded_time_and_memory() {
    check("calendar", &MEMORY, |body| read("a.ics", body, str::to_owned));
    check("events_csv", &MEMORY, |body| read("a.csv", body, str::to_owned));
    check("recurrence", &MEMORY, |body| {
        read("a.ics", body, |rule| {
            format!(
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a@b\nDTSTART;TZID=Europe/Berlin:20260901T023000\nRRULE:{rule}\n\
                 END:VEVENT\nEND:VCALENDAR\n"
            )
        });
    });
}

/// What is not UTF-8 is refused before it is read.
fn read(name: &str, body: &[u8], written: impl Fn(&str) -> String) {
    let Ok(text) = std::str::from_utf8(body) else { return };
    let moment = |text: &str| Some(text.parse().expect("it is a time"));
    let window = Window { from: moment("2026-09-01T00:00:00Z"), until: moment("2028-09-01T00:00:00Z") };
    let options = Options { class: Some("kick-off".into()), window, ..Options::default() };
    let _ = import(&[Source { name: name.to_owned(), text: written(text) }], &[], &options);
}
