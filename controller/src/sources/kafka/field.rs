//! A number in a JSON record, by the names that lead to it. The record is read through once, and nothing of it is kept.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The way to a number: `order.tickets` is the field `tickets` of the object `order`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field(Vec<String>);

impl Field {
    /// A field by its names, joined by dots.
    pub fn new(path: &str) -> Self {
        Self(path.split('.').map(str::to_owned).collect())
    }

    /// The number in `record`; `None` where it is no JSON, has none there, or one that is no amount.
    pub fn of(&self, record: &[u8]) -> Option<f64> {
        let mut json = serde_json::Deserializer::from_slice(record);
        let number = At(&self.0).deserialize(&mut json).ok()??;
        json.end().ok()?;
        (number.is_finite() && 0.0 <= number).then_some(number)
    }
}

/// What is left of the way.
struct At<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<f64>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<f64>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<f64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<f64>, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            match self.0.split_first() {
                Some((name, rest)) if *name == key => found = map.next_value_seed(At(rest))?,
                Some(_) | None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<f64>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Option<f64>, E> {
        Ok(self.0.is_empty().then_some(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Option<f64>, E> {
        self.visit_f64(number as f64)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Option<f64>, E> {
        self.visit_f64(number as f64)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Option<f64>, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Option<f64>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<f64>, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(path: &str, record: &str, expected: Option<f64>) {
        assert_eq!(Field::new(path).of(record.as_bytes()), expected, "{path} of {record}");
    }

    #[test]
    fn a_number_is_found_by_the_names_that_lead_to_it() {
        check("tickets", r#"{"tickets": 3}"#, Some(3.0));
        check(
            "order.tickets",
            r#"{"a": [1, {"b": 2}], "order": {"x": "y", "tickets": 2.5}, "z": null}"#,
            Some(2.5),
        );
        check("order.tickets", r#"{"order": {"tickets": 0}}"#, Some(0.0));
        check("straße", "{\"stra\\u00dfe\": 1}", Some(1.0));
        // As JSON readers do: the last one counts.
        check("n", r#"{"n": 1, "n": 2}"#, Some(2.0));
    }

    #[test]
    fn what_is_no_amount_there_is_nothing() {
        for record in [
            "",
            "{",
            "7",
            "null",
            "[1]",
            r#"{"n": "7"}"#,
            r#"{"n": null}"#,
            r#"{"n": true}"#,
            r#"{"n": {"m": 1}}"#,
            r#"{"n": [1]}"#,
            r#"{"m": 1}"#,
            r#"{"n": -1}"#,
            r#"{"n": 1} {"n": 2}"#,
            r#"{"n": 1e999}"#,
            "\u{feff}{}",
        ] {
            check("n", record, None);
        }
        check("n.m", r#"{"n": 1}"#, None);
        check("n", &format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            Field::new("a.b").of(&bytes);
        }

        #[test]
        fn what_is_written_is_read(sixteenths in any::<u32>(), other in "\\PC{0,20}") {
            let number = f64::from(sixteenths) / 16.0;
            let record = serde_json::json!({ "other": other, "a": { "b": number, "c": other } }).to_string();
            prop_assert_eq!(Field::new("a.b").of(record.as_bytes()), Some(number));
        }

        #[test]
        fn no_json_makes_it_panic(text in r#"[\[\]{}":,0-9a.bnul e-]{0,60}"#) {
            Field::new("a.b").of(text.as_bytes());
        }
    }
}
