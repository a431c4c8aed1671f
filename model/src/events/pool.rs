//! What many series have learned of a class of events, as a prior for those that have seen few of them: the first
//! on-sale of a new service is forecast from the on-sales of the others.
//!
//! The pooled profile is the mean of the series' profiles, each weighted by `n / (n + κ)`: a series that has seen few
//! events says little. It is shrunk towards no effect by the same rule, so that one series does not make a law
//! (empirical Bayes; Efron and Morris, 1975).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::uplift::{KNOTS, Prior, Profile};

/// Events after which a series' own profile weighs as much as what it is pooled with.
pub(super) const KAPPA: f64 = 2.0;

/// What is known of each class over all series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    classes: BTreeMap<String, Prior>,
}

impl Pool {
    /// Pools what series have learned.
    #[must_use]
    pub fn of<'a>(series: impl IntoIterator<Item = &'a BTreeMap<String, Box<Profile>>>) -> Self {
        let mut by_class: BTreeMap<String, Vec<&Profile>> = BTreeMap::new();
        for (class, profile) in series.into_iter().flatten().filter(|(_, profile)| 0 < profile.events()) {
            by_class.entry(class.clone()).or_default().push(profile);
        }
        Self { classes: by_class.into_iter().map(|(class, profiles)| (class, pooled(&profiles))).collect() }
    }

    pub(super) fn from_priors(classes: BTreeMap<String, Prior>) -> Self {
        Self { classes }
    }

    /// The prior of each class.
    #[must_use]
    pub fn classes(&self) -> &BTreeMap<String, Prior> {
        &self.classes
    }
}

fn pooled(profiles: &[&Profile]) -> Prior {
    let weights: Vec<f64> = profiles.iter().map(|profile| weight(profile.events())).collect();
    let sum: f64 = weights.iter().sum();
    let mean = |value: &dyn Fn(&Profile) -> f64| {
        profiles.iter().zip(&weights).map(|(profile, weight)| weight * value(profile)).sum::<f64>() / sum
    };
    let log_lift: Vec<f64> = (0..KNOTS).map(|knot| mean(&|profile| profile.log_lift()[knot])).collect();
    let believed = sum / (sum + weight(1));
    let peak = log_lift.iter().copied().fold(0.0, f64::max);
    let apart = mean(&|profile| (profile.peak().ln() - peak).powi(2)).sqrt() / peak.max(0.1);
    let within = mean(&|profile| profile.error());
    let sizes: Vec<f64> = profiles.iter().filter_map(|profile| profile.magnitude()).collect();
    Prior {
        log_lift: log_lift.iter().map(|log| believed * log).collect(),
        magnitude: (!sizes.is_empty()).then(|| sizes.iter().sum::<f64>() / sizes.len() as f64),
        error: within.hypot(apart).hypot(1.0 - believed),
    }
}

/// How much a profile of so many events is believed.
pub(super) fn weight(events: u32) -> f64 {
    f64::from(events) / (f64::from(events) + KAPPA)
}
