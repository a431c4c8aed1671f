//! When each arrival is intended: times drawn from a shape of rates, before anything is sent and whatever is answered.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1};
use rand_pcg::Pcg64Mcg;

use crate::shape::{Piece, Shape};

/// How arrivals lie around their rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// As people come who know nothing of each other: a Poisson process, drawn from a seed.
    Poisson(u64),
    /// The same, given how many come in each straight piece of the shape: exactly its area, with what is left of a whole
    /// one carried over to the next. So the totals of a recording stay what they were.
    Totals(u64),
    /// One after the other at even distances.
    Even,
}

/// Intended times, as offsets from the begin, in order.
#[derive(Debug)]
pub enum Arrivals {
    /// Each by its distance from the one before.
    ByGap(ByGap),
    /// A piece's at a time.
    ByTotal(ByTotal),
}

/// Arrivals drawn by their distances.
#[derive(Debug)]
pub struct ByGap {
    pieces: std::vec::IntoIter<Piece>,
    piece: Option<Piece>,
    /// Area of the current piece that lies before the last arrival.
    used: f64,
    gaps: Gaps,
}

/// Arrivals drawn by the totals of pieces.
#[derive(Debug)]
pub struct ByTotal {
    pieces: std::vec::IntoIter<Piece>,
    rng: Pcg64Mcg,
    /// What of a whole arrival the pieces so far have left.
    left: f64,
    /// Of the current piece, the last first.
    drawn: Vec<Duration>,
}

#[derive(Debug)]
enum Gaps {
    Exponential(Box<Pcg64Mcg>),
    One,
}

impl Arrivals {
    /// Arrivals at the rates of `shape` for `length`.
    pub fn new(shape: &Shape, length: Duration, spacing: Spacing) -> Self {
        let mut pieces = shape.pieces(length).into_iter();
        let gaps = match spacing {
            Spacing::Poisson(seed) => Gaps::Exponential(Box::new(Pcg64Mcg::seed_from_u64(seed))),
            Spacing::Even => Gaps::One,
            Spacing::Totals(seed) => {
                let rng = Pcg64Mcg::seed_from_u64(seed);
                return Self::ByTotal(ByTotal { pieces, rng, left: 0.0, drawn: vec![] });
            }
        };
        Self::ByGap(ByGap { piece: pieces.next(), pieces, used: 0.0, gaps })
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        match self {
            Self::ByGap(arrivals) => arrivals.next(),
            Self::ByTotal(arrivals) => arrivals.next(),
        }
    }
}

impl ByTotal {
    /// Given its total, a Poisson process puts each arrival anywhere with the same chance.
    fn next(&mut self) -> Option<Duration> {
        while self.drawn.is_empty() {
            let piece = self.pieces.next()?;
            let area = piece.area();
            // A sum of tenths may miss a whole number by a rounding.
            let total = (self.left + area + 1e-6).floor();
            self.left += area - total;
            let mut times: Vec<f64> =
                (0..total as u64).map(|_| piece.time_of(area * self.rng.random::<f64>())).collect();
            times.sort_by(|one, other| other.total_cmp(one));
            self.drawn.extend(times.into_iter().map(|time| piece.from.at + Duration::from_secs_f64(time)));
        }
        self.drawn.pop()
    }
}

impl ByGap {
    /// A process of rate 1 on the area under the shape is one of the shape's rate over time.
    fn next(&mut self) -> Option<Duration> {
        let mut gap = self.gaps.draw();
        loop {
            let piece = self.piece?;
            let left = piece.area() - self.used;
            // A sum of ones may miss the end of a piece by a rounding.
            if gap <= left + 1e-9 {
                self.used += gap;
                return Some(piece.from.at + Duration::from_secs_f64(piece.time_of(self.used)));
            }
            gap -= left;
            self.used = 0.0;
            self.piece = self.pieces.next();
        }
    }
}

impl Gaps {
    fn draw(&mut self) -> f64 {
        match self {
            Self::Exponential(rng) => Exp1.sample(rng),
            Self::One => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(words: &str, seconds: u64, spacing: Spacing) -> Vec<f64> {
        let shape: Shape = words.parse().unwrap();
        let arrivals = Arrivals::new(&shape, Duration::from_secs(seconds), spacing);
        arrivals.map(|at| at.as_secs_f64()).collect()
    }

    #[test]
    fn even_arrivals_are_as_many_as_the_area_says() {
        assert_eq!(times("2", 3, Spacing::Even), [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]);
        assert_eq!(times("0@0s,100@10s", 10, Spacing::Even).len(), 500);
        assert_eq!(times("100@0s,100@5s,0@5s,0@8s,50@8s,50@10s", 10, Spacing::Even).len(), 600);
    }

    #[test]
    fn nothing_arrives_while_the_rate_is_zero() {
        let times = times("10@0s,10@5s,0@5s,0@8s,10@8s,10@10s", 10, Spacing::Poisson(7));
        assert!(times.iter().all(|at| !(5.0..8.0).contains(at)), "{times:?}");
        assert!(times.iter().any(|at| 8.0 <= *at));
    }

    #[test]
    fn totals_of_pieces_are_kept() {
        let times = times("3.25@0s,3.25@10s,0@10s,0@20s,50@20s,50@30s", 30, Spacing::Totals(9));
        let count = |from: f64, to: f64| times.iter().filter(|at| (from..to).contains(*at)).count();
        assert_eq!((count(0.0, 10.0), count(10.0, 20.0), count(20.0, 30.0)), (32, 0, 500));
        assert!(times.is_sorted());
        // Not even: of 50 that are due in a second, 50 come in few seconds.
        assert!((20..30).filter(|second| count(f64::from(*second), f64::from(second + 1)) == 50).count() < 5);
    }

    #[test]
    fn a_seed_gives_the_same_times_and_another_gives_others() {
        let of = |seed| times("50", 4, Spacing::Poisson(seed));
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    /// Of a Poisson process, the count of a second has a variance as large as its mean; 400 seconds at 100 bring both
    /// within a tenth, four standard errors of the mean being 2 and of the variance 28.
    #[test]
    fn counts_of_seconds_vary_as_those_of_a_poisson_process() {
        let mut counts = vec![0.0_f64; 400];
        for at in times("100", 400, Spacing::Poisson(3)) {
            counts[at as usize] += 1.0;
        }
        let mean = counts.iter().sum::<f64>() / 400.0;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 399.0;
        assert!((98.0..102.0).contains(&mean), "{mean}");
        assert!((72.0..128.0).contains(&variance), "{variance}");
    }

    proptest::proptest! {
        #[test]
        fn times_are_in_order_and_within_the_length(
            levels in proptest::collection::vec((0_u64..60, 0.0_f64..50.0), 1..6), seed: u64,
        ) {
            let mut levels = levels;
            levels.sort_by_key(|(at, _)| *at);
            let knots = levels.iter().map(|(at, level)| crate::shape::Knot {
                at: Duration::from_secs(*at), level: *level,
            });
            let shape = Shape::new(knots.collect()).unwrap();
            let length = Duration::from_secs(40);
            let times: Vec<_> = Arrivals::new(&shape, length, Spacing::Poisson(seed)).collect();
            proptest::prop_assert!(times.is_sorted());
            proptest::prop_assert!(times.iter().all(|at| *at <= length));
        }
    }
}
