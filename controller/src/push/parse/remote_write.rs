//! Prometheus remote write, 1.0 and 2.0: protobuf, compressed by Snappy's block format. A series says by three labels
//! which signal it is; one without them is nobody's, and left out. Messages are read one series at a time: a body that
//! is made to become large in memory becomes none.
//!
//! Formats: <https://prometheus.io/docs/specs/prw/remote_write_spec/> and `…_2_0/`.

mod wire;

use std::collections::BTreeMap;

use jiff::Timestamp;
use prost::Message;

use super::{MOST_SAMPLES, Malformed, Written, shortened};
use crate::board::ScalerKey;
use wire::{Field, Metadata, SeriesV1, SeriesV2, fields};

/// What a body may become when it is unpacked: Prometheus sends 2,000 samples at most, with some 500 bytes of labels.
pub const MOST_UNPACKED_BYTES: usize = 4 << 20;
/// One series: labels of Prometheus have 64 KiB at the very most.
const MOST_SERIES_BYTES: usize = 64 << 10;
/// Names of Kubernetes have 253 characters at most.
const MOST_NAME_BYTES: usize = 253;
/// The parameter of a content type by which 2.0 is told from 1.0.
pub const PROTO_V2: &str = "io.prometheus.write.v2.Request";
/// The labels by which a series says which signal it is.
const NAMESPACE: &str = "prescale_namespace";
const SCALER: &str = "prescale_scaler";
const SIGNAL: &str = "prescale_signal";
/// What the names of counters, and of the parts of histograms and summaries, end in.
const COUNTERS: [&str; 4] = ["_total", "_count", "_sum", "_bucket"];
/// Tells that a series has ended (`StaleNaN`); no value.
const STALE: u64 = 0x7ff0_0000_0000_0002;

/// Of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `prometheus.WriteRequest`, which every Prometheus sends.
    V1,
    /// `io.prometheus.write.v2.Request`.
    V2,
}

/// A series that says which signal it is.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenSeries {
    /// Whose signal.
    pub scaler: ScalerKey,
    /// Which.
    pub signal: String,
    /// Name and labels as people write them, shortened, without those that say which signal it is.
    pub name: String,
    /// Why it is no gauge: it is named or typed as what only ever grows.
    pub is_counter: bool,
    /// Its samples, without the marker that a series has ended.
    pub samples: Vec<Written>,
}

/// The series of a body that say which signal they are.
///
/// # Errors
///
/// [`Malformed`]; the place is the number of the series in the body, from 0.
pub fn remote_write(body: &[u8], version: Version) -> Result<Vec<WrittenSeries>, Malformed> {
    let unpacked = unpacked(body)?;
    let symbols = match version {
        Version::V1 => Vec::new(),
        Version::V2 => symbols(&unpacked)?,
    };
    let (mut all, mut samples, mut index) = (Vec::new(), 0, 0);
    for field in fields(&unpacked) {
        let Some(bytes) = series_of(&field.map_err(Malformed::whole)?, version) else { continue };
        let place = || format!("timeseries[{index}]");
        let read = match version {
            _ if MOST_SERIES_BYTES < bytes.len() => Err(format!("has {} bytes", bytes.len())),
            Version::V1 => v1(bytes),
            Version::V2 => v2(bytes, &symbols),
        };
        let series = read.map_err(|words| Malformed::at(place(), shortened(&words)))?;
        if let Some(series) = series {
            samples += series.samples.len();
            all.push(series);
        }
        if MOST_SAMPLES < samples.max(all.len()) {
            return Err(Malformed::too_many());
        }
        index += 1;
    }
    Ok(all)
}

fn unpacked(body: &[u8]) -> Result<Vec<u8>, Malformed> {
    let no_snappy =
        |error: snap::Error| Malformed::whole(format!("the body is not Snappy's block format: {error}"));
    let length = snap::raw::decompress_len(body).map_err(no_snappy)?;
    if MOST_UNPACKED_BYTES < length {
        let words =
            format!("unpacks to {length} bytes, more than {MOST_UNPACKED_BYTES}: send fewer samples at once");
        return Err(Malformed::whole(words));
    }
    snap::raw::Decoder::new().decompress_vec(body).map_err(no_snappy)
}

