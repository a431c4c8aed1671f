//! How good forecasts are: the mean weighted quantile loss, and how often each quantile holds.

use crate::forecast::{QUANTILES, Quantiles};

/// The pinball loss of saying `forecast` for a quantile where `actual` came (Koenker and Bassett, 1978).
#[must_use]
pub fn pinball(quantile: f64, forecast: f64, actual: f64) -> f64 {
    let error = actual - forecast;
    (quantile * error).max((quantile - 1.0) * error)
}

/// Scores, summed over forecasts of one horizon.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    count: u64,
    actual: f64,
    losses: Quantiles,
    covered: [u64; QUANTILES.len()],
}

impl Score {
    /// Takes in one forecast and what came.
    pub fn add(&mut self, forecast: &Quantiles, actual: f64) {
        self.count += 1;
        self.actual += actual;
        for (index, quantile) in QUANTILES.into_iter().enumerate() {
            self.losses[index] += 2.0 * pinball(quantile, forecast[index], actual);
            self.covered[index] += u64::from(actual <= forecast[index]);
        }
    }

    /// Forecasts taken in.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Mean weighted quantile loss: per quantile twice the pinball loss over the sum of actuals, averaged.
    /// `None` where nothing came.
    #[must_use]
    pub fn wql(&self) -> Option<f64> {
        let mean = self.losses.iter().sum::<f64>() / QUANTILES.len() as f64;
        (0.0 < self.actual).then(|| mean / self.actual)
    }

    /// Absolute error of the median over what came; `None` where nothing came.
    #[must_use]
    pub fn wape(&self) -> Option<f64> {
        // Twice the pinball loss of the median is the absolute error.
        (0.0 < self.actual).then(|| self.losses[1] / self.actual)
    }

    /// Share of actuals at or below each quantile; `None` before the first.
    #[must_use]
    pub fn coverage(&self) -> Option<Quantiles> {
        (0 < self.count).then(|| self.covered.map(|covered| covered as f64 / self.count as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loss_charges_each_side_by_its_quantile() {
        assert!((pinball(0.9, 10.0, 20.0) - 9.0).abs() < 1e-12);
        assert!((pinball(0.9, 20.0, 10.0) - 1.0).abs() < 1e-12);
        assert_eq!(pinball(0.5, 7.0, 7.0), 0.0);
    }

    #[test]
    fn scores_are_relative_to_what_came() {
        let mut score = Score::default();
        assert_eq!((score.wql(), score.coverage()), (None, None));
        score.add(&[10.0; 5], 20.0);
        // Twice the mean quantile (0.1 + 0.5 + 0.9 + 0.95 + 0.99) / 5 × 10, over 20.
        assert!((score.wql().unwrap() - 0.688).abs() < 1e-12);
        assert_eq!(score.wape(), Some(0.5));
        score.add(&[40.0; 5], 20.0);
        assert_eq!(score.coverage(), Some([0.5; 5]));
        assert_eq!(score.count(), 2);
    }
}
