//! Text made safe for where it lands in the page. Names of events and policies are written by users, and a name such
//! as `</script>` must stay a name.

use std::fmt::{self, Display, Write};

/// Text for HTML elements and for double-quoted attributes.
pub(crate) struct Text<'a>(pub(crate) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                other => out.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// JSON for inside a `<script>` element. `<` occurs only within JSON strings, where its escape means the same, and
/// without it neither `</script>` nor `<!--` can end or derail the element.
pub(crate) fn script_json(json: &str) -> String {
    json.replace('<', r"\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_name_stays_a_name() {
        let cases = [
            ("plain", "plain"),
            ("<b>R&D</b>", "&lt;b&gt;R&amp;D&lt;/b&gt;"),
            (r#"" onclick='x'"#, "&quot; onclick=&#39;x&#39;"),
        ];
        for (name, escaped) in cases {
            assert_eq!(Text(name).to_string(), escaped);
        }
    }

    #[test]
    fn a_closing_tag_in_a_string_does_not_end_the_script_and_reads_back_the_same() {
        let name = "</script><!-- semi-final";
        let embedded = script_json(&serde_json::to_string(name).unwrap());
        assert!(!embedded.contains('<'));
        assert_eq!(serde_json::from_str::<String>(&embedded).unwrap(), name);
    }
}
