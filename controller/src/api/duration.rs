//! Durations as people write them: `5m`, `90s`, `200ms`, `1h30m`.
//!
//! The syntax is Go's, which Kubernetes users know, in whole numbers and from the largest unit down. It is
//! narrow so that the schema's pattern and this parser accept the same words.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The same syntax for the schema, to be anchored; a least length of 2 keeps the empty word out.
pub(super) const PATTERN: &str = "([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?";

/// The units, from the largest down, with their length in milliseconds.
const UNITS: [(&str, i64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A duration in the words of [this module](self). Never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WrittenDuration(SignedDuration);

/// A word that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration such as `5m`, `90s`, `200ms` or `1h30m`")]
pub struct NotADuration(String);

impl WrittenDuration {
    /// A number of whole seconds.
    pub const fn from_secs(seconds: u32) -> Self {
        Self(SignedDuration::from_secs(seconds as i64))
    }

    /// The duration itself.
    pub const fn get(self) -> SignedDuration {
        self.0
    }
}

impl FromStr for WrittenDuration {
    type Err = NotADuration;

    fn from_str(text: &str) -> Result<Self, NotADuration> {
        parse_millis(text)
            .map(|millis| Self(SignedDuration::from_millis(millis)))
            .ok_or_else(|| NotADuration(text.to_owned()))
    }
}

/// Milliseconds of `text`; `None` if it is empty, out of order, overflows or has another unit.
fn parse_millis(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total = 0_i64;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        // The iterator is not rewound, so a unit that repeats or comes too late is not found.
        let (_, millis) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(*millis)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

impl fmt::Display for WrittenDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_zero() {
            return f.write_str("0s");
        }
        let mut rest = self.0.as_millis();
        for (unit, millis) in UNITS {
            let count = rest / i128::from(millis);
            if 0 < count {
                write!(f, "{count}{unit}")?;
            }
            rest %= i128::from(millis);
        }
        Ok(())
    }
}

impl TryFrom<String> for WrittenDuration {
    type Error = NotADuration;

    fn try_from(text: String) -> Result<Self, NotADuration> {
        text.parse()
    }
}

impl From<WrittenDuration> for String {
    fn from(duration: WrittenDuration) -> Self {
        duration.to_string()
    }
}

impl JsonSchema for WrittenDuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 2, "pattern": format!("^{PATTERN}$") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, millis: Option<i64>, printed: &str) {
        let duration = text.parse::<WrittenDuration>();
        assert_eq!(duration.as_ref().ok().map(|d| d.get().as_millis()), millis.map(i128::from), "{text}");
        let shown = duration.map_or_else(|refusal| refusal.to_string(), |d| d.to_string());
        assert!(shown.contains(printed), "{text}: {shown}");
    }

    #[test]
    fn durations_are_read_and_printed_from_the_largest_unit_down() {
        check("5m", Some(300_000), "5m");
        check("90s", Some(90_000), "1m30s");
        check("200ms", Some(200), "200ms");
        check("1h30m", Some(5_400_000), "1h30m");
        check("1m500ms", Some(60_500), "1m500ms");
        check("0s", Some(0), "0s");
    }

    #[test]
    fn what_is_not_a_duration_is_refused_in_words() {
        for text in
            ["", "5", "m", "-5m", "5 m", "5min", "1.5h", "30m1h", "1m1m", "1d", "P1D", "9999999999999999h"]
        {
            check(text, None, &format!("`{text}` is not a duration"));
        }
    }
}
