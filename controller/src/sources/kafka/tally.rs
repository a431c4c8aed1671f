//! Sums of number fields over the records of a topic, read from now on: each poll reads what has come since the one
//! before it, up to a bound, and keeps nothing of it but sums.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use prescale_model::Sample;

use super::{
    SumReading,
    batch::read_batches,
    brokers::Brokers,
    fetch::{self, Positions},
    field::Field,
    growth::Growth,
    poll::SeenTopic,
    problem::Problem,
};

/// What a poll reads of a topic at most. With a poll each 5 s it is 3 MiB a second.
const MOST_BYTES: usize = 16 << 20;
/// What one answer holds of all partitions, and of one.
const MOST_BYTES_AN_ANSWER: i32 = 4 << 20;
const MOST_BYTES_A_PARTITION: i32 = 1 << 20;

/// What is read of one topic.
#[derive(Debug, Default)]
pub(super) struct Tally {
    id: u128,
    /// Where to read on, by partition.
    positions: BTreeMap<i32, i64>,
    read_at: Option<Duration>,
}

/// The sum of one field.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    sum: Growth,
    records: Growth,
    skipped: Growth,
    problem: Option<Problem>,
    at: Option<(Timestamp, Duration)>,
}

/// What a poll added to the sum of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Added {
    sum: f64,
    records: f64,
    skipped: f64,
}

/// What a poll added to each field; `None` where it only began to read.
pub(super) type Tallied = Option<BTreeMap<String, Added>>;

impl Tally {
    /// Reads what has come to the topic since the last time.
    pub(super) async fn read(
        &mut self,
        brokers: &mut Brokers,
        (name, seen): (&str, &SeenTopic),
        fields: impl Iterator<Item = &String>,
        (at, stale_after): (Duration, Duration),
    ) -> Result<Tallied, Problem> {
        let ends = seen.ends()?;
        let is_fresh = self.read_at.is_some_and(|read_at| at.saturating_sub(read_at) <= stale_after);
        let ends_by_partition = || (0..).zip(ends.iter().copied()).collect::<BTreeMap<_, _>>();
        if !is_fresh || self.id != seen.id {
            *self = Self { id: seen.id, positions: ends_by_partition(), read_at: Some(at) };
            return Ok(None);
        }
        let mut added = fields.map(|path| (path.clone(), (Field::new(path), Added::default()))).collect();
        if let Err(problem) = self.read_up_to(&ends, brokers, (name, seen), &mut added).await {
            // What could not be read is left out, and the sum begins anew.
            *self = Self { id: seen.id, positions: ends_by_partition(), read_at: Some(at) };
            return Err(problem);
        }
        self.read_at = Some(at);
        Ok(Some(added.into_iter().map(|(path, (_, added))| (path, added)).collect()))
    }

    async fn read_up_to(
        &mut self,
        ends: &[i64],
        brokers: &mut Brokers,
        (name, seen): (&str, &SeenTopic),
        fields: &mut BTreeMap<String, (Field, Added)>,
    ) -> Result<(), Problem> {
        let mut left = MOST_BYTES;
        loop {
            let missing = self.missing(ends);
            if missing.is_empty() {
                return Ok(());
            }
            let leader =
                |_: &str, partition: i32| seen.leaders.get(usize::try_from(partition).ok()?).copied()?;
            let from = Positions::from([(name.to_owned(), missing.clone())]);
            let questions = fetch::questions(from, leader, (MOST_BYTES_AN_ANSWER, MOST_BYTES_A_PARTITION));
            let mut progress = false;
            for answer in brokers.ask_each(questions).await.into_values() {
                let partitions = answer?.remove(name).unwrap_or_default();
                for (partition, records) in partitions {
                    let records = records?;
                    left = left
                        .checked_sub(records.len())
                        .ok_or(Problem::TooManyRecords { most_mib: MOST_BYTES >> 20 })?;
                    progress |= self.take(partition, &records, fields);
                }
                // Reading is quick, but not so quick that others should wait for all of it.
                tokio::task::yield_now().await;
            }
            if !progress {
                return Err(Problem::Answered("no records where there should be some".to_owned()));
            }
        }
    }

    /// Partitions that are not read to the end yet. One that was added is read from its beginning.
    fn missing(&self, ends: &[i64]) -> BTreeMap<i32, i64> {
        let partitions = (0..).zip(ends);
        partitions
            .filter_map(|(partition, end)| {
                let position = self.positions.get(&partition).copied().unwrap_or(0);
                (position < *end).then_some((partition, position))
            })
            .collect()
    }

