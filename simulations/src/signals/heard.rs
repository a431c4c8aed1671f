//! What is heard of a scaler's demand and signals, now and before; from a recording.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::SignedDuration;
use prescale_controller::api::CheckedScaler;

use crate::calendar::Announced;
use crate::failure::Failure;
use crate::record::DEMAND;
use crate::recording::Recording;
use crate::scenario::read_calendar;

/// What is heard.
pub(super) struct Heard {
    /// Demand, and the signals that have a history.
    pub(super) recording: Recording,
    /// What was announced, where it is known.
    pub(super) calendar: Vec<Announced>,
    /// What each gives now, by name, demand under [`DEMAND`].
    pub(super) now: BTreeMap<String, Result<Now, String>>,
}

/// What a signal gives now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) value: f64,
    /// Time since it last changed; `None` where it has not for as long as was looked back, or nothing is live.
    pub(super) changed_ago: Option<SignedDuration>,
}

impl Heard {
    /// What a recording tells; its last step is now.
    ///
    /// # Errors
    /// A folder that is no recording, or a calendar that cannot be read.
    pub(super) fn recorded(folder: &Path, scaler: &CheckedScaler) -> Result<Self, Failure> {
        let recording = Recording::open(folder).map_err(Failure::input)?;
        let calendar = read_calendar(folder, &recording).map_err(Failure::input)?;
        let last = |name: &str| match recording.named(name) {
            Some(column) => {
                let value = column.get(recording.len().saturating_sub(1));
                value
                    .map(|value| Now { value, changed_ago: None })
                    .ok_or("its last step is missing".to_owned())
            }
            None => Err(format!("the recording has no `{name}`")),
        };
        let names = scaler.signals.iter().map(|(name, _)| name.as_str());
        let mut now: BTreeMap<_, _> = names.map(|name| (name.to_owned(), last(name))).collect();
        now.insert(DEMAND.to_owned(), last(&recording.meta.demand));
        let calendar = calendar.into_iter().map(|(_, announced)| announced).collect();
        Ok(Self { recording, calendar, now })
    }
}
