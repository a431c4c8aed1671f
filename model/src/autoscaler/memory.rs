//! What a scaler remembers over a restart: all that its forecaster has learned, as bytes.

use jiff::Timestamp;

use super::Autoscaler;
use crate::forecast::snapshot::{self, SnapshotError};
use crate::signal::{Sample, Series};

/// What was kept of a scaler over a restart.
#[derive(Clone, Copy, Debug)]
pub struct Remembered<'a> {
    /// What [`Autoscaler::snapshot`] gave.
    pub forecaster: &'a [u8],
    /// End of the newest step that it has learned.
    pub closed_to: Timestamp,
    /// The values of its steps, as far back as they are known.
    pub demand: &'a [Sample],
    /// The same of each signal, in the order of the settings.
    pub signals: &'a [&'a [Sample]],
}

impl Autoscaler {
    /// What the forecaster has learned.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        snapshot::save(&self.forecaster)
    }

    /// Takes up what the forecaster had learned when [`Self::snapshot`] was taken. A snapshot that is refused changes
    /// nothing: the caller then learns again from history.
    ///
    /// # Errors
    ///
    /// As [`snapshot::restore`], which names what does not fit.
    pub fn restore_forecaster(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.forecaster = snapshot::restore(bytes, self.forecaster.settings())?;
        Ok(())
    }

    /// Takes up what was kept, so that the next sample goes on where the last one was. Where it is refused, nothing
    /// changes.
    ///
    /// # Errors
    ///
    /// As [`snapshot::restore`].
    pub fn resume(&mut self, kept: &Remembered<'_>) -> Result<(), SnapshotError> {
        self.restore_forecaster(kept.forecaster)?;
        let recall = |samples| Series::recalled(self.settings.step, kept.closed_to, samples);
        self.demand = recall(kept.demand);
        for (signal, samples) in self.settings.signals.iter().zip(kept.signals) {
            self.signals.insert(signal.name.clone(), recall(samples));
        }
        Ok(())
    }
}
