//! The names of imported events. They come from what never changes about an event (its UID and, in a series, the start
//! that its rule gave it), so that importing again updates events in place, also those that were moved or renamed.

use sha2::{Digest, Sha256};

use super::moment::{Form, Moment};
use crate::import::event_yaml::dns_name;

/// As much of a UID as helps people; the digest tells apart.
const READABLE_CHARS: usize = 30;
/// 40 bits: two of 10,000 UIDs are alike once in 20,000 calendars, and that is refused, not mixed up.
const DIGEST_BYTES: usize = 5;

/// The name of an event that stands alone.
pub(super) fn of_event(uid: &str) -> String {
    let local_part = uid.split('@').next().unwrap_or(uid);
    let mut readable = dns_name(local_part);
    readable.truncate(READABLE_CHARS);
    let readable = readable.trim_end_matches('-');
    let readable = if readable.is_empty() { "event" } else { readable };
    let digest = Sha256::digest(uid.as_bytes());
    let digest: String = digest.iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("{readable}-{digest}")
}

/// The name of the occurrence that a series' rule has at `original`, in UTC, so that it does not depend on who names
/// the zone; a whole day is the same day everywhere.
///
/// # Errors
/// Says that the time is out of range.
pub(super) fn of_occurrence(uid: &str, original: &Moment) -> Result<String, String> {
    let suffix = match original.form {
        Form::Day => original.local.strftime("%Y%m%d").to_string(),
        Form::Floating | Form::Placed => original.zoned()?.timestamp().strftime("%Y%m%dt%H%Mz").to_string(),
    };
    Ok(format!("{}-{suffix}", of_event(uid)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_distinct_and_the_same_each_time() {
        let names = ["match-42@fifa.example", "Match 42", "@", "040000008200E00074C5B7101A82E00800000000"]
            .map(of_event);
        assert_eq!(names[0], of_event("match-42@fifa.example"));
        assert!(
            names[0].starts_with("match-42-") && names[1].starts_with("match-42-") && names[0] != names[1]
        );
        assert!(names[2].starts_with("event-") && names[3].len() <= 41, "{names:?}");
    }
}
