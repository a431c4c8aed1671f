//! The file: four tables of an embedded database, and the heads that its journal brings back.
//!
//! | table | key | row |
//! | --- | --- | --- |
//! | journal | a number, counting up | the samples of one commit, until all of them are in chunks |
//! | chunks | two hours, series | the samples of a series in that time ([`chunk`]) |
//! | snapshots | scaler | its newest [`Snapshot`] |
//! | taken | scaler | when that was taken |
//!
//! Chunks lie in order of time, so that the oldest are one range, and the newest fill pages one after the other.

use std::{collections::BTreeMap, os::unix::fs::MetadataExt, path::PathBuf};

use jiff::Timestamp;
use prescale_model::Sample;
use redb::{
    Database, ReadableDatabase, ReadableTable, Table, TableDefinition, TableHandle, WriteTransaction,
};
use serde::{Deserialize, Serialize};

use super::{
    ScalerId, SeriesId, Snapshot, Step, StoreFault,
    chunk::{self, BUCKET_MS, Bucket, Kept, decode, encode, place},
    fault::Damaged,
    heads::{Head, Heads, Pushed},
    row::{seal, unseal},
};

pub(super) const JOURNAL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");
pub(super) const CHUNKS: TableDefinition<'_, (Bucket, u64), &[u8]> = TableDefinition::new("chunks");
pub(super) const SNAPSHOTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("snapshots");
pub(super) const TAKEN: TableDefinition<'_, u64, i64> = TableDefinition::new("taken");
/// What the file is.
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");

/// Raised with every change of what a row is.
const FORMAT: u64 = 1;
/// Pages that are kept in memory. A commit touches a few, and a history is read once.
const CACHE_BYTES: usize = 8 << 20;

/// The open file.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) path: PathBuf,
    pub(super) database: Database,
    heads: Heads,
    next_row: u64,
    /// Bytes that may still be written before the oldest samples go again; see [`super::retention`].
    pub(super) room: i64,
}

/// How a file is looked at when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// As it says that it is: in milliseconds, also after a crash.
    Given,
    /// After every checksum has been compared, which reads all of it.
    Earned,
}

/// A sample of the journal.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    series: SeriesId,
    bucket: Bucket,
    kept: Kept,
}

/// What a commit has written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) samples: usize,
    /// Samples that were not newer than what is there.
    pub(super) late: usize,
    pub(super) snapshots: usize,
    /// Bytes of chunks. The rows of journal and snapshots take the place of others.
    pub(super) bytes: usize,
}

/// What an open file was found to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Samples of the journal.
    pub(super) samples: usize,
    /// Rows of it that are damaged, and left out.
    pub(super) damaged: usize,
}

impl Disk {
    /// Opens the file, or makes it.
    pub(super) fn open(path: PathBuf, trust: Trust) -> Result<(Self, Found), StoreFault> {
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(trust == Trust::Earned);
        let database = builder.create(&path).map_err(|error| StoreFault::of(&path, error))?;
        let mut disk = Self { path, database, heads: Heads::default(), next_row: 0, room: 0 };
        disk.prepare()?;
        let found = disk.replay()?;
        Ok((disk, found))
    }

    /// Makes the tables of a new file, and refuses another program's, or another release's. A file that is ours is not
    /// written to: it can be read while its disk is full.
    fn prepare(&self) -> Result<(), StoreFault> {
        let unusable = |what: String| StoreFault::Unusable { path: self.path.clone(), what };
        let tables = self.read(|tx| {
            let tables = tx.list_tables()?.map(|table| table.name().to_owned());
            Ok(tables.collect::<Vec<_>>())
        })?;
        if tables.is_empty() {
            return self.write(|tx| {
                tx.open_table(ABOUT)?.insert("format", FORMAT)?;
                tx.open_table(JOURNAL)?;
                tx.open_table(CHUNKS)?;
                tx.open_table(SNAPSHOTS)?;
                tx.open_table(TAKEN)?;
                Ok(())
            });
        }
        if !tables.iter().any(|table| table == ABOUT.name()) {
            return Err(unusable(format!("is another program's: it has the tables {}", tables.join(", "))));
        }
        let format = self.read(|tx| Ok(tx.open_table(ABOUT)?.get("format")?.map(|format| format.value())))?;
        match format {
            Some(FORMAT) => Ok(()),
            Some(format) => Err(unusable(format!("has format {format}, not {FORMAT}"))),
            None => Err(unusable("has no format".to_owned())),
        }
    }

