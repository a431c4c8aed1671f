//! Several methods as one: at each horizon their forecasts are averaged, by weights that fall with the fourth
//! power of how wrong each was lately. A method that has been wrong loses its weight within the hour.

use jiff::{SignedDuration, Timestamp};

use super::Centre;
use super::average::Average;
use super::centre::Pending;
use super::last_value::LastValue;
use super::level::Level;
use super::seasonal::Seasonal;

/// How long an error counts.
const LOSS_MEMORY: SignedDuration = SignedDuration::from_mins(90);

/// Least error that is told apart, on the scale of levels; keeps weights finite.
const LEAST_LOSS: f64 = 1e-4;

const METHODS: usize = 3;

/// The last value, a damped trend and a daily rhythm.
#[derive(Clone, Debug)]
pub struct Mixture {
    last_value: LastValue,
    level: Level,
    seasonal: Seasonal,
    horizons: Vec<u32>,
    /// One a horizon.
    records: Vec<Record>,
}

/// How the methods did at one horizon.
#[derive(Clone, Debug)]
struct Record {
    pending: Pending<[f64; METHODS]>,
    losses: [Average; METHODS],
}

impl Mixture {
    /// For a series on this step, scored at these horizons (in steps, ascending).
    #[must_use]
    pub fn new(step: SignedDuration, horizons: &[u32]) -> Self {
        let loss = Average::over(LOSS_MEMORY, step);
        let record = |&h: &u32| Record { pending: Pending::new(h), losses: [loss; METHODS] };
        Self {
            last_value: LastValue::default(),
            level: Level::new(step),
            seasonal: Seasonal::new(step),
            horizons: horizons.to_vec(),
            records: horizons.iter().map(record).collect(),
        }
    }

    /// The weights of last value, trend and rhythm at each horizon; they sum to 1.
    pub fn weights(&self) -> impl Iterator<Item = [f64; METHODS]> + '_ {
        self.records.iter().map(Record::weights)
    }

    fn score(&mut self, level: Option<f64>) {
        for record in &mut self.records {
            let Some((said, level)) = record.pending.take().zip(level) else { continue };
            for (loss, said) in record.losses.iter_mut().zip(said) {
                loss.add((level - said).abs());
            }
        }
    }

    /// What each method says of each horizon: `out[i][method]`.
    fn predict_each(&self) -> Vec<[f64; METHODS]> {
        let mut said = vec![[0.0; METHODS]; self.horizons.len()];
        let mut one = vec![0.0; self.horizons.len()];
        let methods: [&dyn Centre; METHODS] = [&self.last_value, &self.level, &self.seasonal];
        for (index, method) in methods.into_iter().enumerate() {
            method.predict(&self.horizons, &mut one);
            said.iter_mut().zip(&one).for_each(|(said, one)| said[index] = *one);
        }
        said
    }
}

impl Record {
    fn weights(&self) -> [f64; METHODS] {
        let worth = self.losses.map(|loss| loss.get().unwrap_or(1.0).max(LEAST_LOSS).powi(-4));
        let sum: f64 = worth.iter().sum();
        worth.map(|worth| worth / sum)
    }
}

impl Centre for Mixture {
    fn learn(&mut self, ends_at: Timestamp, level: Option<f64>) {
        self.score(level);
        self.last_value.learn(ends_at, level);
        self.level.learn(ends_at, level);
        self.seasonal.learn(ends_at, level);
        let said = self.predict_each();
        for (record, said) in self.records.iter_mut().zip(said) {
            record.pending.say(said);
        }
    }

    fn restart(&mut self) {
        self.last_value.restart();
        self.level.restart();
        self.seasonal.restart();
        self.records.iter_mut().for_each(|record| record.pending.clear());
    }

    /// `horizons` are those given to [`Mixture::new`].
    fn predict(&self, horizons: &[u32], out: &mut [f64]) {
        debug_assert_eq!(horizons, self.horizons);
        for ((record, said), out) in self.records.iter().zip(self.predict_each()).zip(out) {
            *out = record.weights().iter().zip(said).map(|(weight, said)| weight * said).sum();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: SignedDuration = SignedDuration::from_mins(1);

    fn learn(mixture: &mut Mixture, minutes: std::ops::Range<i64>, level: impl Fn(i64) -> f64) {
        for minute in minutes {
            mixture.learn(Timestamp::from_second(minute * 60).unwrap(), Some(level(minute)));
        }
    }

    #[test]
    fn a_method_that_has_been_wrong_lately_loses_its_weight() {
        let mut mixture = Mixture::new(STEP, &[5]);
        let ramp = |minute| 2.0 + minute as f64 * 0.05;
        learn(&mut mixture, 0..120, ramp);
        let [[_, trend_on_the_ramp, _]] = mixture.weights().collect::<Vec<_>>()[..] else { unreachable!() };
        assert!(0.8 < trend_on_the_ramp, "{trend_on_the_ramp}");

        let saw = |minute: i64| if minute % 10 < 5 { 8.0 } else { 9.0 };
        learn(&mut mixture, 120..360, saw);
        let [[_, trend_on_the_saw, _]] = mixture.weights().collect::<Vec<_>>()[..] else { unreachable!() };
        assert!(trend_on_the_saw < 0.5 * trend_on_the_ramp, "{trend_on_the_saw}");
    }

    #[test]
    fn weights_sum_to_one_from_the_start() {
        let mixture = Mixture::new(STEP, &[1, 5]);
        for weights in mixture.weights() {
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
