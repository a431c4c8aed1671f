//! The last value, for every horizon: what a reactive autoscaler believes, and hard to beat a minute ahead.

use jiff::Timestamp;

use super::Centre;

/// The last level that was seen.
#[derive(Clone, Debug, Default)]
pub struct LastValue {
    level: f64,
}

impl Centre for LastValue {
    fn learn(&mut self, _ends_at: Timestamp, level: Option<f64>) {
        self.level = level.unwrap_or(self.level);
    }

    fn restart(&mut self) {}

    fn predict(&self, _horizons: &[u32], out: &mut [f64]) {
        out.fill(self.level);
    }
}