    /// Brings the heads back.
    fn replay(&mut self) -> Result<Found, StoreFault> {
        let (mut heads, mut found, mut next_row) = (Heads::default(), Found::default(), 0);
        self.read(|tx| {
            for row in tx.open_table(JOURNAL)?.iter()? {
                let (number, row) = row?;
                next_row = number.value() + 1;
                let Ok(entries) = entries(row.value()) else {
                    found.damaged += 1;
                    continue;
                };
                found.samples += entries.len();
                for entry in entries {
                    // A head that is closed here was written as a chunk by the commit that had this row, or will be.
                    heads.push(entry.series.number(), entry.bucket, entry.kept, number.value());
                }
            }
            Ok(())
        })?;
        (self.heads, self.next_row) = (heads, next_row);
        Ok(found)
    }

    /// Writes steps and snapshots in one commit. Where it fails, the file is closed and opened again: what is in memory
    /// is then ahead of it.
    pub(super) fn append(
        &mut self,
        steps: &[Step],
        snapshots: &[Snapshot],
        now: Timestamp,
    ) -> Result<Written, StoreFault> {
        let mut written = Written { snapshots: snapshots.len(), ..Written::default() };
        let (entries, mut closed) = self.take(steps, &mut written);
        if let Some((today, _)) = place(now) {
            closed.extend(self.heads.take_due(today));
        }
        let row = seal(postcard::to_allocvec(&entries).expect("memory is all it needs"));
        let (number, oldest) = (self.next_row, self.heads.oldest_row().unwrap_or(self.next_row + 1));
        self.write(|tx| {
            let mut journal = tx.open_table(JOURNAL)?;
            if !entries.is_empty() {
                journal.insert(number, &row[..])?;
            }
            journal.retain_in(..oldest, |_, _| false)?;
            let mut chunks = tx.open_table(CHUNKS)?;
            for (series, head) in &closed {
                written.bytes += merge(&mut chunks, (head.bucket, *series), (head.samples(), Stands::New))?;
            }
            let (mut rows, mut taken) = (tx.open_table(SNAPSHOTS)?, tx.open_table(TAKEN)?);
            for snapshot in snapshots {
                rows.insert(snapshot.scaler.number(), &snapshot.row()[..])?;
                taken.insert(snapshot.scaler.number(), now.as_second())?;
            }
            Ok(())
        })?;
        self.next_row += 1;
        self.room -= written.bytes as i64;
        Ok(written)
    }

    /// The samples of steps that are newer than what is there, and the heads that they close.
    fn take(&mut self, steps: &[Step], written: &mut Written) -> (Vec<Entry>, Vec<(u64, Head)>) {
        let (mut entries, mut closed) = (Vec::new(), Vec::new());
        for step in steps {
            let Some((bucket, offset)) = place(step.ends_at) else { continue };
            for (series, value) in step.series.iter().zip(&step.values) {
                let Some(value) = *value else { continue };
                let kept = (offset, value);
                match self.heads.push(series.number(), bucket, kept, self.next_row) {
                    Pushed::Late => {
                        written.late += 1;
                        continue;
                    }
                    Pushed::Taken => {}
                    Pushed::Next(head) => closed.push((series.number(), head)),
                }
                written.samples += 1;
                entries.push(Entry { series: *series, bucket, kept });
            }
        }
        (entries, closed)
    }

    /// Keeps samples of the past, beside those that are there.
    pub(super) fn backfill(&mut self, of: &[(SeriesId, Vec<Sample>)]) -> Result<Written, StoreFault> {
        let mut written = Written::default();
        self.write(|tx| {
            let mut chunks = tx.open_table(CHUNKS)?;
            for (series, samples) in of {
                let mut by_bucket = BTreeMap::<Bucket, Vec<Kept>>::new();
                for sample in samples {
                    if let Some((bucket, offset)) = place(sample.at()) {
                        by_bucket.entry(bucket).or_default().push((offset, sample.value()));
                    }
                }
                written.samples += samples.len();
                for (bucket, samples) in by_bucket {
                    let samples = (samples, Stands::Known);
                    written.bytes += merge(&mut chunks, (bucket, series.number()), samples)?;
                }
            }
            Ok(())
        })?;
        self.room -= written.bytes as i64;
        Ok(written)
    }

