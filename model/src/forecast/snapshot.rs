//! Snapshots: what an engine has learned as bytes, and back, so that a restart need not learn it again.
//!
//! ```text
//! magic (4) · version (2) · length of the body (4) · CRC-32 of the body (4) · body, in postcard
//! ```
//!
//! Numbers are little-endian. Floats are kept bit for bit: a restored engine forecasts the same bytes as one that never
//! stopped. What cannot be trusted is refused.

use thiserror::Error;

use super::engine::{Engine, EngineSettings};

const MAGIC: [u8; 4] = *b"PSCL";
/// Raised with every change of what an engine keeps.
const VERSION: u16 = 4;
const HEADER: usize = 14;

/// Why a snapshot was refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SnapshotError {
    /// It does not begin like one.
    #[error("not a snapshot: it begins with {0:?}, not {MAGIC:?}")]
    NotASnapshot(Vec<u8>),
    /// Another release wrote it.
    #[error("snapshot version {0} is not {VERSION}")]
    Version(u16),
    /// Its length is not the one that it states.
    #[error("snapshot has {has} bytes, not {states}")]
    Length {
        /// Bytes there are.
        has: usize,
        /// Bytes it states, or at least has.
        states: usize,
    },
    /// Its bytes have changed.
    #[error("snapshot is damaged: its CRC-32 is {found:08x}, not {stated:08x}")]
    Damaged {
        /// The body's.
        found: u32,
        /// The header's.
        stated: u32,
    },
    /// Its bytes are whole, and yet not an engine's.
    #[error("snapshot cannot be read: {0}")]
    Unreadable(String),
    /// It is of an engine that runs on something else.
    #[error("snapshot is of {found:?}, not {wanted:?}")]
    Settings {
        /// The snapshot's.
        found: EngineSettings,
        /// The caller's.
        wanted: EngineSettings,
    },
    /// What it holds cannot be forecast from.
    #[error("snapshot is not sound: {0}")]
    Unsound(&'static str),
}

