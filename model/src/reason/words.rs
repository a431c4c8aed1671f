//! Numbers and times as a reason says them.

use std::fmt;

use jiff::Timestamp;

/// A count and its noun: `1 replica`, `2 replicas`.
pub(crate) struct Count(pub(crate) u32, pub(crate) &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", Thousands(u64::from(self.0)), self.1)
    }
}

/// Demand to three figures or whole: `0.25`, `18.3`, `5,840`.
pub(crate) struct Demand(pub(crate) f64);

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            small if small < 10.0 => write!(f, "{}", (small * 100.0).round() / 100.0),
            middling if middling < 100.0 => write!(f, "{}", (middling * 10.0).round() / 10.0),
            large => write!(f, "{}", Thousands(large.round() as u64)),
        }
    }
}

/// A whole number with its thousands apart.
struct Thousands(u64);

impl fmt::Display for Thousands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let first = digits.len() % 3;
        let (head, tail) = digits.split_at(first);
        f.write_str(head)?;
        for (group, start) in (0..tail.len()).step_by(3).enumerate() {
            let comma = if head.is_empty() && group == 0 { "" } else { "," };
            write!(f, "{comma}{}", &tail[start..start + 3])?;
        }
        Ok(())
    }
}

/// A time of day, in UTC: `19:02`, with seconds where there are any.
pub(crate) struct Clock(pub(crate) Timestamp);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0.to_zoned(jiff::tz::TimeZone::UTC).time();
        match time.second() {
            0 => write!(f, "{:02}:{:02} UTC", time.hour(), time.minute()),
            second => write!(f, "{:02}:{:02}:{second:02} UTC", time.hour(), time.minute()),
        }
    }
}