    /// Adds up the records of a partition; tells whether there were any batches.
    fn take(
        &mut self,
        partition: i32,
        records: &[u8],
        fields: &mut BTreeMap<String, (Field, Added)>,
    ) -> bool {
        let position = self.positions.entry(partition).or_insert(0);
        let reached = read_batches(records, |record| {
            if *position <= record.offset {
                for (field, added) in fields.values_mut() {
                    added.add(record.value.and_then(|value| field.of(value)));
                }
            }
        });
        for (_, added) in fields.values_mut() {
            added.records += reached.broken as f64;
            added.skipped += reached.broken as f64;
        }
        match reached.next.filter(|next| *position < *next) {
            Some(next) => {
                *position = next;
                true
            }
            None => false,
        }
    }
}

impl Added {
    fn add(&mut self, number: Option<f64>) {
        self.records += 1.0;
        match number {
            Some(number) => self.sum += number,
            None => self.skipped += 1.0,
        }
    }
}

impl Sum {
    /// Takes in what a poll added; `None` where it only began to read.
    pub(super) fn learn(&mut self, at: (Timestamp, Duration), added: Result<Option<Added>, Problem>) {
        match added {
            Ok(added) => {
                if added.is_none() {
                    *self = Self::default();
                }
                let Added { sum, records, skipped } = added.unwrap_or_default();
                self.sum.add(at.1, sum);
                self.records.add(at.1, records);
                self.skipped.add(at.1, skipped);
                self.at = Some(at);
                self.problem = None;
            }
            Err(problem) => *self = Self { problem: Some(problem), ..Self::default() },
        }
    }

    /// The sum a second over the last `window`.
    pub(super) fn read(
        &self,
        path: &str,
        window: Duration,
        (now, stale_after): (Duration, Duration),
    ) -> Result<SumReading, Problem> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let (at, steady) = self.at.ok_or(Problem::NotPolled)?;
        if stale_after < now.saturating_sub(steady) {
            return Err(Problem::Stale { since: whole_second(at) });
        }
        let rate = self.sum.rate(window).ok_or(Problem::OnePoll)?;
        let (records, skipped) =
            (self.records.rate(window).unwrap_or(0.0), self.skipped.rate(window).unwrap_or(0.0));
        if 0.0 < records && records <= skipped {
            return Err(Problem::NoField { path: path.to_owned() });
        }
        let sample = Sample::new(whole_second(at), rate);
        let sample = sample.ok_or_else(|| Problem::Answered(format!("a sum of {rate}")))?;
        Ok(SumReading { sample, skipped: if 0.0 < records { skipped / records } else { 0.0 } })
    }
}

/// Samples are of whole seconds.
pub(super) fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).expect("a timestamp without its fraction is one")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Learns `(sum, records, skipped)` of polls a second apart, after one that only began to read.
    fn check(polls: &[(f64, f64, f64)], expected: &Result<(f64, f64), Problem>) {
        let mut sum = Sum::default();
        let moment =
            |second: u64| (Timestamp::from_second(second as i64).unwrap(), Duration::from_secs(second));
        sum.learn(moment(0), Ok(None));
        for (second, &(added, records, skipped)) in (1..).zip(polls) {
            sum.learn(moment(second), Ok(Some(Added { sum: added, records, skipped })));
        }
        let now = Duration::from_secs(polls.len() as u64);
        let read = sum.read("n", Duration::from_secs(60), (now, Duration::from_secs(15)));
        assert_eq!(read.map(|read| (read.sample.value(), read.skipped)), *expected, "{polls:?}");
    }

    #[test]
    fn a_sum_is_of_what_came_between_two_polls() {
        check(&[], &Err(Problem::OnePoll));
        check(&[(30.0, 3.0, 0.0), (10.0, 1.0, 0.0)], &Ok((20.0, 0.0)));
        check(&[(0.0, 0.0, 0.0)], &Ok((0.0, 0.0)));
        check(&[(30.0, 4.0, 1.0)], &Ok((30.0, 0.25)));
        check(&[(0.0, 4.0, 4.0)], &Err(Problem::NoField { path: "n".to_owned() }));
    }

    #[test]
    fn a_sum_that_could_not_be_read_begins_anew() {
        let mut sum = Sum::default();
        let window = Duration::from_secs(60);
        let moment =
            |second: u64| (Timestamp::from_second(second as i64).unwrap(), Duration::from_secs(second));
        let read =
            |sum: &Sum, now| sum.read("n", window, (Duration::from_secs(now), Duration::from_secs(15)));
        sum.learn(moment(0), Ok(None));
        sum.learn(moment(5), Err(Problem::NoTopic));
        assert_eq!(read(&sum, 5), Err(Problem::NoTopic));
        sum.learn(moment(10), Ok(None));
        assert_eq!(read(&sum, 10), Err(Problem::OnePoll));
        sum.learn(moment(15), Ok(Some(Added { sum: 5.0, records: 1.0, skipped: 0.0 })));
        assert_eq!(read(&sum, 15).map(|read| read.sample.value()), Ok(1.0));
        assert!(matches!(read(&sum, 31), Err(Problem::Stale { .. })));
    }
}