/// Everything that `engine` knows.
#[must_use]
pub fn save(engine: &Engine) -> Vec<u8> {
    let body = postcard::to_allocvec(engine).expect("an engine is plain values, and memory is all it needs");
    let length = u32::try_from(body.len()).expect("what an engine keeps is bounded far below 4 GiB");
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(crc32fast::hash(&body).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// The engine that was saved, if it ran on `settings`.
///
/// # Errors
///
/// What is no snapshot, was written by another version, is cut off or damaged, is of other settings, or holds what
/// cannot be forecast from.
pub fn restore(bytes: &[u8], settings: &EngineSettings) -> Result<Engine, SnapshotError> {
    let body = body(bytes)?;
    let (engine, rest): (Engine, _) =
        postcard::take_from_bytes(body).map_err(|error| SnapshotError::Unreadable(error.to_string()))?;
    if !rest.is_empty() {
        return Err(SnapshotError::Unreadable(format!("{} bytes are left over", rest.len())));
    }
    if engine.settings() != settings {
        return Err(SnapshotError::Settings { found: *engine.settings(), wanted: *settings });
    }
    engine.unsound().map_or(Ok(engine), |what| Err(SnapshotError::Unsound(what)))
}

/// The body, once the header has vouched for it.
fn body(bytes: &[u8]) -> Result<&[u8], SnapshotError> {
    if !bytes.starts_with(&MAGIC) {
        return Err(SnapshotError::NotASnapshot(bytes[..bytes.len().min(MAGIC.len())].to_vec()));
    }
    let Some((header, body)) = bytes.split_first_chunk::<HEADER>() else {
        return Err(SnapshotError::Length { has: bytes.len(), states: HEADER });
    };
    let [_, _, _, _, v0, v1, l0, l1, l2, l3, c0, c1, c2, c3] = *header;
    let version = u16::from_le_bytes([v0, v1]);
    if version != VERSION {
        return Err(SnapshotError::Version(version));
    }
    let states = HEADER + u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    if bytes.len() != states {
        return Err(SnapshotError::Length { has: bytes.len(), states });
    }
    let (found, stated) = (crc32fast::hash(body), u32::from_le_bytes([c0, c1, c2, c3]));
    if found != stated {
        return Err(SnapshotError::Damaged { found, stated });
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::events::{Effect, Event};
    use crate::forecast::{Forecaster, Seen};
    use crate::signal::ClosedStep;

    const SETTINGS: EngineSettings =
        EngineSettings { step: SignedDuration::from_mins(1), unit: 1.0, longest: 15, signals: 1 };

    fn minute(at: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_040 + 60 * at).unwrap()
    }

    /// Demand with a daily rhythm that an event every six hours triples for half an hour.
    fn learn(engine: &mut Engine, minutes: std::ops::Range<i64>, with_events: bool) {
        for at in minutes {
            let events: Vec<Event> =
                if with_events { (0..2).map(|ahead| event(at / 360 + ahead)).collect() } else { vec![] };
            let is_on = events.iter().any(|event| event.holds(minute(at)));
            let usual =
                500.0 + 300.0 * (at as f64 / 1_440.0 * std::f64::consts::TAU).sin() + (at * 7 % 31) as f64;
            let demand = if is_on { 3.0 * usual } else { usual };
            let signals = vec![Some(usual); engine.settings().signals];
            let step = ClosedStep { ends_at: minute(at), value: (at % 97 != 0).then_some(demand) };
            engine.learn(&Seen { step, events: &events, signals: &signals });
        }
    }

    fn event(index: i64) -> Event {
        Event {
            name: format!("sale-{index}"),
            class: "on-sale".into(),
            effect: Effect::Demand,
            starts_at: minute(360 * index + 200),
            ends_at: minute(360 * index + 230),
            magnitude: Some(100.0),
            confidence: 0.9,
            expected: None,
        }
    }

    fn saved(minutes: i64) -> Vec<u8> {
        let mut engine = Engine::new(SETTINGS);
        learn(&mut engine, 0..minutes, true);
        save(&engine)
    }

    fn check_refused(bytes: &[u8], words: &str) {
        let error = restore(bytes, &SETTINGS).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }

    #[test]
    fn a_restored_engine_forecasts_the_same_bytes_as_one_that_never_stopped() {
        let mut engine = Engine::new(SETTINGS);
        // Inside the first day, whose steps are learned anew, and after it.
        for stop in [700, 2_000] {
            let start = if stop == 700 { 0 } else { 1_000 };
            learn(&mut engine, start..stop, true);
            let mut restored = restore(&save(&engine), &SETTINGS).unwrap();
            let until = if stop == 700 { 1_000 } else { 2_880 };
            for at in stop..until {
                learn(&mut engine, at..at + 1, true);
                learn(&mut restored, at..at + 1, true);
                assert_eq!(restored.forecast(), engine.forecast(), "minute {at}");
            }
            assert_eq!(save(&restored), save(&engine));
        }
    }

    #[test]
    fn what_cannot_be_trusted_is_refused_by_name() {
        let good = saved(100);
        check_refused(b"GIF89a", "begins with [71, 73, 70, 56]");
        check_refused(&good[..9], "has 9 bytes");
        check_refused(&good[..good.len() - 1], &format!("has {} bytes", good.len() - 1));
        check_refused(&[&good[..4], &[9, 0], &good[6..]].concat(), "version 9");
        check_refused(&[&good[..good.len() - 1], &[!good[good.len() - 1]]].concat(), "CRC-32");
        let other = EngineSettings { longest: 16, ..SETTINGS };
        let error = restore(&good, &other).unwrap_err().to_string();
        assert!(error.contains("longest: 15") && error.contains("longest: 16"), "{error}");
    }

    #[test]
    fn every_flipped_byte_is_refused() {
        let mut bytes = saved(30);
        for at in 0..bytes.len() {
            bytes[at] ^= 0xff;
            assert!(restore(&bytes, &SETTINGS).is_err(), "byte {at}");
            bytes[at] ^= 0xff;
        }
    }

    #[test]
    fn every_cut_is_refused() {
        let bytes = saved(30);
        (0..bytes.len())
            .for_each(|length| assert!(restore(&bytes[..length], &SETTINGS).is_err(), "{length}"));
    }

    #[test]
    fn five_days_of_a_series_take_less_than_20_kib_and_with_events_less_than_32() {
        for (with_events, most) in [(false, 20 << 10), (true, 32 << 10)] {
            let mut engine = Engine::new(EngineSettings { signals: 0, ..SETTINGS });
            learn(&mut engine, 0..5 * 1_440, with_events);
            let size = save(&engine).len();
            assert!(size < most, "{size} bytes, with events: {with_events}");
        }
    }
}
