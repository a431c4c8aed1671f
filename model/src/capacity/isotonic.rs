//! Isotonic regression: the rising curve that lies nearest to weighted values, by pooling adjacent violators (Ayer,
//! Brunk, Ewing, Reid and Silverman 1955). More load never makes a replica quicker, so noise that says so is averaged
//! away.
//!
//! It is our own because neither library can serve here: linfa-linear depends on rand, which this crate must not, and
//! pav_regression is under the LGPL.

/// Values that were pooled.
struct Pool {
    mean: f64,
    weight: f64,
    count: usize,
}

/// The values of the nearest curve that never falls, one for each of `(value, weight)`. Weights are above 0.
pub(super) fn rising(values: impl IntoIterator<Item = (f64, f64)>) -> Vec<f64> {
    let mut pools: Vec<Pool> = vec![];
    for (value, weight) in values {
        let mut pool = Pool { mean: value, weight, count: 1 };
        while let Some(lower) = pools.pop_if(|last| pool.mean < last.mean) {
            let weight = lower.weight + pool.weight;
            let mean = (lower.mean * lower.weight + pool.mean * pool.weight) / weight;
            pool = Pool { mean, weight, count: lower.count + pool.count };
        }
        pools.push(pool);
    }
    pools.iter().flat_map(|pool| std::iter::repeat_n(pool.mean, pool.count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[(f64, f64)], expected: &[f64]) {
        let curve = rising(values.iter().copied());
        let close = curve.iter().zip(expected).all(|(fitted, value)| (fitted - value).abs() < 1e-9);
        assert!(close && curve.len() == expected.len(), "{values:?} gave {curve:?}");
    }

    /// The expected values are those of scikit-learn 1.9's `IsotonicRegression().fit_transform(x, y, sample_weight)`.
    #[test]
    fn the_curve_is_the_one_that_scikit_learn_gives() {
        check(&[(1.0, 1.0), (2.0, 1.0), (3.0, 1.0)], &[1.0, 2.0, 3.0]);
        check(&[(3.0, 1.0), (2.0, 1.0), (1.0, 1.0)], &[2.0, 2.0, 2.0]);
        check(
            &[(1.0, 2.0), (4.0, 1.0), (2.0, 3.0), (3.0, 1.0), (2.0, 4.0), (6.0, 1.0)],
            &[1.0, 7.0 / 3.0, 7.0 / 3.0, 7.0 / 3.0, 7.0 / 3.0, 6.0],
        );
        check(
            &[(0.21, 60.0), (0.2, 30.0), (0.35, 2.5), (0.3, 8.0), (0.33, 5.0), (0.9, 1.0), (0.8, 3.0)],
            &[18.6 / 90.0, 18.6 / 90.0, 3.275 / 10.5, 3.275 / 10.5, 0.33, 0.825, 0.825],
        );
        check(&[], &[]);
    }
}
