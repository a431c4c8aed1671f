//! What a scaler remembers over a restart: all that its forecaster has learned, as bytes.

use super::Autoscaler;
use crate::forecast::snapshot::{self, SnapshotError};

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
}
