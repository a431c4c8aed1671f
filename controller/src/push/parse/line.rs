//! InfluxDB line protocol: `queue,site=paris value=12 1783450800000`. The signal is named by the path: measurement and
//! tags only have to be the same on every line.

use influxdb_line_protocol::{EscapedStr, FieldValue, ParsedLine, parse_lines};
use jiff::Timestamp;

use super::{MOST_SAMPLES, Malformed, Written, shortened};

/// The field that is taken where a line has several.
const FIELD: &str = "value";

/// The unit of the times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// `ns`, as in InfluxDB.
    #[default]
    Nanoseconds,
    /// `us`.
    Microseconds,
    /// `ms`.
    Milliseconds,
    /// `s`.
    Seconds,
}

impl std::str::FromStr for Precision {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text {
            "ns" => Ok(Self::Nanoseconds),
            "us" => Ok(Self::Microseconds),
            "ms" => Ok(Self::Milliseconds),
            "s" => Ok(Self::Seconds),
            other => {
                Err(Malformed::at("precision", format!("`{}` is none of ns, us, ms and s", shortened(other))))
            }
        }
    }
}

impl Precision {
    fn time(self, count: i64) -> Result<Timestamp, jiff::Error> {
        match self {
            Self::Nanoseconds => Timestamp::from_nanosecond(i128::from(count)),
            Self::Microseconds => Timestamp::from_microsecond(count),
            Self::Milliseconds => Timestamp::from_millisecond(count),
            Self::Seconds => Timestamp::from_second(count),
        }
    }
}

/// The samples of a body, in its order.
///
/// # Errors
///
/// [`Malformed`], with the place as `line 3`: lines that hold a sample are counted, from 1.
pub fn line_protocol(body: &[u8], precision: Precision) -> Result<Vec<Written>, Malformed> {
    let text = std::str::from_utf8(body).map_err(|error| {
        Malformed::whole(format!("the body is not UTF-8 after its first {} bytes", error.valid_up_to()))
    })?;
    let (mut samples, mut first) = (Vec::new(), None);
    for (index, line) in parse_lines(text).enumerate() {
        if index == MOST_SAMPLES {
            return Err(Malformed::too_many());
        }
        let place = || format!("line {}", index + 1);
        let line = line.map_err(|error| Malformed::at(place(), shortened(&error.to_string())))?;
        let series = series(&line);
        match &first {
            None => first = Some(series),
            Some(first) if *first == series => {}
            Some(_) => {
                let words = format!(
                    "`{}` is another series than that of line 1: a signal is one series",
                    shortened(&line.series.to_string())
                );
                return Err(Malformed::at(place(), words));
            }
        }
        let written = written(&line, precision).map_err(|words| Malformed::at(place(), words))?;
        samples.push(written);
    }
    Ok(samples)
}

/// What a line is of. The parser refuses a tag that is there twice.
fn series(line: &ParsedLine<'_>) -> (String, Vec<(String, String)>) {
    let text = |escaped: &EscapedStr<'_>| escaped.as_str().to_owned();
    let tags = line.series.tag_set.iter().flatten().map(|(key, value)| (text(key), text(value)));
    let mut tags: Vec<_> = tags.collect();
    tags.sort();
    (text(&line.series.measurement), tags)
}

