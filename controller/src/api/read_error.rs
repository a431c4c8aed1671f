//! Why a file could not be read: the place and the words of it.

use serde::de::DeserializeSeed;
use serde_path_to_error::{Deserializer as Tracked, Track};
use serde_saphyr::{DefaultMessageFormatter, Error, Location, MessageFormatter};

use super::nearest::nearest;

/// What could not be read. Prints `events.yaml:7:3: spec.endsAt is …`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin}{}: {}{message}", self.place(), self.subject())]
pub struct ReadError {
    /// The file, as the caller named it.
    pub origin: String,
    /// Line, from 1; `None` where no place is known.
    pub line: Option<u64>,
    /// Column in characters, from 1; `None` where only the document is known.
    pub column: Option<u64>,
    /// Path of the field, such as `spec.signals[1].kafka`; `None` where the YAML itself is broken.
    pub field: Option<String>,
    /// What is wrong, without field and place.
    pub message: String,
}

impl ReadError {
    /// A field that is not what a document on its own must have; the place is the document's first line.
    pub(super) fn of_field(field: &str, message: impl Into<String>) -> Self {
        let field = Some(field.to_owned());
        Self { origin: String::new(), line: Some(1), column: None, field, message: message.into() }
    }

    /// The same error in a file whose document begins after so many lines.
    pub(super) fn within(self, origin: &str, lines_before: u64) -> Self {
        let line = self.line.map(|line| line + lines_before);
        Self { origin: origin.to_owned(), line, ..self }
    }

    fn of_yaml(text: &str, error: &Error, path: Option<String>) -> Self {
        let error = error.without_snippet();
        let location = error.location().filter(|location| 0 < location.line());
        // A key that could not be read itself is a question mark at the end of the path.
        let field = path.map(|path| path.trim_end_matches(['?', '.']).to_owned());
        Self {
            origin: String::new(),
            line: location.map(|location| location.line()),
            column: location.map(|location| location.column()),
            field: field.filter(|field| !field.is_empty()),
            message: message_of(error, location.and_then(|location| word_at(text, location))),
        }
    }

    fn place(&self) -> String {
        let numbers = self.line.into_iter().chain(self.column);
        numbers.map(|number| format!(":{number}")).collect()
    }

    fn subject(&self) -> String {
        self.field.as_ref().map_or_else(String::new, |field| format!("{field}: "))
    }
}

/// Reads one document by `seed`, keeping the path to what fails.
pub(super) fn read<'de, S: DeserializeSeed<'de>>(text: &'de str, seed: S) -> Result<S::Value, ReadError> {
    let mut path = None;
    let read = serde_saphyr::with_deserializer_from_str(text, |yaml| {
        let mut track = Track::new();
        let read = seed.deserialize(Tracked::new(yaml, &mut track));
        if read.is_err() {
            path = Some(track.path().to_string());
        }
        read
    });
    read.map_err(|error| ReadError::of_yaml(text, &error, path))
}

/// The value at `location`, as written; `None` where it is longer than a word.
fn word_at(text: &str, location: Location) -> Option<&str> {
    let index = |number: u64| usize::try_from(number).ok()?.checked_sub(1);
    let line = text.lines().nth(index(location.line())?)?;
    let (start, _) = line.char_indices().nth(index(location.column())?)?;
    let word = line[start..].split([',', '}', ']', '#']).next()?.trim();
    (!word.is_empty()).then_some(word)
}

/// Our words for what people get wrong most, the reader's own for the rest.
fn message_of(error: &Error, word: Option<&str>) -> String {
    match (error, word) {
        (Error::SerdeUnknownField { field, expected, .. }, _) => unknown("field", field, expected),
        (Error::SerdeUnknownVariant { variant, expected, .. }, _) => unknown("value", variant, expected),
        (Error::DuplicateMappingKey { key: Some(key), .. }, _) => format!("`{key}` is written twice"),
        (Error::InvalidScalar { ty: "u32", .. }, Some(word)) => format!("`{word}` is not a count, 0 or more"),
        (Error::InvalidScalar { ty: "floating point", .. }, Some(word)) => {
            format!("`{word}` is not a number")
        }
        (Error::NonFiniteFloat { value, .. }, _) => format!("`{value}` is not a finite number"),
        (other, _) => DefaultMessageFormatter.format_message(other).into_owned(),
    }
}

/// The nearest known name helps most; where none is near, all of them.
fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("expected one of `{}`", known.join("`, `")),
    };
    format!("unknown {what} `{name}`, {hint}")
}
