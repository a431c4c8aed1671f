//! The parsers that read what strangers write, each as a function of bytes, and the bounds within which each input is
//! answered. `make fuzz` looks for inputs that break them; a test replays `fuzz/corpus` through them.

use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use prescale_controller::{
    push::parse::{MOST_UNPACKED_BYTES, Precision, Version, json, line_protocol, remote_write},
    sources::kafka::{Field, read_batches},
};
use prescale_simulations::events::{Options, Source, Window, import};
use realtime_protocol::{ClientFrame, Envelope};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Milliseconds, on a machine that has nothing else to do.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);
/// MB that a pushed body of 1 MiB may be unpacked to, with what is read of it.
const PUSHED: f32 = 64.0;
/// MB of two years of a repetition, at the most repetitions that are taken.
const CALENDAR: f32 = 256.0;
/// MB of a batch, at the most that it is unpacked to, with what its decoder keeps beside it.
const BATCH: f32 = 128.0;
/// MB of a frame of a socket or a record of its topic, which have a few KiB.
const FRAME: f32 = 1.0;

/// A parser, and what it may take.
pub(crate) struct Parser {
    /// The folder of its seeds.
    pub(crate) name: &'static str,
    /// What one input may take of memory, in MB.
    most_mb: f32,
    parse: fn(&[u8]),
}

/// Every parser of what strangers write.
pub(crate) const PARSERS: [Parser; 10] = [
    Parser { name: "push_json", most_mb: PUSHED, parse: |body| drop(json(body)) },
    Parser { name: "line_protocol", most_mb: PUSHED, parse: lines },
    Parser { name: "remote_write", most_mb: PUSHED, parse: written },
    Parser { name: "calendar", most_mb: CALENDAR, parse: |body| read("a.ics", body, str::to_owned) },
    Parser { name: "events_csv", most_mb: CALENDAR, parse: |body| read("a.csv", body, str::to_owned) },
    Parser { name: "recurrence", most_mb: CALENDAR, parse: |body| read("a.ics", body, repeated) },
    Parser { name: "kafka_batches", most_mb: BATCH, parse: batches },
    Parser { name: "kafka_json", most_mb: PUSHED, parse: numbers },
    Parser { name: "realtime_frame", most_mb: FRAME, parse: frame },
    Parser { name: "realtime_record", most_mb: FRAME, parse: record },
];

impl Parser {
    /// Parses one input. A panic fails by itself; taking too long, or too much memory, is one.
    pub(crate) fn answer(&self, input: &[u8]) {
        let (before, began) = (MEMORY.current_usage_as_mb(), Instant::now());
        MEMORY.reset_peak_usage();
        (self.parse)(input);
        let (took, grown) = (began.elapsed(), MEMORY.peak_usage_as_mb() - before);
        assert!(took < ANSWERED_WITHIN, "{}: {took:?}", self.name);
        assert!(grown < self.most_mb, "{}: {grown} MB", self.name);
    }
}

fn lines(body: &[u8]) {
    let _ = line_protocol(body, Precision::Nanoseconds);
    let _ = line_protocol(body, Precision::Seconds);
}

/// As it is; and, where it can be, packed, so that what damages an input damages the message.
fn written(body: &[u8]) {
    for version in [Version::V1, Version::V2] {
        let _ = remote_write(body, version);
        if body.len() < MOST_UNPACKED_BYTES {
            let packed = snap::raw::Encoder::new().compress_vec(body).expect("any bytes can be packed");
            let _ = remote_write(&packed, version);
        }
    }
}

fn batches(records: &[u8]) {
    let _ = read_batches(records, |_| {});
}

/// Fields at two depths.
fn numbers(record: &[u8]) {
    for path in ["tickets", "order.tickets"] {
        let _ = Field::new(path).of(record);
    }
}

/// What a client of the realtime service says. What is taken is taken again when it is written.
fn frame(frame: &[u8]) {
    let Ok(text) = std::str::from_utf8(frame) else { return };
    if let Ok(frame) = ClientFrame::parse(text) {
        assert_eq!(ClientFrame::parse(&frame.to_json()).as_ref(), Ok(&frame));
    }
}

/// What lies in its topic, likewise.
fn record(record: &[u8]) {
    if let Ok(envelope) = Envelope::decode(record) {
        assert_eq!(Envelope::decode(&envelope.encode()).as_ref(), Ok(&envelope));
    }
}

/// A rule, as that of an event in a zone with a night of 25 hours.
fn repeated(rule: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a@b\nDTSTART;TZID=Europe/Berlin:20260901T023000\nRRULE:{rule}\n\
         END:VEVENT\nEND:VCALENDAR\n"
    )
}

/// What is not UTF-8 is refused before it is read.
fn read(name: &str, body: &[u8], calendar: impl Fn(&str) -> String) {
    let Ok(text) = std::str::from_utf8(body) else { return };
    let moment = |text: &str| Some(text.parse().expect("it is a time"));
    let window = Window { from: moment("2026-09-01T00:00:00Z"), until: moment("2028-09-01T00:00:00Z") };
    let options = Options { class: Some("kick-off".into()), window, ..Options::default() };
    let _ = import(&[Source { name: name.to_owned(), text: calendar(text) }], &[], &options);
}
