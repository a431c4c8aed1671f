//! The wait of the M/M/c queue in its steady state: Erlang's C formula and the exponential tail behind it.

/// Cells of the table over utilization: linear in between, it is within 0.001 of the formula.
const CELLS: usize = 2_048;

/// Share of requests that wait longer than a fixed time, by utilization, in steady state.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WaitTable {
    shares: Vec<f64>,
}

impl WaitTable {
    /// Tabulates P(wait > `wait`) for `servers` servers; `wait` is counted in mean service times.
    pub(super) fn new(servers: u32, wait: f64) -> Self {
        let share = |cell| wait_above(servers, cell as f64 / CELLS as f64, wait);
        Self { shares: (0..=CELLS).map(share).collect() }
    }

    /// The share at `utilization`; 1 from saturation on, where no steady state exists.
    pub(super) fn at(&self, utilization: f64) -> f64 {
        if 1.0 <= utilization {
            return 1.0;
        }
        let position = utilization.max(0.0) * CELLS as f64;
        let cell = position as usize;
        let (low, high) = (self.shares[cell], self.shares[cell + 1]);
        low + (high - low) * (position - cell as f64)
    }

    /// The highest utilization at which at most `share` wait longer, to the table's cell.
    pub(super) fn utilization_within(&self, share: f64) -> f64 {
        let cells_within = self.shares.partition_point(|cell| *cell <= share);
        cells_within.saturating_sub(1) as f64 / CELLS as f64
    }
}

/// P(wait > `wait` mean service times) at `utilization` below 1, and 1 at 1: C(c, cρ) · e^(−c(1 − ρ)·wait).
fn wait_above(servers: u32, utilization: f64, wait: f64) -> f64 {
    erlang_c(servers, utilization) * (-f64::from(servers) * (1.0 - utilization) * wait).exp()
}

/// Share of requests that wait at all. From Erlang's B by its recursion, which does not overflow as the
/// factorials of the textbook form do.
fn erlang_c(servers: u32, utilization: f64) -> f64 {
    let offered = f64::from(servers) * utilization;
    let blocked = (1..=servers)
        .fold(1.0, |blocked, server| offered * blocked / (f64::from(server) + offered * blocked));
    (blocked / (1.0 - utilization * (1.0 - blocked))).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_distr::{Distribution, Exp1};
    use rand_pcg::Pcg64Mcg;

    fn check(servers: u32, offered: f64, expected: f64) {
        let share = erlang_c(servers, offered / f64::from(servers));
        assert!((share - expected).abs() < 5e-4, "C({servers}, {offered}) is {share}");
    }

    #[test]
    fn erlang_c_equals_the_published_values() {
        // Cooper, Introduction to Queueing Theory (2nd ed.): the tables of Erlang's C.
        check(10, 8.0, 0.409);
        // M/M/1 waits with the chance of its utilization.
        check(1, 0.7, 0.7);
        // M/M/2: 2ρ²/(1 + ρ).
        check(2, 1.5, 2.0 * 0.75 * 0.75 / 1.75);
    }

    /// Share that waits longer than `wait`, of a million requests served one by one, first come, first served.
    fn simulated(servers: usize, utilization: f64, wait: f64) -> f64 {
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        let mut exponential = || -> f64 { Exp1.sample(&mut rng) };
        let (requests, mut now, mut above) = (1_000_000, 0.0, 0);
        let mut free_at = vec![0.0_f64; servers];
        for _ in 0..requests {
            now += exponential() / (servers as f64 * utilization);
            let next = free_at.iter_mut().min_by(|a, b| a.total_cmp(b)).unwrap();
            let starts = next.max(now);
            above += u32::from(wait < starts - now);
            *next = starts + exponential();
        }
        f64::from(above) / f64::from(requests)
    }

    #[test]
    fn the_table_agrees_with_a_queue_served_request_by_request() {
        for (servers, utilization, wait) in [(8, 0.9, 1.0), (8, 0.95, 3.0), (2, 0.8, 2.0), (1, 0.5, 1.0)] {
            let (formula, counted) = (
                WaitTable::new(servers, wait).at(utilization),
                simulated(servers as usize, utilization, wait),
            );
            assert!((formula - counted).abs() < 0.01, "{formula} by formula, {counted} counted");
        }
    }

    #[test]
    fn the_table_is_the_formula_between_its_cells() {
        let table = WaitTable::new(8, 9.0);
        for utilization in [0.0, 0.123_4, 0.5, 0.876_5, 0.95, 0.987_6, 0.999_9] {
            let error = (table.at(utilization) - wait_above(8, utilization, 9.0)).abs();
            assert!(error < 1e-3, "{error} at {utilization}");
        }
    }

    #[test]
    fn without_a_steady_state_everyone_waits() {
        let table = WaitTable::new(8, 9.0);
        for utilization in [1.0, 1.7, f64::INFINITY] {
            assert_eq!(table.at(utilization), 1.0, "at {utilization}");
        }
    }
}
