//! How long a signal's changes come before those of demand: where both are most alike.
//!
//! Changes are differences of the means of a window and of the window before it, on the scale of a root, on which noise
//! of counts is as large everywhere. Levels would not do: two series with a daily rhythm look alike at every lag. What
//! counts is how far a likeness stands out from that of all lags, and the window is the one, of some, at which it stands
//! out most from chance.

/// Windows, in steps.
const WINDOWS: [usize; 5] = [1, 2, 4, 8, 16];

/// A correlation that stands out from chance by so many of its standard errors is no chance, of some hundred lags.
const STANDS_OUT: f64 = 5.0;

/// Where a signal and demand are most alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lead {
    /// Steps that the signal comes before demand; below 0 where it follows.
    pub(super) steps: i64,
    /// Correlation of their changes there, within (0, 1].
    pub(super) correlation: f64,
}

/// The lead of `signal` over `demand`, both on one grid, up to `most` steps either way; `None` where no likeness stands
/// out from chance.
pub(super) fn lead(signal: &[Option<f64>], demand: &[Option<f64>], most: usize) -> Option<Lead> {
    let peaks = WINDOWS.iter().filter_map(|&window| peak(signal, demand, most, window));
    let (standing, lead) = peaks.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (STANDS_OUT <= standing).then_some(lead)
}

/// The lag at which changes over `window` are most alike, and how far that stands out, in standard errors.
fn peak(signal: &[Option<f64>], demand: &[Option<f64>], most: usize, window: usize) -> Option<(f64, Lead)> {
    let (signal, demand) = (changes(signal, window), changes(demand, window));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut all: Vec<(Lead, f64)> = (-most..=most).filter_map(|lag| alike(&signal, &demand, lag)).collect();
    all.sort_by(|(a, _), (b, _)| a.correlation.total_cmp(&b.correlation));
    let usual = all.get(all.len() / 2)?.0.correlation;
    let &(lead, count) = all.last()?;
    // Changes over windows overlap: so many are one of their own.
    let own = count / (2 * window) as f64;
    Some(((lead.correlation - usual) * own.sqrt(), lead))
}

/// How alike changes are, where demand's are taken `lag` steps later, and how many were compared; `None` where one of
/// them never changes.
fn alike(signal: &[Option<f64>], demand: &[Option<f64>], lag: i64) -> Option<(Lead, f64)> {
    let skip = |steps: i64| usize::try_from(steps).unwrap_or(0);
    let pairs = signal.iter().skip(skip(-lag)).zip(demand.iter().skip(skip(lag)));
    let (mut count, mut of_both, mut of_signal, mut of_demand) = (0.0, 0.0, 0.0, 0.0);
    for (signal, demand) in pairs.filter_map(|(signal, demand)| signal.zip(*demand)) {
        count += 1.0;
        of_both += signal * demand;
        of_signal += signal * signal;
        of_demand += demand * demand;
    }
    let scale = (of_signal * of_demand).sqrt();
    (0.0 < scale).then(|| (Lead { steps: lag, correlation: of_both / scale }, count))
}

/// The mean of each window less that of the window before, on the scale of a root; `None` where a value is missing.
fn changes(values: &[Option<f64>], window: usize) -> Vec<Option<f64>> {
    let roots: Vec<Option<f64>> = values.iter().map(|value| value.map(f64::sqrt)).collect();
    let mean = |values: &[Option<f64>]| Some(values.iter().copied().sum::<Option<f64>>()? / window as f64);
    let change = |both: &[Option<f64>]| {
        let (before, after) = both.split_at(window);
        Some(mean(after)? - mean(before)?)
    };
    roots.windows(2 * window).map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise within [0, 1), the same on every run.
    fn noise(index: usize, seed: u64) -> f64 {
        let mut bits =
            (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed.wrapping_mul(0xd1b5_4a32_d192_ed03);
        bits = (bits ^ (bits >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((bits ^ (bits >> 29)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Four days of minutes with a daily rhythm, a rush of ten minutes every few hours, and noise.
    fn series(later: usize, seed: u64, noisy: f64) -> Vec<Option<f64>> {
        let value = |minute: usize| {
            let at = minute as f64 - later as f64;
            let rhythm = 200.0 + 100.0 * (at / 1_440.0 * std::f64::consts::TAU).sin();
            let rush = if at.rem_euclid(331.0) < 10.0 { 400.0 } else { 0.0 };
            rhythm + rush + noisy * noise(minute, seed)
        };
        (0..5_760).map(|minute| Some(value(minute))).collect()
    }

    fn check(signal: &[Option<f64>], demand: &[Option<f64>], expected: Option<i64>) {
        assert_eq!(lead(signal, demand, 60).map(|lead| lead.steps), expected);
    }

    #[test]
    fn a_lead_is_found_to_the_step() {
        for (later, noisy) in [(0, 0.0), (1, 50.0), (7, 0.0), (10, 100.0), (45, 300.0)] {
            check(&series(0, 1, noisy), &series(later, 2, noisy), Some(later as i64));
        }
    }

    #[test]
    fn what_follows_demand_has_a_lead_below_zero() {
        check(&series(9, 1, 80.0), &series(0, 2, 80.0), Some(-9));
    }

    #[test]
    fn gaps_are_no_changes() {
        let mut signal = series(0, 1, 50.0);
        signal.iter_mut().skip(3).step_by(17).for_each(|value| *value = None);
        check(&signal, &series(10, 2, 50.0), Some(10));
        check(&vec![None; 5_760], &series(10, 2, 50.0), None);
    }

    #[test]
    fn a_daily_rhythm_that_both_have_is_no_lead() {
        let rhythm = |seed: u64| -> Vec<Option<f64>> {
            let value = |minute: usize| {
                200.0
                    + 100.0 * (minute as f64 / 1_440.0 * std::f64::consts::TAU).sin()
                    + 60.0 * noise(minute, seed)
            };
            (0..5_760).map(|minute| Some(value(minute))).collect()
        };
        check(&rhythm(1), &rhythm(2), None);
        check(&vec![Some(7.0); 5_760], &rhythm(2), None);
    }
}