fn written(line: &ParsedLine<'_>, precision: Precision) -> Result<Written, String> {
    let fields = &line.field_set;
    let field = match fields.as_slice() {
        [field] => field,
        several => several.iter().find(|(name, _)| name.as_str() == FIELD).ok_or_else(|| {
            let names: Vec<_> = several.iter().take(8).map(|(name, _)| format!("`{name}`")).collect();
            format!(
                "has the fields {}: write one, or name the one to take `{FIELD}`",
                shortened(&names.join(", "))
            )
        })?,
    };
    let value = match &field.1 {
        FieldValue::F64(value) => *value,
        FieldValue::I64(value) => *value as f64,
        FieldValue::U64(value) => *value as f64,
        FieldValue::String(text) => {
            return Err(format!(
                "field `{}` is the string \"{}\", not a number",
                shortened(field.0.as_str()),
                shortened(text.as_str())
            ));
        }
        FieldValue::Boolean(value) => {
            return Err(format!("field `{}` is {value}, not a number", shortened(field.0.as_str())));
        }
    };
    let time = line.timestamp.map(|count| {
        precision.time(count).map_err(|_| format!("time {count} is out of range: is `precision` right?"))
    });
    Ok(Written { time: time.transpose()?, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Time in ms, and value.
    type Told = (Option<i64>, f64);

    fn check(body: &str, precision: Precision, expected: Result<&[Told], (&str, &str)>) {
        let read = line_protocol(body.as_bytes(), precision);
        let read = read.map(|samples| {
            let plain = |one: &Written| (one.time.map(Timestamp::as_millisecond), one.value);
            samples.iter().map(plain).collect::<Vec<_>>()
        });
        let expected = expected.map(<[_]>::to_vec).map_err(|(field, words)| Malformed::at(field, words));
        assert_eq!(read, expected, "{body}");
    }

    #[test]
    fn lines_are_samples() {
        use Precision::{Microseconds, Milliseconds, Nanoseconds, Seconds};
        check("queue value=12", Nanoseconds, Ok(&[(None, 12.0)]));
        check(
            "queue,site=paris joins=12i 1783450800000000000",
            Nanoseconds,
            Ok(&[(Some(1_783_450_800_000), 12.0)]),
        );
        check("q value=1u 1783450800000000\n", Microseconds, Ok(&[(Some(1_783_450_800_000), 1.0)]));
        check(
            "q value=1 1783450800000\nq value=2 1783450801000",
            Milliseconds,
            Ok(&[(Some(1_783_450_800_000), 1.0), (Some(1_783_450_801_000), 2.0)]),
        );
        check(
            "# a comment\n\nq other=7,value=1.5 1783450800",
            Seconds,
            Ok(&[(Some(1_783_450_800_000), 1.5)]),
        );
        check("q,a=1,b=2 v=1\nq,b=2,a=1 v=2", Nanoseconds, Ok(&[(None, 1.0), (None, 2.0)]));
        check("", Nanoseconds, Ok(&[]));
    }

    #[test]
    fn what_is_no_number_of_one_series_is_refused() {
        let refused = |body, place, words| check(body, Precision::Seconds, Err((place, words)));
        refused("q v=\"high\"", "line 1", "field `v` is the string \"high\", not a number");
        refused("q v=1\nq v=true", "line 2", "field `v` is true, not a number");
        refused("q a=1,b=2", "line 1", "has the fields `a`, `b`: write one, or name the one to take `value`");
        refused(
            "q,site=a v=1\nq,site=b v=1",
            "line 2",
            "`q,site=b` is another series than that of line 1: a signal is one series",
        );
        refused("q v=1 9999999999999", "line 1", "time 9999999999999 is out of range: is `precision` right?");
        refused("queue 12", "line 1", "No fields were provided");
        refused(
            "q v=12 tomorrow",
            "line 1",
            "Could not parse entire line. Found trailing content: ' tomorrow'",
        );
        let not_text = line_protocol(b"q v=\xff", Precision::Seconds).unwrap_err();
        assert_eq!(not_text.words, "the body is not UTF-8 after its first 4 bytes");
    }

    #[test]
    fn a_precision_is_one_of_four() {
        assert_eq!("ms".parse(), Ok(Precision::Milliseconds));
        let refused = "h".parse::<Precision>().unwrap_err();
        assert_eq!(refused, Malformed::at("precision", "`h` is none of ns, us, ms and s"));
    }

    #[test]
    fn a_batch_has_a_limit() {
        let lines = |count| "q v=1\n".repeat(count);
        let read = |count| line_protocol(lines(count).as_bytes(), Precision::Seconds);
        assert_eq!(read(MOST_SAMPLES).unwrap().len(), MOST_SAMPLES);
        assert_eq!(read(MOST_SAMPLES + 1), Err(Malformed::too_many()));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_answered(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = line_protocol(&body, Precision::Nanoseconds);
        }

        #[test]
        fn what_looks_like_it_is_answered(body in r#"([a-z,= \\"\n#]|[a-z]=[-0-9.eEiu]{0,24}|[a-z],[a-z]=[a-z] ){0,20}"#) {
            let _ = line_protocol(body.as_bytes(), Precision::Milliseconds);
        }
    }
}
