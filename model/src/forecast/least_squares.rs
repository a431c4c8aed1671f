//! Recursive least squares with forgetting, for several targets at once.
//!
//! All targets see the same features, so they share one gain (Haykin, *Adaptive Filter Theory*, ch. 10):
//!
//! ```text
//! g = P x / (λ + xᵀ P x)      w ← w + g e      P ← (P − g xᵀ P) / λ
//! ```
//!
//! Three things keep it well posed for years, in single precision:
//! - `P` is block diagonal with a common innovation: groups of features that live on different clocks neither mix nor
//!   grow with the square of all. A block whose features are all 0 is neither updated nor forgotten.
//! - Each tick one weight a block is drawn to its prior, in turn, by a pseudo-observation `w_j = prior_j`: a ridge
//!   that never fades with forgetting.
//! - Errors are clipped at a multiple of their usual size (Huber), so that one broken sample moves nothing far.

use serde::{Deserialize, Serialize};

use super::sound;

/// A block of features: how many, and how it forgets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockSettings {
    /// Features.
    pub features: usize,
    /// Weight of the last update's evidence in this one, within (0, 1).
    pub forgetting: f32,
    /// Strength of the pull to the prior: pseudo-observations per memory.
    pub ridge: f32,
    /// Variance of a weight before anything was seen: how openly the first evidence is believed.
    pub openness: f32,
}

/// Several targets as linear functions of the same features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeastSquares {
    blocks: Vec<Block>,
    targets: usize,
    features: usize,
    /// One row of weights a target; empty until something was learned, when each is the prior.
    weights: Vec<f32>,
    /// Towards which weights are drawn, one a feature, the same for all targets; empty where all are 0.
    prior: Vec<f32>,
    updates: u32,
}

/// The inverse information of one block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Block {
    start: usize,
    settings: BlockSettings,
    /// Lower triangle, row by row; empty until something was learned, when it is the openness times the identity.
    inverse: Vec<f32>,
}

/// Working memory of an update, kept by the caller so that all updates of a step share it.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    gain: Vec<f32>,
    pull: Vec<f32>,
}

impl LeastSquares {
    /// All weights start at 0, and are drawn to it.
    #[must_use]
    pub fn new(targets: usize, blocks: &[BlockSettings]) -> Self {
        let mut new =
            Self { blocks: vec![], targets, features: 0, weights: vec![], prior: vec![], updates: 0 };
        blocks.iter().for_each(|&block| new.add_block(block));
        new
    }

    /// Draws weights to `prior`, one a feature, and starts from it.
    #[must_use]
    pub fn with_prior(self, prior: Vec<f32>) -> Self {
        assert_eq!(prior.len(), self.features, "a prior for each feature");
        Self { prior, ..self }
    }

    /// Adds features after all others, with weights of 0.
    pub fn add_block(&mut self, settings: BlockSettings) {
        self.blocks.reserve_exact(1);
        self.blocks.push(Block::new(self.features, settings));
        let wider = self.features + settings.features;
        if !self.weights.is_empty() {
            let mut weights = vec![0.0; self.targets * wider];
            for (wide, row) in weights.chunks_exact_mut(wider).zip(self.weights.chunks_exact(self.features)) {
                wide[..self.features].copy_from_slice(row);
            }
            self.weights = weights;
        }
        if !self.prior.is_empty() {
            self.prior.resize(wider, 0.0);
        }
        self.features = wider;
    }

    /// Whether it could have learned from `new`, which has learned nothing: all lengths fit, and all numbers can be
    /// computed with.
    pub(super) fn is_sound(&self, new: &Self) -> bool {
        let same_shape = |(one, other): (&Block, &Block)| {
            one.start == other.start && one.settings == other.settings && one.has_variances()
        };
        let inverses = self.blocks.iter().flat_map(|block| &block.inverse);
        self.targets == new.targets
            && self.features == new.features
            && self.blocks.len() == new.blocks.len()
            && self.blocks.iter().zip(&new.blocks).all(same_shape)
            && self.prior == new.prior
            && (self.weights.is_empty() || self.weights.len() == self.targets * self.features)
            && inverses.chain(&self.weights).all(|value| sound::is_number(*value))
    }

    /// Features of all blocks.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }

    /// What is expected of a target.
    #[must_use]
    pub fn predict(&self, target: usize, x: &[f32]) -> f32 {
        let learned = self.weights.chunks_exact(self.features).nth(target);
        dot(learned.unwrap_or(&self.prior), x)
    }

    /// How unusual features are: `xᵀ P x`, over all blocks.
    #[must_use]
    pub fn leverage(&self, x: &[f32], scratch: &mut Scratch) -> f32 {
        scratch.gain.resize(self.features, 0.0);
        self.blocks.iter().map(|block| block.project(x, &mut scratch.gain)).sum()
    }