    /// What is kept of a series from one time to another, in order of time. Chunks that are damaged are left out.
    pub(super) fn samples(
        &self,
        series: SeriesId,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<Sample>, StoreFault> {
        let (Some((last, _)), first) = (place(to), place(from).map_or(0, |(first, _)| first)) else {
            return Ok(Vec::new());
        };
        let mut samples = BTreeMap::new();
        let mut take = |bucket, kept: Kept| {
            let sample =
                chunk::sample(bucket, kept).filter(|sample| from <= sample.at() && sample.at() <= to);
            if let Some(sample) = sample {
                samples.entry(sample.at()).or_insert(sample);
            }
        };
        if let Some(head) = self.heads.get(series.number()) {
            head.samples().for_each(|kept| take(head.bucket, kept));
        }
        self.read(|tx| {
            let chunks = tx.open_table(CHUNKS)?;
            let oldest = chunks.first()?.map_or(last, |(key, _)| key.value().0);
            for bucket in first.max(oldest)..=last {
                let row = chunks.get((bucket, series.number()))?;
                let kept = row.and_then(|row| unseal(row.value()).and_then(decode).ok());
                kept.into_iter().flatten().for_each(|kept| take(bucket, kept));
            }
            Ok(())
        })?;
        Ok(samples.into_values().collect())
    }

    /// The newest snapshot of a scaler. One that is damaged is none.
    pub(super) fn snapshot(&self, scaler: ScalerId) -> Result<Option<Snapshot>, StoreFault> {
        self.read(|tx| {
            let row = tx.open_table(SNAPSHOTS)?.get(scaler.number())?;
            Ok(row.and_then(|row| Snapshot::of_row(row.value()).ok()))
        })
    }

    /// Begin of the oldest samples, in whole hours; `None` where all are in heads.
    pub(super) fn oldest(&self) -> Result<Option<Timestamp>, StoreFault> {
        self.read(|tx| {
            let first = tx.open_table(CHUNKS)?.first()?.map(|(key, _)| i64::from(key.value().0));
            Ok(first.and_then(|bucket| Timestamp::from_millisecond(bucket * BUCKET_MS).ok()))
        })
    }

    /// Bytes that the file takes on its disk. A file may be longer than that: its end has holes.
    pub(super) fn size(&self) -> Result<u64, StoreFault> {
        let about = std::fs::metadata(&self.path);
        let about = about.map_err(|error| StoreFault::Io { path: self.path.clone(), error })?;
        Ok(about.blocks() * 512)
    }

    /// One write transaction, which is on the disk when this returns.
    pub(super) fn write<T>(
        &self,
        act: impl FnOnce(&WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreFault> {
        let write = || {
            let mut tx = self.database.begin_write()?;
            // A crash costs the next start milliseconds, and not a walk through the whole file.
            tx.set_quick_repair(true);
            let done = act(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        write().map_err(|error: redb::Error| StoreFault::of(&self.path, error))
    }

    fn read<T>(
        &self,
        act: impl FnOnce(&redb::ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreFault> {
        let read = || act(&self.database.begin_read()?);
        read().map_err(|error: redb::Error| StoreFault::of(&self.path, error))
    }

    /// Chunks that there are.
    #[cfg(test)]
    pub(super) fn chunks(&self) -> u64 {
        self.read(|tx| Ok(redb::ReadableTableMetadata::len(&tx.open_table(CHUNKS)?)?)).unwrap()
    }
}

fn entries(row: &[u8]) -> Result<Vec<Entry>, Damaged> {
    postcard::from_bytes(unseal(row)?).map_err(|_| Damaged)
}

/// Which of two samples of the same time stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// The one that is there: what was observed then goes before what is read of it later.
    Known,
    /// The one that comes.
    New,
}

/// Puts samples into a chunk, beside those that are there. Gives the bytes that were written.
fn merge(
    chunks: &mut Table<'_, (Bucket, u64), &[u8]>,
    key: (Bucket, u64),
    (samples, stands): (impl IntoIterator<Item = Kept>, Stands),
) -> Result<usize, redb::Error> {
    let known = chunks.get(key)?.and_then(|row| unseal(row.value()).and_then(decode).ok());
    let mut all: BTreeMap<u32, f64> = known.into_iter().flatten().collect();
    for (offset, value) in samples {
        match stands {
            Stands::Known => _ = all.entry(offset).or_insert(value),
            Stands::New => _ = all.insert(offset, value),
        }
    }
    let row = seal(encode(&all.into_iter().collect::<Vec<_>>()));
    chunks.insert(key, &row[..])?;
    Ok(row.len())
}

#[cfg(test)]
#[path = "disk_tests.rs"]
mod tests;
