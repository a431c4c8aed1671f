//! The scale on which series are forecast: a fourth root, on which spikes of ten times and the noise of quiet
//! hours are of a size. Logarithms blow the upper quantiles up at a spike never seen; a root does not.

/// `level = (1 + demand / unit)^¼`: 1 where there is no demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transform {
    unit: f64,
}

impl Transform {
    /// `unit` is the demand that counts as little: above 0, in the unit of demand.
    #[must_use]
    pub fn new(unit: f64) -> Self {
        Self { unit }
    }

    /// The demand that counts as little.
    #[must_use]
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// The level of a demand of at least 0.
    #[must_use]
    pub fn level(&self, demand: f64) -> f64 {
        (1.0 + demand / self.unit).sqrt().sqrt()
    }

    /// The demand at a level, never below 0.
    #[must_use]
    pub fn demand(&self, level: f64) -> f64 {
        let squared = level.max(1.0) * level.max(1.0);
        (squared * squared - 1.0) * self.unit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_gives_its_demand_back() {
        let transform = Transform::new(2.5);
        for demand in [0.0, 0.1, 3.0, 999.0, 1e7] {
            let back = transform.demand(transform.level(demand));
            assert!((back - demand).abs() <= 1e-9 * (1.0 + demand), "{demand} → {back}");
        }
        assert_eq!(transform.demand(-3.0), 0.0);
    }
}