    /// Learns what came. `errors(target, expected)` gives `actual − expected` as it should count, 0 where nothing is
    /// known of a target.
    pub fn learn(&mut self, x: &[f32], scratch: &mut Scratch, error: impl Fn(usize, f32) -> f32) {
        self.unfold();
        let Scratch { gain, pull } = scratch;
        gain.resize(self.features, 0.0);
        pull.resize(self.features, 0.0);
        let leverage: f32 = self.blocks.iter().map(|block| block.project(x, gain)).sum();
        let forgetting = self.blocks.first().map_or(1.0, |block| block.settings.forgetting);
        let share = 1.0 / (forgetting + leverage);
        let active: Vec<bool> = self.blocks.iter().map(|block| block.is_active(x)).collect();
        for target in 0..self.targets {
            let row = &mut self.weights[target * self.features..][..self.features];
            let step = error(target, dot(row, x)) * share;
            for block in
                self.blocks.iter().zip(&active).filter(|(_, active)| **active).map(|(block, _)| block)
            {
                add(&mut row[block.range()], step, &gain[block.range()]);
            }
        }
        for (block, active) in self.blocks.iter_mut().zip(active) {
            if active {
                let drawn = self.updates as usize % block.settings.features;
                let pull = block.update(gain, share, drawn, pull);
                let prior = self.prior.get(block.start + drawn).copied().unwrap_or(0.0);
                for row in self.weights.chunks_exact_mut(self.features) {
                    let off = prior - row[block.start + drawn];
                    add(&mut row[block.range()], off * pull.share, pull.direction);
                }
            }
        }
        self.updates = self.updates.wrapping_add(1);
    }

    /// Believes what it has learned less: as if all of it had been seen `share` as often, within (0, 1].
    pub fn doubt(&mut self, share: f32) {
        for block in &mut self.blocks {
            block.unfold();
            block.inverse.iter_mut().for_each(|value| *value /= share);
        }
    }

    /// Makes room for weights: a series that is new needs none.
    fn unfold(&mut self) {
        if self.weights.is_empty() {
            self.weights = vec![0.0; self.targets * self.features];
            if !self.prior.is_empty() {
                self.weights.chunks_exact_mut(self.features).for_each(|row| row.copy_from_slice(&self.prior));
            }
        }
    }
}

/// The pull of one weight to its prior.
struct Pull<'a> {
    share: f32,
    direction: &'a [f32],
}

impl Block {
    fn new(start: usize, settings: BlockSettings) -> Self {
        Self { start, settings, inverse: Vec::new() }
    }

    /// Makes room for what is learned: a series that is new, and a block that was never active, need none.
    fn unfold(&mut self) {
        if self.inverse.is_empty() {
            let n = self.settings.features;
            self.inverse = vec![0.0; n * (n + 1) / 2];
            (0..n).for_each(|i| self.inverse[i * (i + 3) / 2] = self.settings.openness);
        }
    }

    /// Whether there is all of the triangle or nothing of it, and its diagonal is above 0, as that of variances is.
    fn has_variances(&self) -> bool {
        let n = self.settings.features;
        let is_whole = self.inverse.len() == n * (n + 1) / 2;
        self.inverse.is_empty() || is_whole && (0..n).all(|i| 0.0 < self.inverse[i * (i + 3) / 2])
    }

    fn range(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.settings.features
    }

    fn is_active(&self, x: &[f32]) -> bool {
        x[self.range()].iter().any(|&value| value != 0.0)
    }

    /// Writes `P x` to this block's part of `gain`, and gives `xᵀ P x`; 0 for a block that is not active.
    fn project(&self, x: &[f32], gain: &mut [f32]) -> f32 {
        let (x, gain) = (&x[self.range()], &mut gain[self.range()]);
        gain.fill(0.0);
        if self.inverse.is_empty() {
            add(gain, self.settings.openness, x);
            return dot(x, gain);
        }
        let mut rest = self.inverse.as_slice();
        for i in 0..x.len() {
            let (row, below) = rest.split_at(i + 1);
            rest = below;
            if x[i] != 0.0 {
                add(&mut gain[..i], x[i], &row[..i]);
            }
            gain[i] += dot(row, &x[..=i]);
        }
        dot(x, gain)
    }

    /// `P ← (P − share · gain gainᵀ) / λ`, and then the pull of one weight, in one pass over `P`.
    fn update<'a>(&mut self, gain: &[f32], share: f32, drawn: usize, pull: &'a mut [f32]) -> Pull<'a> {
        let BlockSettings { features, forgetting, ridge, .. } = self.settings;
        self.unfold();
        let (gain, pull) = (&gain[self.range()], &mut pull[self.range()]);
        let grown = 1.0 / forgetting;
        for (i, pull) in pull.iter_mut().enumerate() {
            let (low, high) = (i.min(drawn), i.max(drawn));
            *pull = (self.inverse[high * (high + 1) / 2 + low] - share * gain[i] * gain[drawn]) * grown;
        }
        let weight = ridge * features as f32 * (1.0 - forgetting);
        let pull_share = 1.0 / (1.0 / weight + pull[drawn]);
        let mut rest = self.inverse.as_mut_slice();
        for i in 0..features {
            let (row, below) = rest.split_at_mut(i + 1);
            rest = below;
            let (along, across) = (share * gain[i] * grown, pull_share * pull[i]);
            for ((value, gain), pull) in row.iter_mut().zip(gain).zip(pull.iter()) {
                *value = *value * grown - along * gain - across * pull;
            }
        }
        Pull { share: pull_share, direction: pull }
    }
}

