//! JSON: `{"value": 12, "time": "2026-07-07T19:00:00Z"}`, or a list of such.

use std::fmt;

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};

use super::{MOST_SAMPLES, Malformed, Written, shortened};

/// The samples of a body, in its order.
///
/// # Errors
///
/// [`Malformed`], with the place as `[3].value`.
pub fn json(body: &[u8]) -> Result<Vec<Written>, Malformed> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let Batch(samples) = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        // A question mark stands for a place that is not known.
        let path = error.path().to_string();
        let field = Some(path.trim_end_matches(['?', '.'])).filter(|path| !path.is_empty());
        Malformed { field: field.map(str::to_owned), words: shortened(&error.into_inner().to_string()) }
    })?;
    reader.end().map_err(|error| Malformed::whole(error.to_string()))?;
    if MOST_SAMPLES < samples.len() {
        return Err(Malformed::too_many());
    }
    Ok(samples)
}

/// One sample, or several. Written by hand, since an untagged enum tells nothing of what is wrong, and reads on where
/// there are too many.
struct Batch(Vec<Written>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    value: f64,
    #[serde(default, deserialize_with = "time")]
    time: Option<Timestamp>,
}

impl From<Object> for Written {
    fn from(Object { value, time }: Object) -> Self {
        Self { time, value }
    }
}

impl<'de> Deserialize<'de> for Batch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrSeveral)
    }
}

struct OneOrSeveral;

impl<'de> Visitor<'de> for OneOrSeveral {
    type Value = Batch;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sample such as {\"value\": 12}, or a list of them")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Batch, A::Error> {
        let object = Object::deserialize(de::value::MapAccessDeserializer::new(map))?;
        Ok(Batch(vec![object.into()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Batch, A::Error> {
        let mut samples = Vec::new();
        // One more than there may be tells that there are too many.
        while let Some(object) = list.next_element::<Object>()? {
            samples.push(object.into());
            if MOST_SAMPLES < samples.len() {
                return Err(de::Error::custom(Malformed::too_many().words));
            }
        }
        Ok(Batch(samples))
    }
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let time = text.parse().map_err(|_| {
        de::Error::custom(format!("`{}` is no time such as 2026-07-07T19:00:00Z", shortened(&text)))
    })?;
    Ok(Some(time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Time and value.
    type Told<'a> = (Option<&'a str>, f64);

    fn check(body: &str, expected: Result<&[Told<'_>], (Option<&str>, &str)>) {
        let expected = expected
            .map(|samples| {
                let written = |(time, value): &Told<'_>| Written {
                    time: time.map(|time| time.parse().unwrap()),
                    value: *value,
                };
                samples.iter().map(written).collect::<Vec<_>>()
            })
            .map_err(|(field, words)| (field.map(str::to_owned), words.to_owned()));
        let read = json(body.as_bytes()).map_err(|Malformed { field, words }| (field, words));
        assert_eq!(read, expected, "{body}");
    }

    #[test]
    fn one_sample_or_several_are_read() {
        check(r#"{"value": 12}"#, Ok(&[(None, 12.0)]));
        check(r#"{"value": 1.5e3, "time": null}"#, Ok(&[(None, 1_500.0)]));
        let time = Some("2026-07-07T19:00:00Z");
        check(r#"{"value": -1, "time": "2026-07-07T21:00:00+02:00"}"#, Ok(&[(time, -1.0)]));
        check(
            r#" [{"value": 1}, {"time": "2026-07-07T19:00:00Z", "value": 2}] "#,
            Ok(&[(None, 1.0), (time, 2.0)]),
        );
        check("[]", Ok(&[]));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        check("", Err((None, "EOF while parsing a value at line 1 column 0")));
        check(
            "12",
            Err((
                None,
                "invalid type: integer `12`, expected a sample such as {\"value\": 12}, or a list of them at line 1 column 2",
            )),
        );
        check(
            r#"[{"value": 1}, {"value": "12"}]"#,
            Err((Some("[1].value"), "invalid type: string \"12\", expected f64 at line 1 column 29")),
        );
        check(
            r#"{"valeu": 1}"#,
            Err((Some("valeu"), "unknown field `valeu`, expected `value` or `time` at line 1 column 8")),
        );
        check(r#"{}"#, Err((None, "missing field `value` at line 1 column 2")));
        check(
            r#"{"value": 1, "time": "tomorrow"}"#,
            Err((Some("time"), "`tomorrow` is no time such as 2026-07-07T19:00:00Z at line 1 column 32")),
        );
        check(r#"{"value": 1} {"value": 2}"#, Err((None, "trailing characters at line 1 column 14")));
        check(r#"{"value": 1e999}"#, Err((Some("value"), "number out of range at line 1 column 15")));
    }

    #[test]
    fn a_batch_has_a_limit() {
        let list = |count| format!("[{}]", vec![r#"{"value":1}"#; count].join(","));
        assert_eq!(json(list(MOST_SAMPLES).as_bytes()).unwrap().len(), MOST_SAMPLES);
        let refused = json(list(MOST_SAMPLES + 1).as_bytes()).unwrap_err();
        assert!(refused.words.starts_with("has more than 5000 samples"), "{}", refused.words);
        let deep = json("[".repeat(1_000_000).as_bytes()).unwrap_err();
        assert!(deep.words.starts_with("invalid type: sequence"), "{}", deep.words);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_answered(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = json(&body);
        }

        #[test]
        fn what_looks_like_it_is_answered(body in r#"[\[\]{},: ]{0,4}("value"|"time"|[-0-9.eE+]{0,6}|"[0-9T:Z-]{0,22}"|[\[\]{},: ]){0,20}"#) {
            let _ = json(body.as_bytes());
        }

        #[test]
        fn what_is_written_is_read(samples in prop::collection::vec((any::<i32>().prop_map(f64::from), -2_000_000_000_000_i64..4_000_000_000_000), 1..20)) {
            let written: Vec<_> = samples
                .iter()
                .map(|(value, ms)| {
                    serde_json::json!({"value": value, "time": Timestamp::from_millisecond(*ms).unwrap().to_string()})
                })
                .collect();
            let read = json(serde_json::to_string(&written).unwrap().as_bytes()).unwrap();
            let read: Vec<_> = read.iter().map(|one| (one.value, one.time.unwrap().as_millisecond())).collect();
            prop_assert_eq!(read, samples);
        }
    }
}
