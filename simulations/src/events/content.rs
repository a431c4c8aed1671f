//! The content lines of an iCalendar, by their numbers. The parser forgives broken lines and knows no line numbers; this
//! looks at the same text, so that no line is passed over unsaid and a refusal names its place.

use std::collections::BTreeMap;

/// The lines of one VEVENT.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct EventLines {
    /// Line of its BEGIN, from 1.
    pub(super) begin: u64,
    /// The first line of each property, by its name in capitals.
    pub(super) properties: BTreeMap<String, u64>,
    /// All properties as they are written: name in capitals, and value.
    pub(super) values: Vec<(String, String)>,
    /// The first line without a colon, and its text.
    pub(super) broken: Option<(u64, String)>,
}

/// The VEVENTs of `text`, in the order in which they begin.
///
/// # Errors
/// The line from which on the text is no iCalendar, and what is wrong there: a component that does not end, as in a
/// download that was cut off, or a line outside of all components.
pub(super) fn events(text: &str) -> Result<Vec<EventLines>, (u64, String)> {
    let mut events: Vec<EventLines> = vec![];
    // The open components: name, line, and which event it is where it is one.
    let mut open: Vec<(String, u64, Option<usize>)> = vec![];
    for (line, content) in logical_lines(text) {
        let (name, value) = split(&content);
        let event = open.iter().rev().find_map(|(_, _, event)| *event);
        match (name.as_str(), value) {
            ("BEGIN", Some(component)) => {
                let component = component.trim().to_ascii_uppercase();
                let begun = (component == "VEVENT").then_some(events.len());
                if begun.is_some() {
                    events.push(EventLines { begin: line, ..EventLines::default() });
                }
                open.push((component, line, begun));
            }
            ("END", Some(component)) => close(&mut open, component.trim(), line)?,
            (_, _) if open.is_empty() => {
                return Err((line, format!("`{}` is no iCalendar", short(&content))));
            }
            (_, Some(value)) => {
                let directly = open.last().and_then(|(_, _, event)| *event);
                if let Some(event) = directly {
                    events[event].values.push((name.clone(), value.to_owned()));
                    events[event].properties.entry(name).or_insert(line);
                }
            }
            (_, None) => match event {
                Some(event) => {
                    events[event].broken.get_or_insert((line, short(&content)));
                }
                None => return Err((line, format!("`{}` has no colon", short(&content)))),
            },
        }
    }
    match open.first() {
        Some((component, line, _)) => {
            Err((*line, format!("BEGIN:{component} has no END: the file has been cut off")))
        }
        None => Ok(events),
    }
}

fn close(
    open: &mut Vec<(String, u64, Option<usize>)>,
    component: &str,
    line: u64,
) -> Result<(), (u64, String)> {
    match open.pop() {
        Some((begun, _, _)) if begun.eq_ignore_ascii_case(component) => Ok(()),
        Some((begun, at, _)) => {
            Err((line, format!("END:{component} does not end BEGIN:{begun} of line {at}")))
        }
        None => Err((line, format!("END:{component} has no BEGIN"))),
    }
}

/// Lines with their continuations (RFC 5545, 3.1: those that begin with a space or a tab), by the number of the first.
fn logical_lines(text: &str) -> Vec<(u64, String)> {
    let mut lines: Vec<(u64, String)> = vec![];
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').split('\n')) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            (_, _) if line.trim().is_empty() => {}
            (_, _) => lines.push((number, line.to_owned())),
        }
    }
    lines
}

/// Name in capitals, and the value where there is a colon outside of the quotes of a parameter.
fn split(content: &str) -> (String, Option<&str>) {
    let name_end = content.find([':', ';']).unwrap_or(content.len());
    let mut is_quoted = false;
    let colon = content.char_indices().find_map(|(at, c)| {
        is_quoted ^= c == '"';
        (c == ':' && !is_quoted).then_some(at)
    });
    let value = colon.map(|colon| &content[colon + 1..]);
    (content[..name_end].trim().to_ascii_uppercase(), value)
}

/// As much of a line as an error needs.
fn short(content: &str) -> String {
    content.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&[u64], (u64, &str)>) {
        match (events(text), expected) {
            (Ok(events), Ok(begins)) => {
                assert_eq!(events.iter().map(|event| event.begin).collect::<Vec<_>>(), begins, "{text}");
            }
            (Err((line, problem)), Err((expected_line, words))) => {
                assert_eq!(line, expected_line, "{text}");
                assert!(problem.contains(words), "{problem}");
            }
            (read, expected) => panic!("{text}: {read:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn events_are_found_at_their_lines_with_those_of_their_properties() {
        let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:a\r\n b: c\r\nDTSTART;X=1:2\r\nBEGIN:VALARM\r\n\
                    TRIGGER:x\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:vevent\nEND:VEVENT\nEND:VCALENDAR\n";
        check(text, Ok(&[2, 10]));
        let lines = &events(text).unwrap()[0].properties;
        assert_eq!((lines["SUMMARY"], lines["DTSTART"], lines.get("TRIGGER")), (3, 5, None));
    }

    #[test]
    fn a_file_that_was_cut_off_is_refused_at_the_component_that_does_not_end() {
        check("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n", Err((1, "has been cut off")));
        check(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n",
            Err((3, "does not end BEGIN:VEVENT of line 2")),
        );
        check("END:VCALENDAR\n", Err((1, "has no BEGIN")));
        check("<html>\n", Err((1, "`<html>` is no iCalendar")));
    }

    #[test]
    fn a_line_without_a_colon_is_kept_with_its_event() {
        let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART\nEND:VEVENT\nEND:VCALENDAR\n";
        assert_eq!(events(text).unwrap()[0].broken, Some((3, "DTSTART".into())));
    }
}
