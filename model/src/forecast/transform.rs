//! The scale on which series are forecast: a root, on which spikes of ten times and the noise of quiet hours are of
//! a size. Logarithms blow the upper quantiles up at a spike never seen; a root does not (Box and Cox, 1964).

use serde::{Deserialize, Serialize};

/// Usual demand, in units, below which chance dominates: counts are then closer to a square root.
const FEW: f64 = 100.0;
/// Exponents for much demand and for little.
const POWER: f64 = 0.25;
const POWER_OF_FEW: f64 = 0.4;

/// `level = ((demand + unit) / usual)^p / p`: never below 0, and `1 / p` at the usual demand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transform {
    unit: f64,
    usual: f64,
    power: f64,
}

impl Transform {
    /// `unit` is the demand that counts as little, `usual` what is usual. Both above 0, in the unit of demand.
    #[must_use]
    pub fn new(unit: f64, usual: f64) -> Self {
        let usual = usual.max(unit);
        Self { unit, usual, power: if usual < FEW * unit { POWER_OF_FEW } else { POWER } }
    }

    /// Whether it is one that [`Transform::new`] gives.
    pub(super) fn is_sound(&self) -> bool {
        let is_above_0 = |value: f64| value.is_finite() && 0.0 < value;
        is_above_0(self.unit) && is_above_0(self.usual) && *self == Self::new(self.unit, self.usual)
    }

    /// The level of a demand of at least 0.
    #[must_use]
    pub fn level(&self, demand: f64) -> f64 {
        let ratio = (demand + self.unit) / self.usual;
        self.raise(ratio) / self.power
    }

    /// The demand at a level, never below 0.
    #[must_use]
    pub fn demand(&self, level: f64) -> f64 {
        let root = level.max(0.0) * self.power;
        let ratio =
            if self.power == POWER { (root * root) * (root * root) } else { root.powf(1.0 / self.power) };
        (ratio * self.usual - self.unit).max(0.0)
    }

    /// By how much a level is multiplied where demand is multiplied by `lift`.
    #[must_use]
    pub fn raise(&self, lift: f64) -> f64 {
        if self.power == POWER { lift.sqrt().sqrt() } else { lift.powf(self.power) }
    }

    /// The exponent.
    #[must_use]
    pub fn power(&self) -> f64 {
        self.power
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(transform: Transform) {
        for demand in [0.0, 0.1, 3.0, 999.0, 1e7] {
            let back = transform.demand(transform.level(demand));
            assert!((back - demand).abs() <= 1e-9 * (1.0 + demand), "{demand} → {back}");
        }
        assert_eq!(transform.demand(-3.0), 0.0);
    }

    #[test]
    fn a_level_gives_its_demand_back() {
        check(Transform::new(2.5, 9_000.0));
        check(Transform::new(1.0, 40.0));
        check(Transform::new(1.0, 0.0));
    }
}
