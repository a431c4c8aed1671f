//! The messages of remote write, as far as they are read. The outermost is walked field by field; prost reads the series.

use prost::{
    Message,
    encoding::{WireType, decode_key, decode_varint},
};

/// `timeseries` of `prometheus.WriteRequest`.
pub(super) const SERIES_V1: u32 = 1;
/// `symbols` of `io.prometheus.write.v2.Request`.
pub(super) const SYMBOLS: u32 = 4;
/// `timeseries` of the same.
pub(super) const SERIES_V2: u32 = 5;
/// `METRIC_TYPE_UNSPECIFIED` of its `Metadata.MetricType`.
pub(super) const UNKNOWN: i32 = 0;
/// `METRIC_TYPE_COUNTER`.
pub(super) const COUNTER: i32 = 1;

#[derive(Clone, PartialEq, Message)]
pub(super) struct SeriesV1 {
    #[prost(message, repeated, tag = "1")]
    pub(super) labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub(super) samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Label {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) value: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Sample {
    #[prost(double, tag = "1")]
    pub(super) value: f64,
    /// In ms since 1970.
    #[prost(int64, tag = "2")]
    pub(super) timestamp: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SeriesV2 {
    /// Names and values of labels by turns, as places in the symbols.
    #[prost(uint32, repeated, tag = "1")]
    pub(super) labels_refs: Vec<u32>,
    #[prost(message, repeated, tag = "2")]
    pub(super) samples: Vec<Sample>,
    #[prost(message, optional, tag = "5")]
    pub(super) metadata: Option<Metadata>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Metadata {
    #[prost(int32, tag = "1")]
    pub(super) kind: i32,
}

/// A field of a message.
pub(super) struct Field<'a> {
    pub(super) tag: u32,
    /// What a length stands before; `None` for a number.
    pub(super) bytes: Option<&'a [u8]>,
}

/// The fields of a message, in order, up to the first that cannot be read.
pub(super) fn fields(mut rest: &[u8]) -> impl Iterator<Item = Result<Field<'_>, String>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let read = field(&mut rest);
        if read.is_err() {
            rest = &[];
        }
        Some(read.map_err(|words| format!("the message cannot be read: {words}")))
    })
}

fn field<'a>(rest: &mut &'a [u8]) -> Result<Field<'a>, String> {
    let words = |error: prost::DecodeError| error.to_string();
    let (tag, kind) = decode_key(rest).map_err(words)?;
    let length = match kind {
        WireType::Varint => {
            decode_varint(rest).map_err(words)?;
            return Ok(Field { tag, bytes: None });
        }
        WireType::SixtyFourBit => 8,
        WireType::ThirtyTwoBit => 4,
        WireType::LengthDelimited => decode_varint(rest).map_err(words)?,
        WireType::StartGroup | WireType::EndGroup => return Err(format!("field {tag} is a group")),
    };
    let cut = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
    let (bytes, after) = cut.ok_or_else(|| format!("field {tag} ends after its message"))?;
    *rest = after;
    Ok(Field { tag, bytes: (kind == WireType::LengthDelimited).then_some(bytes) })
}
