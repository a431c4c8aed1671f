//! What is wrong with an object, all of it at once, in the words that its author wrote.

use std::fmt;

/// One refusal: the field as written, the value if there was one, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path of the field, such as `spec.signals[1].kafka.step`.
    pub field: String,
    /// The value that is refused, as written; `None` where a value is missing.
    pub value: Option<String>,
    /// Continues the sentence: `is above spec.maxReplicas 4`.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} {value} {}", self.field, self.message),
            None => write!(f, "{} {}", self.field, self.message),
        }
    }
}

/// Everything that is wrong with one object, in the order of its fields. Prints one problem a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Notes that `value` of `field` is refused because of `message`.
    pub(crate) fn refuse(
        &mut self,
        field: impl Into<String>,
        value: impl fmt::Display,
        message: impl Into<String>,
    ) {
        let value = Some(value.to_string());
        self.0.push(Problem { field: field.into(), value, message: message.into() });
    }

    /// Notes what `field` lacks.
    pub(crate) fn lacking(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { field: field.into(), value: None, message: message.into() });
    }

    /// Whether nothing has been refused.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
