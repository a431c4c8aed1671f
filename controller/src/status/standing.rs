//! The conditions of a scaler, and as much of what they said last as the next status and people need.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::Truth;

/// Whether it does what it is asked to; of a DemandEvent too.
pub const READY: &str = "Ready";
/// Whether demand can be read.
pub const SOURCE_HEALTHY: &str = "SourceHealthy";
/// Whether the signals can be read.
pub const SIGNALS_HEALTHY: &str = "SignalsHealthy";
/// Whether an HPA follows as it should.
pub const HPA_HEALTHY: &str = "HpaHealthy";
/// Whether plans look ahead.
pub const FORECASTING: &str = "Forecasting";
/// Whether no limit keeps the plan from what demand needs.
pub const SCALING_UNLIMITED: &str = "ScalingUnlimited";
/// Whether node room is there for the pods that are foreseen.
pub const HEADROOM_READY: &str = "HeadroomReady";

/// Conditions of a scaler.
pub const CONDITIONS: usize = TYPES.len();
/// Their types, in the order of the status.
const TYPES: [&str; 7] =
    [READY, SOURCE_HEALTHY, SIGNALS_HEALTHY, HPA_HEALTHY, FORECASTING, SCALING_UNLIMITED, HEADROOM_READY];

/// Since when a condition holds, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Began {
    /// Of what: the condition's type.
    pub of: &'static str,
    /// Whether it holds.
    pub truth: Truth,
    /// Since when it does or does not.
    pub at: Timestamp,
}

/// What a condition said when it was written last. It is kept by the thousand: one that holds keeps no words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it holds, and since when.
    pub began: Began,
    /// The generation of the spec that it was said of.
    pub generation: Option<i64>,
    /// Why it does not hold.
    pub words: Option<Box<Words>>,
}

/// Why a condition does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// In one CamelCase word.
    pub reason: Box<str>,
    /// In a sentence.
    pub message: Box<str>,
}

/// What conditions say; those of other types, and those that nobody can read, say nothing to us.
#[must_use]
pub fn standing(conditions: &[Condition]) -> Box<[Standing]> {
    conditions.iter().filter_map(Standing::read).collect()
}

/// The same without words: all that the next conditions need to know.
#[must_use]
pub fn began(conditions: &[Condition]) -> Box<[Began]> {
    conditions.iter().filter_map(Began::read).collect()
}

impl Began {
    fn read(condition: &Condition) -> Option<Self> {
        let of = TYPES.into_iter().find(|known| *known == condition.type_)?;
        Some(Self { of, truth: Truth::read(&condition.status)?, at: condition.last_transition_time.0 })
    }
}

impl Standing {
    fn read(condition: &Condition) -> Option<Self> {
        let began = Began::read(condition)?;
        let words =
            || Words { reason: condition.reason.as_str().into(), message: condition.message.as_str().into() };
        Some(Self {
            began,
            generation: condition.observed_generation,
            words: (began.truth != Truth::True).then(|| Box::new(words())),
        })
    }
}
