//! Names as they are taken: of rooms, which become keys in Kafka and Redis, and of people.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Problem, limits};

/// The name of a room: 1 to 64 of `a-z A-Z 0-9 . _ -`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RoomName(Box<str>);

impl RoomName {
    /// Takes a name, or refuses it as the field `room`.
    ///
    /// # Errors
    ///
    /// A [`Problem`] that names the field and the value.
    pub fn new(name: &str) -> Result<Self, Problem> {
        let is_long = limits::ROOM_BYTES < name.len();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if name.is_empty() || is_long || !name.bytes().all(is_plain) {
            let allowed = format!("has to be 1 to {} of a-z A-Z 0-9 . _ -", limits::ROOM_BYTES);
            return Err(Problem::invalid("room", name, &allowed));
        }
        Ok(Self(name.into()))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RoomName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::new(&name).map_err(|problem| serde::de::Error::custom(problem.detail))
    }
}

/// Checks a text that people read: not empty, not too long, and no control characters but line ends.
pub(crate) fn check_text(field: &str, text: &str, letters: usize) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::invalid(field, text, "must not be empty"));
    }
    let count = text.chars().count();
    if letters < count {
        return Err(Problem::invalid(field, text, &format!("has {count} letters, at most {letters} may be")));
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\n') {
        return Err(Problem::invalid(field, text, "must not contain control characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_named_in_plain_letters() {
        let longest = "r".repeat(64);
        for name in ["a", "match-42", "Q.1_b", &longest] {
            assert_eq!(RoomName::new(name).unwrap().as_str(), name);
        }
        let too_long = "r".repeat(65);
        for name in ["", "a b", "rt:x", "é", &too_long] {
            let problem = RoomName::new(name).unwrap_err();
            assert_eq!((problem.status, problem.field.as_deref()), (422, Some("room")), "{name}");
        }
    }

    #[test]
    fn a_text_is_refused_by_its_field() {
        check_text("text", "Why?\nHow?", 280).unwrap();
        let refused = |text: &str| check_text("text", text, 5).unwrap_err().detail;
        assert_eq!(refused(" "), "text \" \" must not be empty");
        assert_eq!(refused("abcdef"), "text \"abcdef\" has 6 letters, at most 5 may be");
        assert_eq!(refused("a\u{7}"), "text \"a\\u{7}\" must not contain control characters");
    }
}
