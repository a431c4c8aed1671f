//! Reads one line of an access log in common or combined format, byte by byte:
//! `host ident user [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326 …`.

use jiff::civil::Date;
use jiff::tz::Offset;

/// What a line says, as far as we count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogLine {
    /// When the request was, in seconds since 1970.
    pub(super) second: i64,
    /// HTTP status of the answer.
    pub(super) status: u16,
    /// Bytes of the answer, without its headers.
    pub(super) bytes: u64,
}

/// Length of `10/Oct/2000:13:55:36 -0700`.
const STAMP_BYTES: usize = 26;

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Reads lines, and remembers the last stamp: on a busy server hundreds of lines share one.
#[derive(Default)]
pub(super) struct LineParser {
    last: Option<([u8; STAMP_BYTES], i64)>,
}

impl LineParser {
    /// Reads one line; `None` if it is not a line of an access log.
    pub(super) fn parse(&mut self, line: &[u8]) -> Option<LogLine> {
        let (before, rest) = line.split_at(line.iter().position(|&byte| byte == b'[')?);
        let has_host = before.iter().any(|byte| byte.is_ascii_graphic());
        let stamp: &[u8; STAMP_BYTES] = rest.get(1..=STAMP_BYTES)?.try_into().ok()?;
        let rest = rest.get(STAMP_BYTES + 1..)?.strip_prefix(b"] \"")?;
        let rest = after_quoted(rest)?.strip_prefix(b" ")?;
        let mut fields = rest.split(|&byte| byte == b' ');
        let status = u16::try_from(number(fields.next()?)?).ok()?;
        let is_status = (100..=999).contains(&status);
        let bytes = match fields.next()?.trim_ascii_end() {
            b"-" => 0,
            digits => number(digits)?,
        };
        let second = self.second(stamp)?;
        (has_host && is_status).then_some(LogLine { second, status, bytes })
    }

    fn second(&mut self, stamp: &[u8; STAMP_BYTES]) -> Option<i64> {
        match self.last {
            Some((last, second)) if last == *stamp => Some(second),
            Some(_) | None => {
                let second = parse_stamp(stamp)?;
                self.last = Some((*stamp, second));
                Some(second)
            }
        }
    }
}

/// What follows the quote that closes the request. Apache writes a quote within it as `\"`.
fn after_quoted(text: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return text.get(at + 1..),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Seconds since 1970 of `10/Oct/2000:13:55:36 -0700`.
fn parse_stamp(stamp: &[u8; STAMP_BYTES]) -> Option<i64> {
    let has_marks = [(2, b'/'), (6, b'/'), (11, b':'), (14, b':'), (17, b':'), (20, b' ')]
        .iter()
        .all(|&(at, mark)| stamp[at] == mark);
    if !has_marks {
        return None;
    }
    let small = |from: usize| number(&stamp[from..from + 2]).and_then(|value| i8::try_from(value).ok());
    let year = i16::try_from(number(&stamp[7..11])?).ok()?;
    let month = MONTHS.iter().position(|month| stamp[3..6].eq_ignore_ascii_case(*month))?;
    let date = Date::new(year, i8::try_from(month + 1).ok()?, small(0)?).ok()?;
    // A leap second is written as :60; it belongs to the minute that it ends.
    let time = jiff::civil::Time::new(small(12)?, small(15)?, small(18)?.min(59), 0).ok()?;
    let (hours, minutes) = (i32::from(small(22)?), i32::from(small(24)?));
    let sign = match stamp[21] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
    Some(offset.to_timestamp(date.to_datetime(time)).ok()?.as_second())
}

/// Digits only, without a sign; `None` if there are none or too many.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<(i64, u16, u64)>) {
        let expected = expected.map(|(second, status, bytes)| LogLine { second, status, bytes });
        assert_eq!(LineParser::default().parse(line.as_bytes()), expected, "{line}");
    }

    /// The first is the example of Apache's documentation (mod_log_config).
    #[test]
    fn common_and_combined_lines_are_read() {
        let common =
            r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326"#;
        check(common, Some((971_211_336, 200, 2326)));
        check(
            &format!(r#"{common} "http://www.example.com/start.html" "Mozilla/4.08""#),
            Some((971_211_336, 200, 2326)),
        );
        check(&format!("{common}\r"), Some((971_211_336, 200, 2326)));
        check(
            r#"::1 - - [01/Jan/2026:00:00:00 +0530] "GET /\"a\" HTTP/2.0" 304 -"#,
            Some((1_767_205_800, 304, 0)),
        );
        check(r#"10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "-" 408 0"#, Some((1_767_225_600, 408, 0)));
    }

    #[test]
    fn what_is_not_a_line_of_an_access_log_is_refused() {
        check("", None);
        check("upstream timed out [error]", None);
        check(r#"1.2.3.4 - - [31/Feb/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 1"#, None);
        check(r#"1.2.3.4 - - [01/Jan/2026 00:00:00 +0000] "GET / HTTP/1.1" 200 1"#, None);
        check(r#"1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" OK 1"#, None);
        check(r#"1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET / HTT"#, None);
        check(r#"1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200"#, None);
    }
}
