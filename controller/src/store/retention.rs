//! What goes: samples that are too old, and the oldest where the file is too large.
//!
//! A file that has grown does not shrink when rows go: their pages are used again. So its size on the disk tells that it
//! is nearly full, and how much was taken out tells how much may be written before it is full again.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, ReadableTableMetadata};

use super::{
    StoreFault, StoreSettings,
    chunk::{Bucket, place},
    disk::{CHUNKS, Disk, SNAPSHOTS, TAKEN},
};

/// Share of its bound at which the oldest go: what is left is for commits until then, and for pages half full.
const NEARLY_FULL: f64 = 0.85;
/// Share of its bound that is taken out at once.
const TAKEN_OUT: f64 = 0.1;
/// What is written takes a little more room than what went: pages are half full for a while.
const FILLED: f64 = 0.9;
/// Samples that are further ahead are of a clock that was wrong.
const CLOCK_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// What has gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gone {
    /// Chunks that were too old.
    pub(super) aged: u64,
    /// Chunks that went since the file is nearly full.
    pub(super) crowded_out: u64,
    /// Snapshots.
    pub(super) snapshots: u64,
}

impl Disk {
    /// Takes out what is too old, and then the oldest while the file is nearly full.
    pub(super) fn tidy(&mut self, settings: &StoreSettings, now: Timestamp) -> Result<Gone, StoreFault> {
        let mut gone = self.take_out_aged(settings.retention, now)?;
        let nearly_full = (settings.max_size as f64 * NEARLY_FULL) as u64;
        let size = self.size()?;
        if settings.max_size <= size || nearly_full <= size && self.room <= 0 {
            let wanted = (settings.max_size as f64 * TAKEN_OUT) as usize;
            let freed = self.crowd_out(wanted, now, &mut gone)?;
            self.room = (freed as f64 * FILLED) as i64;
        }
        Ok(gone)
    }

    fn take_out_aged(&self, retention: SignedDuration, now: Timestamp) -> Result<Gone, StoreFault> {
        let bucket = |at: Result<Timestamp, jiff::Error>| at.ok().and_then(place).map(|(bucket, _)| bucket);
        let oldest = bucket(now.checked_sub(retention)).unwrap_or(0);
        let newest = bucket(now.checked_add(CLOCK_AHEAD)).unwrap_or(Bucket::MAX);
        let since = now.as_second() - retention.as_secs();
        self.write(|tx| {
            let mut chunks = tx.open_table(CHUNKS)?;
            let before = chunks.len()?;
            let is_aged = chunks.first()?.is_some_and(|(key, _)| key.value().0 < oldest);
            let is_ahead = chunks.last()?.is_some_and(|(key, _)| newest < key.value().0);
            if is_aged || is_ahead {
                chunks.retain_in(..(oldest, 0), |_, _| false)?;
                chunks.retain_in((newest, u64::MAX).., |_, _| false)?;
            }
            let (mut rows, mut taken) = (tx.open_table(SNAPSHOTS)?, tx.open_table(TAKEN)?);
            let mut aged = Vec::new();
            for row in taken.iter()? {
                let (scaler, at) = row?;
                aged.extend((at.value() < since).then(|| scaler.value()));
            }
            for scaler in &aged {
                rows.remove(scaler)?;
                taken.remove(scaler)?;
            }
            let gone = before - chunks.len()?;
            Ok(Gone { aged: gone, snapshots: aged.len() as u64, crowded_out: 0 })
        })
    }

    /// Takes out the oldest chunks of as many bytes, but none of the last hours; then the oldest snapshots.
    fn crowd_out(&self, wanted: usize, now: Timestamp, gone: &mut Gone) -> Result<usize, StoreFault> {
        let today = place(now).map_or(0, |(bucket, _)| bucket);
        self.write(|tx| {
            let (mut freed, mut last) = (0, None);
            let mut chunks = tx.open_table(CHUNKS)?;
            for row in chunks.range(..(today, 0))? {
                let (key, row) = row?;
                // Whole buckets: every scaler has the same left.
                if wanted <= freed && last != Some(key.value().0) {
                    break;
                }
                freed += row.value().len();
                last = Some(key.value().0);
                gone.crowded_out += 1;
            }
            if let Some(last) = last {
                chunks.retain_in(..=(last, u64::MAX), |_, _| false)?;
            }
            let (mut rows, mut taken) = (tx.open_table(SNAPSHOTS)?, tx.open_table(TAKEN)?);
            let mut by_age = BTreeMap::new();
            if freed < wanted {
                for row in taken.iter()? {
                    let (scaler, at) = row?;
                    by_age.insert((at.value(), scaler.value()), ());
                }
            }
            for (_, scaler) in by_age.into_keys() {
                if wanted <= freed {
                    break;
                }
                freed += rows.remove(scaler)?.map_or(0, |row| row.value().len());
                taken.remove(scaler)?;
                gone.snapshots += 1;
            }
            Ok(freed)
        })
    }
}
