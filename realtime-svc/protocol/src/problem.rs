//! Why something is refused, as RFC 9457 says it (`application/problem+json`): the same through all doors.

use serde::{Deserialize, Serialize};

/// Letters of a refused value that are said again. A client must not make us repeat a megabyte.
const VALUE_LETTERS: usize = 64;

/// Why something was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What kind of problem, a name that stays: `urn:realtime:problem:invalid`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status that says the same.
    pub status: u16,
    /// What is wrong, with the field and the value.
    pub detail: String,
    /// The field, as the client wrote it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// How long to wait before asking again, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_after_ms: Option<u32>,
}

impl Problem {
    /// A field has a value that it must not have.
    #[must_use]
    pub fn invalid(field: &str, value: &str, why: &str) -> Self {
        let shown: String = value.chars().take(VALUE_LETTERS).collect();
        let more = if shown.len() < value.len() { "…" } else { "" };
        let detail = format!("{field} {shown:?}{more} {why}");
        Self { field: Some(field.to_owned()), ..Self::of("invalid", "A value is refused", 422, detail) }
    }

    /// What came cannot be read at all.
    #[must_use]
    pub fn malformed(why: impl Into<String>) -> Self {
        Self::of("malformed", "The message cannot be read", 400, why.into())
    }

    /// It is longer than it may be.
    #[must_use]
    pub fn too_large(bytes: usize) -> Self {
        Self::of("too-large", "The message is too large", 413, format!("at most {bytes} bytes may be sent"))
    }

    /// The caller is nobody whom we know.
    #[must_use]
    pub fn unauthenticated(why: impl Into<String>) -> Self {
        Self::of("unauthenticated", "The token is refused", 401, why.into())
    }

    /// The caller may not do that.
    #[must_use]
    pub fn forbidden(why: impl Into<String>) -> Self {
        Self::of("forbidden", "It is not allowed", 403, why.into())
    }

    /// What was not done in time, or in the wrong order.
    #[must_use]
    pub fn out_of_turn(why: impl Into<String>) -> Self {
        Self::of("out-of-turn", "It is not the time for that", 409, why.into())
    }

    /// The client was too slow.
    #[must_use]
    pub fn late(why: impl Into<String>) -> Self {
        Self::of("late", "It took too long", 408, why.into())
    }

    /// The client asks too often.
    #[must_use]
    pub fn too_often(retry_after_ms: u32) -> Self {
        let detail = format!("more interactions than this user may make; again in {retry_after_ms} ms");
        let problem = Self::of("too-often", "Too many interactions", 429, detail);
        Self { retry_after_ms: Some(retry_after_ms), ..problem }
    }

    /// We cannot take it now. The same again, later, is right.
    #[must_use]
    pub fn busy(why: impl Into<String>, retry_after_ms: u32) -> Self {
        let problem = Self::of("busy", "The service cannot take it now", 503, why.into());
        Self { retry_after_ms: Some(retry_after_ms), ..problem }
    }

    /// There is nothing of that name.
    #[must_use]
    pub fn not_found(why: impl Into<String>) -> Self {
        Self::of("not-found", "There is no such thing", 404, why.into())
    }

    fn of(kind: &str, title: &str, status: u16, detail: String) -> Self {
        Self {
            kind: format!("urn:realtime:problem:{kind}"),
            title: title.to_owned(),
            status,
            detail,
            field: None,
            retry_after_ms: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_what_the_rfc_says() {
        let json = serde_json::to_value(Problem::invalid("room", "a b", "is none")).unwrap();
        let expected = serde_json::json!({
            "type": "urn:realtime:problem:invalid", "title": "A value is refused", "status": 422,
            "detail": "room \"a b\" is none", "field": "room",
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn a_long_value_is_not_said_again() {
        let problem = Problem::invalid("text", &"é".repeat(100_000), "is too long");
        assert!(problem.detail.len() < 200, "{}", problem.detail);
    }
}
