//! Two worlds at once: an event that is not certain is in one and not in the other. A quantile above the doubt about an
//! event provisions for it.

use super::band::ascending;
use super::{QUANTILES, Quantiles, probability_of};

/// Halvings of the search for a quantile of both: to a millionth of its range.
const HALVINGS: u32 = 20;

/// Quantiles of a world that is `with` with some probability, and else `without`.
#[must_use]
pub fn mix(with: &Quantiles, without: &Quantiles, probability: f64) -> Quantiles {
    let below = |demand| {
        probability * probability_of(with, demand) + (1.0 - probability) * probability_of(without, demand)
    };
    ascending(std::array::from_fn(|index| {
        let (mut low, mut high) = (with[index].min(without[index]), with[index].max(without[index]));
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if below(middle) < QUANTILES[index] { low = middle } else { high = middle }
        }
        high
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_above_the_doubt_provisions_for_the_event() {
        let (with, without) = ([90.0, 100.0, 110.0, 115.0, 120.0], [9.0, 10.0, 11.0, 11.5, 12.0]);
        let likely = mix(&with, &without, 0.9);
        assert!(likely[0] < 15.0 && 90.0 < likely[1] && 105.0 < likely[3], "{likely:?}");
        let unlikely = mix(&with, &without, 0.02);
        assert!(unlikely[3] < 13.0 && 90.0 < unlikely[4], "{unlikely:?}");
    }
}