/// The bytes of a series, where the field is one.
fn series_of<'a>(field: &Field<'a>, version: Version) -> Option<&'a [u8]> {
    let tag = match version {
        Version::V1 => wire::SERIES_V1,
        Version::V2 => wire::SERIES_V2,
    };
    field.bytes.filter(|_| field.tag == tag)
}

/// The strings that series of 2.0 refer to, which may come after them.
fn symbols(body: &[u8]) -> Result<Vec<&str>, Malformed> {
    let mut symbols = Vec::new();
    for field in fields(body) {
        let field = field.map_err(Malformed::whole)?;
        if let Some(bytes) = field.bytes.filter(|_| field.tag == wire::SYMBOLS) {
            let place = || format!("symbols[{}]", symbols.len());
            symbols.push(std::str::from_utf8(bytes).map_err(|_| Malformed::at(place(), "is not UTF-8"))?);
        }
    }
    Ok(symbols)
}

fn v1(bytes: &[u8]) -> Result<Option<WrittenSeries>, String> {
    let series = SeriesV1::decode(bytes).map_err(|error| error.to_string())?;
    let labels = series.labels.iter().map(|label| (label.name.as_str(), label.value.as_str())).collect();
    written(labels, &series.samples, wire::UNKNOWN)
}

fn v2(bytes: &[u8], symbols: &[&str]) -> Result<Option<WrittenSeries>, String> {
    let series = SeriesV2::decode(bytes).map_err(|error| error.to_string())?;
    let symbol = |index: &u32| {
        let found = usize::try_from(*index).ok().and_then(|index| symbols.get(index));
        found.copied().ok_or_else(|| format!("refers to symbol {index} of {}", symbols.len()))
    };
    let mut labels = Labels::new();
    for pair in series.labels_refs.chunks(2) {
        let [name, value] = pair else { return Err("has a label without a value".to_owned()) };
        labels.insert(symbol(name)?, symbol(value)?);
    }
    written(labels, &series.samples, series.metadata.map_or(wire::UNKNOWN, |Metadata { kind }| kind))
}

type Labels<'a> = BTreeMap<&'a str, &'a str>;

/// The series, if its labels say which signal it is.
fn written(
    mut labels: Labels<'_>,
    samples: &[wire::Sample],
    kind: i32,
) -> Result<Option<WrittenSeries>, String> {
    let ours = [NAMESPACE, SCALER, SIGNAL].map(|label| labels.remove(label));
    let [Some(namespace), Some(name), Some(signal)] = ours else { return Ok(None) };
    for (label, value) in [(NAMESPACE, namespace), (SCALER, name), (SIGNAL, signal)] {
        if MOST_NAME_BYTES < value.len() {
            return Err(format!("{label} has {} characters", value.len()));
        }
    }
    let metric = labels.remove("__name__").unwrap_or_default();
    let is_named_so = COUNTERS.iter().any(|end| metric.ends_with(end));
    Ok(Some(WrittenSeries {
        scaler: ScalerKey::new(namespace, name),
        signal: signal.to_owned(),
        is_counter: is_named_so || kind == wire::COUNTER,
        name: shortened(&printed(metric, &labels)),
        samples: samples
            .iter()
            .filter(|one| one.value.to_bits() != STALE)
            .map(sample)
            .collect::<Result<_, _>>()?,
    }))
}

fn sample(sample: &wire::Sample) -> Result<Written, String> {
    let time = Timestamp::from_millisecond(sample.timestamp);
    let time = time.map_err(|_| format!("has a sample at {} ms, which is no time", sample.timestamp))?;
    Ok(Written { time: Some(time), value: sample.value })
}

/// As people write it; no more of it than is shown, since labels may repeat what is long.
fn printed(metric: &str, labels: &Labels<'_>) -> String {
    const MOST_LABELS: usize = 8;
    let pairs = labels.iter().take(MOST_LABELS);
    let pairs: Vec<_> =
        pairs.map(|(name, value)| format!("{}=\"{}\"", shortened(name), shortened(value))).collect();
    let metric = shortened(metric);
    if pairs.is_empty() { metric } else { format!("{metric}{{{}}}", pairs.join(",")) }
}

#[cfg(test)]
#[path = "remote_write/tests.rs"]
mod tests;
