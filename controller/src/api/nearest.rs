//! The nearest known word for an unknown one.

/// Words that differ by more than this are not alike: 1 is equal, 0 shares nothing (Jaro and Winkler).
const LEAST_ALIKE: f64 = 0.8;

/// The known name nearest to the unknown one in `message`, which is serde's:
/// ``unknown field `minReplica`, expected one of `minReplicas`, `maxReplicas` ``. The same for an unknown
/// variant. `None` where the message is another one, or no known name is near.
pub fn did_you_mean(message: &str) -> Option<String> {
    let start = ["unknown field `", "unknown variant `"].iter().find_map(|start| message.find(start))?;
    // Every second piece is between backticks: the unknown name first, then the known ones.
    let mut quoted = message[start..].split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    nearest(unknown, quoted).map(str::to_owned)
}

/// The word of `known` that is nearest to `unknown`, the first of equals; `None` where none is near.
pub fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let unknown = unknown.to_lowercase();
    let mut best = None::<&str>;
    let mut best_alike = LEAST_ALIKE;
    for word in known {
        let alike = strsim::jaro_winkler(&unknown, &word.to_lowercase());
        if best_alike < alike {
            (best, best_alike) = (Some(word), alike);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: Option<&str>) {
        assert_eq!(did_you_mean(message).as_deref(), expected, "{message}");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_known_one() {
        check(
            "unknown field `minReplica`, expected one of `maxReplicas`, `minReplicas`",
            Some("minReplicas"),
        );
        check(
            "unknown field `matchlabels`, expected `matchLabels` or `matchExpressions`",
            Some("matchLabels"),
        );
        check("TOML parse error: unknown field `polices`, expected `policies`\n", Some("policies"));
        check("unknown variant `shadow`, expected one of `Shadow`, `Active`, `Paused`", Some("Shadow"));
    }

    #[test]
    fn nothing_is_suggested_where_nothing_is_near() {
        check("unknown field `cats`, expected one of `minReplicas`, `mode`", None);
        check("unknown field `cats`, there are no fields", None);
        check("missing field `mode`", None);
    }
}
