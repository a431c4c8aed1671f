//! How the total of one recorded step falls on its seconds.

use rand_distr::{Binomial, Distribution, StandardNormal};
use rand_pcg::Pcg64Mcg;

/// Mean per second from which a second's draw is taken from the normal distribution. Its skew is then below
/// 1/√30 ≈ 0.18, and drawing is several times cheaper.
const NORMAL_FROM: f64 = 30.0;

/// Appends the counter of `seconds` seconds whose requests sum up to `total`.
///
/// Given its total, a Poisson process puts each request on any second with the same chance: second by second,
/// that is a binomial draw from those that remain. The fraction of a request that a total may have is spread
/// evenly.
pub(super) fn append(counter: &mut Vec<f64>, total: f64, seconds: usize, rng: &mut Pcg64Mcg) {
    let before = counter.last().copied().unwrap_or(0.0);
    let whole = total.floor();
    let mut arrived = 0.0;
    for second in 1..seconds {
        let seconds_left = (seconds - second + 1) as f64;
        arrived += draw(whole - arrived, 1.0 / seconds_left, rng);
        let fraction = total.fract() * second as f64 / seconds as f64;
        counter.push(before + arrived + fraction);
    }
    // Not the sum of the draws: the step's total holds exactly.
    counter.push(before + total);
}

/// How many of `remaining` requests fall on a second that takes each with `chance`.
fn draw(remaining: f64, chance: f64, rng: &mut Pcg64Mcg) -> f64 {
    let mean = remaining * chance;
    if NORMAL_FROM <= mean {
        let normal: f64 = StandardNormal.sample(rng);
        let deviation = (mean * (1.0 - chance)).sqrt();
        return (mean + deviation * normal).round().clamp(0.0, remaining);
    }
    // A chance is within [0, 1], which is all that a binomial distribution asks.
    Binomial::new(remaining as u64, chance).map_or(0.0, |binomial| binomial.sample(rng) as f64)
}
