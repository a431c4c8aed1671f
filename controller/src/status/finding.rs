//! One thing that was found of an object, and the conditions that findings make.

use std::borrow::Cow;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::Began;

/// The longest message that the API server takes for a condition.
const LONGEST_MESSAGE: usize = 32_768;

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does.
    True,
    /// It does not.
    False,
    /// It cannot be said.
    Unknown,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Of what: the condition's type, such as `SourceHealthy`.
    pub of: &'static str,
    /// Whether it holds.
    pub truth: Truth,
    /// Why, in one CamelCase word.
    pub reason: &'static str,
    /// Why, in a sentence.
    pub message: Cow<'static, str>,
}

impl Finding {
    /// Something that holds.
    pub fn well(of: &'static str, reason: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { of, truth: Truth::True, reason, message: message.into() }
    }

    /// Something that does not hold.
    pub fn wrong(of: &'static str, reason: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { of, truth: Truth::False, reason, message: message.into() }
    }

    /// Something of which nobody can say yet whether it holds.
    pub fn open(of: &'static str, reason: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { of, truth: Truth::Unknown, reason, message: message.into() }
    }

    /// Whether a person would not notice the difference. Messages carry numbers that move all the time.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        (self.of, self.truth, self.reason) == (other.of, other.truth, other.reason)
    }
}

impl Truth {
    /// As a condition writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }

    /// As a condition has it; `None` of what is none.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        [Self::True, Self::False, Self::Unknown].into_iter().find(|truth| truth.word() == word)
    }
}

/// The conditions that `findings` make at `now`. One that says what it said `before` keeps the time at which it
/// began to.
#[must_use]
pub fn conditions(
    findings: &[Finding],
    before: &[Began],
    generation: Option<i64>,
    now: Timestamp,
) -> Vec<Condition> {
    let condition = |finding: &Finding| {
        let known = before.iter().find(|old| old.of == finding.of && old.truth == finding.truth);
        Condition {
            type_: finding.of.to_owned(),
            status: finding.truth.word().to_owned(),
            reason: finding.reason.to_owned(),
            message: shortened(&finding.message).to_owned(),
            observed_generation: generation,
            last_transition_time: Time(known.map_or(now, |old| old.at)),
        }
    };
    findings.iter().map(condition).collect()
}

/// As much of `text` as the API server takes.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_MESSAGE)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::began;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn source(truth: Truth, reason: &'static str) -> Finding {
        Finding { of: "SourceHealthy", truth, reason, message: "".into() }
    }

    /// The time at which the condition of the last finding began, when each is a minute after the other.
    fn check(findings: &[Finding], began_s: i64) {
        let mut known = Vec::new();
        for (minute, finding) in (0..).zip(findings) {
            let before = began(&known);
            known = conditions(std::slice::from_ref(finding), &before, Some(1), at(minute * 60));
        }
        assert_eq!(known[0].last_transition_time.0, at(began_s), "{findings:?}");
    }

    #[test]
    fn a_condition_keeps_the_time_at_which_its_status_began() {
        let (well, away) = (source(Truth::True, "Observed"), source(Truth::False, "Unreachable"));
        check(&[well.clone(), well.clone(), well.clone()], 0);
        check(&[well.clone(), away.clone(), source(Truth::False, "NoSeries")], 60);
        check(&[well.clone(), away, well], 120);
    }
}