/// `y += a x`.
fn add(y: &mut [f32], a: f32, x: &[f32]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}

/// In eight lanes, so that the order of the sum is the same everywhere and the compiler can take them at once.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut lanes = [0.0; LANES];
    let (a_lanes, b_lanes) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_lanes.remainder().iter().zip(b_lanes.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_lanes.zip(b_lanes) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    rest + lanes.iter().sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORGETTING: f32 = 0.99;

    fn block(features: usize) -> BlockSettings {
        BlockSettings { features, forgetting: FORGETTING, ridge: 1e-9, openness: 1.0 }
    }

    /// Features that wander without repeating, and what came of them.
    fn seen(step: usize) -> ([f32; 3], f32) {
        let wander = |k: f32| (step as f32 * k).sin();
        let x = [1.0, wander(0.7), wander(0.31)];
        (x, 2.0 * x[0] - 0.5 * x[1] + 0.25 * x[2] + 0.1 * wander(1.9))
    }

    fn learned(blocks: &[BlockSettings], steps: usize) -> LeastSquares {
        let (mut model, mut scratch) = (LeastSquares::new(2, blocks), Scratch::default());
        for step in 0..steps {
            let (x, y) = seen(step);
            model.learn(&x, &mut scratch, |target, expected| [y, -y][target] - expected);
        }
        model
    }

    /// The weights that minimise the fading sum of squares with a prior of 1, by elimination.
    fn by_elimination(steps: usize) -> [f64; 3] {
        let mut rows = [[0.0; 4]; 3];
        (0..3).for_each(|i| rows[i][i] = f64::from(FORGETTING).powi(steps as i32));
        for step in 0..steps {
            let (x, y) = seen(step);
            let weight = f64::from(FORGETTING).powi((steps - 1 - step) as i32);
            for (i, row) in rows.iter_mut().enumerate() {
                (0..3).for_each(|j| row[j] += weight * f64::from(x[i] * x[j]));
                row[3] += weight * f64::from(x[i] * y);
            }
        }
        for i in 0..3 {
            for j in (0..3).filter(|&j| j != i) {
                let factor = rows[j][i] / rows[i][i];
                (0..4).for_each(|k| rows[j][k] -= factor * rows[i][k]);
            }
        }
        std::array::from_fn(|i| rows[i][3] / rows[i][i])
    }

    #[test]
    fn each_target_gets_the_weights_of_least_squares() {
        let model = learned(&[block(3)], 300);
        for (i, weight) in by_elimination(300).into_iter().enumerate() {
            let mut unit = [0.0; 3];
            unit[i] = 1.0;
            assert!((f64::from(model.predict(0, &unit)) - weight).abs() < 1e-3, "weight {i}");
            assert!((f64::from(model.predict(1, &unit)) + weight).abs() < 1e-3, "weight {i} of the other");
        }
    }

    #[test]
    fn what_is_not_there_is_neither_learned_nor_forgotten() {
        let mut model = learned(&[block(1), block(2)], 300);
        let before = model.predict(0, &[0.0, 1.0, 1.0]);
        let mut scratch = Scratch::default();
        (0..10_000).for_each(|_| model.learn(&[1.0, 0.0, 0.0], &mut scratch, |_, expected| 9.0 - expected));
        assert_eq!(model.predict(0, &[0.0, 1.0, 1.0]), before);
        assert!((model.predict(0, &[1.0, 0.0, 0.0]) - 9.0).abs() < 1e-2);
    }

    #[test]
    fn a_weight_that_nothing_speaks_for_returns_to_its_prior() {
        let ridge = BlockSettings { ridge: 1.0, ..block(3) };
        let mut model = learned(&[ridge], 300);
        let mut scratch = Scratch::default();
        (0..5_000).for_each(|_| model.learn(&[1.0, 0.0, 0.0], &mut scratch, |_, expected| 2.0 - expected));
        assert!(model.predict(0, &[0.0, 1.0, 0.0]).abs() < 0.02);
    }

    #[test]
    fn years_of_the_same_features_leave_it_well_posed() {
        let ridge = BlockSettings { ridge: 1.0, forgetting: 0.999, ..block(3) };
        let (mut model, mut scratch) = (LeastSquares::new(1, &[ridge]), Scratch::default());
        for _ in 0..500_000 {
            model.learn(&[1.0, 1.0, 0.0], &mut scratch, |_, expected| 5.0 - expected);
        }
        assert!((model.predict(0, &[1.0, 1.0, 0.0]) - 5.0).abs() < 0.05);
        let leverage = model.leverage(&[0.3, -0.7, 1.0], &mut scratch);
        assert!((0.0..1e6).contains(&leverage), "{leverage}");
    }
}
