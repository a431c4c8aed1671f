use super::*;
use proptest::prelude::*;
use prost::encoding::encode_varint;

const AT_MS: i64 = 1_783_450_800_000;
const OURS: [(&str, &str); 3] =
    [("prescale_namespace", "live"), ("prescale_scaler", "gateway"), ("prescale_signal", "queue-joins")];

/// A length and a message under a tag.
fn nested(tag: u32, bytes: &[u8], into: &mut Vec<u8>) {
    encode_varint(u64::from(tag << 3 | 2), into);
    encode_varint(bytes.len() as u64, into);
    into.extend_from_slice(bytes);
}

fn samples(values: &[f64]) -> Vec<wire::Sample> {
    values.iter().map(|value| wire::Sample { value: *value, timestamp: AT_MS }).collect()
}

/// A metric, its labels and its values.
type Told<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [f64]);

fn body_v1(series: &[Told<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (metric, labels, values) in series {
        let labels = labels.iter().copied().chain([("__name__", *metric)]);
        let labels = labels.map(|(name, value)| wire::Label { name: name.into(), value: value.into() });
        let series = SeriesV1 { labels: labels.collect(), samples: samples(values) };
        nested(wire::SERIES_V1, &series.encode_to_vec(), &mut body);
    }
    packed(&body)
}

fn packed(body: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(body).unwrap()
}

fn ours(name: &str, is_counter: bool, values: &[f64]) -> WrittenSeries {
    let time = Some(Timestamp::from_millisecond(AT_MS).unwrap());
    WrittenSeries {
        scaler: ScalerKey::new("live", "gateway"),
        signal: "queue-joins".into(),
        name: name.into(),
        is_counter,
        samples: values.iter().map(|value| Written { time, value: *value }).collect(),
    }
}

#[test]
fn a_series_says_by_its_labels_which_signal_it_is() {
    let with_more = [&OURS[..], &[("site", "paris")]].concat();
    let stale = f64::from_bits(STALE);
    let body = body_v1(&[
        ("joins:rate1m", &OURS, &[1.0, 2.0]),
        ("up", &[("job", "node")], &[1.0]),
        ("joins", &with_more, &[stale, 3.0]),
        ("half", &OURS[..2], &[1.0]),
    ]);
    let expected = [ours("joins:rate1m", false, &[1.0, 2.0]), ours("joins{site=\"paris\"}", false, &[3.0])];
    assert_eq!(remote_write(&body, Version::V1).unwrap(), expected);
}

#[test]
fn what_only_grows_is_told_by_its_name_or_type() {
    for metric in ["joins_total", "joins_seconds_count", "joins_sum", "joins_bucket"] {
        let body = body_v1(&[(metric, &OURS, &[1.0])]);
        assert_eq!(remote_write(&body, Version::V1).unwrap(), [ours(metric, true, &[1.0])]);
    }
}

#[test]
fn the_second_version_refers_to_symbols() {
    let symbols = ["", "__name__", "joins", OURS[0].0, OURS[0].1, OURS[1].0, OURS[1].1, OURS[2].0, OURS[2].1];
    let body = |refs: Vec<u32>, kind| {
        let metadata = Some(Metadata { kind });
        let series = SeriesV2 { labels_refs: refs, samples: samples(&[4.0]), metadata };
        let mut body = Vec::new();
        // The specification has symbols first and asks nobody to rely on it.
        nested(wire::SERIES_V2, &series.encode_to_vec(), &mut body);
        symbols.iter().for_each(|symbol| nested(wire::SYMBOLS, symbol.as_bytes(), &mut body));
        packed(&body)
    };
    let read = |refs: Vec<u32>, kind| remote_write(&body(refs, kind), Version::V2);
    let all: Vec<u32> = (1..9).collect();
    assert_eq!(read(all.clone(), 2).unwrap(), [ours("joins", false, &[4.0])]);
    assert_eq!(read(all, wire::COUNTER).unwrap(), [ours("joins", true, &[4.0])]);
    assert_eq!(read(vec![1, 99], 2), Err(Malformed::at("timeseries[0]", "refers to symbol 99 of 9")));
    assert_eq!(read(vec![1], 2), Err(Malformed::at("timeseries[0]", "has a label without a value")));
}

#[test]
fn what_cannot_be_read_is_named() {
    let words = |body: &[u8]| remote_write(body, Version::V1).unwrap_err().words;
    assert!(words(b"").starts_with("the body is not Snappy's block format"), "{}", words(b""));
    assert!(words(b"{\"value\": 1}").starts_with("the body is not Snappy's"), "{}", words(b"{\"value\": 1}"));
    let cut = packed(&[0x0a, 0x05, 0x00]);
    assert_eq!(words(&cut), "the message cannot be read: field 1 ends after its message");
    let group = packed(&[0x0b]);
    assert_eq!(words(&group), "the message cannot be read: field 1 is a group");
}

#[test]
fn what_would_become_large_is_refused() {
    let bomb = packed(&vec![0; MOST_UNPACKED_BYTES + 1]);
    assert!(bomb.len() < 300_000);
    let refused = remote_write(&bomb, Version::V1).unwrap_err();
    assert!(refused.words.starts_with("unpacks to 4194305 bytes"), "{}", refused.words);
    // A length that only claims to be.
    let claims = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00];
    assert!(remote_write(&claims, Version::V1).is_err());
    let many = body_v1(&[("joins", &OURS, &vec![1.0; 3_000][..]), ("joins", &OURS, &vec![1.0; 2_001][..])]);
    assert_eq!(remote_write(&many, Version::V1), Err(Malformed::too_many()));
    let mut one = Vec::new();
    nested(wire::SERIES_V1, &vec![0; MOST_SERIES_BYTES + 1], &mut one);
    let refused = remote_write(&packed(&one), Version::V1).unwrap_err();
    assert_eq!(refused, Malformed::at("timeseries[0]", "has 65537 bytes"));
}

proptest! {
    #[test]
    fn whatever_comes_is_answered(body in prop::collection::vec(any::<u8>(), 0..300)) {
        for version in [Version::V1, Version::V2] {
            let _ = remote_write(&body, version);
            let _ = remote_write(&packed(&body), version);
        }
    }

    #[test]
    fn damaged_bodies_are_answered(at in 0_usize..120, byte in any::<u8>()) {
        let whole = body_v1(&[("joins", &OURS, &[1.0, 2.0])]);
        let mut body = snap::raw::Decoder::new().decompress_vec(&whole).unwrap();
        let at = at % body.len();
        body[at] = byte;
        for version in [Version::V1, Version::V2] {
            let _ = remote_write(&packed(&body), version);
        }
    }
}
