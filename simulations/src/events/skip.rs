//! Times at which repetitions are left out, such as public holidays.

use jiff::civil::DateTime;
use jiff::{Timestamp, Zoned};

use super::moment::Form;
use super::series::Occurrence;

/// The times of one calendar at which repetitions are left out.
#[derive(Clone, Debug)]
pub(super) struct Skip {
    /// The file, for the summary.
    pub(super) file: String,
    times: Vec<Time>,
}

/// Start, and the end that no longer belongs to it.
#[derive(Clone, Debug)]
enum Time {
    /// A day, or a local time: wherever the repetition is.
    Local(DateTime, DateTime),
    /// The same moment everywhere.
    Moments(Timestamp, Timestamp),
}

impl Skip {
    /// The times of events that stand; one that was cancelled leaves nothing out.
    pub(super) fn of(file: &str, occurrences: &[Occurrence]) -> Self {
        let standing = occurrences.iter().filter(|occurrence| !occurrence.event.is_cancelled);
        let times = standing.map(|occurrence| match occurrence.event.start.form {
            Form::Day | Form::Floating => Time::Local(occurrence.start.datetime(), occurrence.end.datetime()),
            Form::Placed => Time::Moments(occurrence.start.timestamp(), occurrence.end.timestamp()),
        });
        Self { file: file.to_owned(), times: times.collect() }
    }

    /// Whether something that starts then is left out.
    pub(super) fn covers(&self, start: &Zoned) -> bool {
        let (local, at) = (start.datetime(), start.timestamp());
        self.times.iter().any(|time| match time {
            Time::Local(from, to) => *from <= local && local < *to,
            Time::Moments(from, to) => *from <= at && at < *to,
        })
    }
}
