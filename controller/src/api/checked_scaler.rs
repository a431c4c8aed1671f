//! From a `PredictiveScaler` as written to what runs: settings for the model, sources to observe, and the HPA
//! that follows.

use std::sync::Arc;

use jiff::SignedDuration;
use kube::core::{Selector, SelectorExt};
use prescale_model::{HpaLaws, Limits, Settings, SignalSettings};

use super::{
    DemandEvent, HeadroomBy, HpaSpec, Mode, PredictiveScaler, PredictiveScalerSpec, TargetRef,
    limits::{LONGEST_LABEL, MOST_REPLICAS, bounded, positive},
    problems::Problems,
    source::check_signals,
};
use crate::{board::ScalerKey, sources::Source};

/// The relative change that the HPA controller ignores by default.
const CLUSTER_TOLERANCE: f64 = 0.1;

/// A scaler that has been checked, and that nothing downstream has to check again.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedScaler {
    /// Its namespace; `default` where a file names none.
    pub namespace: String,
    /// Its name, which fits a label value.
    pub name: String,
    /// The workload that is scaled.
    pub target: TargetRef,
    /// What its decisions depend on.
    pub settings: Arc<Settings>,
    /// Where demand is observed.
    pub demand: Source,
    /// Where each signal is observed, in the order of `settings.signals`.
    pub signals: Vec<(String, Source)>,
    /// Where the latency is observed that capacity is learned from, in seconds; `None` where capacity is given.
    pub latency: Option<Source>,
    /// Labels of the events that concern it; `None` where no event does.
    pub events: Option<Selector>,
    /// The HPA that follows the plan.
    pub hpa: Hpa,
    /// How node room is kept, where `settings.headroom` says that it is.
    pub headroom: HeadroomTerms,
}

/// How node room is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadroomTerms {
    /// By what.
    pub by: HeadroomBy,
    /// How long before an event disruption is held off; zero is never.
    pub hold_disruption: SignedDuration,
}

/// The HPA that follows the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hpa {
    /// One that we create and own, under the scaler's name.
    Create,
    /// One that exists under this name, whose behavior is the user's own.
    AttachTo(String),
}

impl CheckedScaler {
    /// Whether `event` is in this scaler's namespace and selected by it. An event from a file that names no
    /// namespace is taken to be in it.
    pub fn is_concerned_by(&self, event: &DemandEvent) -> bool {
        let namespace = event.metadata.namespace.as_ref();
        let selects = |selector: &Selector| match &event.metadata.labels {
            Some(labels) => selector.matches(labels),
            None => selector.matches(&Default::default()),
        };
        namespace.is_none_or(|namespace| *namespace == self.namespace)
            && self.events.as_ref().is_some_and(selects)
    }
}

impl PredictiveScaler {
    /// What runs.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, at once.
    pub fn check(&self) -> Result<CheckedScaler, Problems> {
        let mut problems = Problems::default();
        let spec = &self.spec;
        let name = self.check_name(&mut problems);
        check_target(&spec.scale_target_ref, &mut problems);
        let limits = check_limits(spec, &mut problems);
        let namespace = self.metadata.namespace.clone().unwrap_or_else(|| "default".to_owned());
        let key = ScalerKey::new(&namespace, &name);
        let demand = spec.demand.check(&key, &mut problems);
        let signals = check_signals(&key, &spec.signals, &mut problems);
        let events = spec.events.as_ref().map(|events| events.selector.check(&mut problems));
        let step = demand.as_ref().map(|demand| demand.step);
        let delay = demand.as_ref().map_or(SignedDuration::ZERO, |demand| demand.delay);
        let capacity = spec.capacity.check(&mut problems);
        let settings = Settings {
            mode: spec.mode.into(),
            limits,
            step: step.unwrap_or_default(),
            capacity: capacity.settings,
            signals: signals.iter().map(signal_settings).collect(),
            lead_time: spec.lead_time.check(&mut problems),
            risk: spec.risk.check(&mut problems),
            hold: bounded("spec.hold", spec.hold, &mut problems),
            headroom: spec.headroom.enabled,
            fallback: spec.fallback.check(step, delay, &mut problems),
            rates: spec.scaling.check(&mut problems),
            drain: spec.drain.map(|drain| drain.check(&mut problems)),
            hpa: spec.hpa.check_laws(&mut problems),
        };
        let hold_disruption =
            bounded("spec.headroom.holdDisruption", spec.headroom.hold_disruption, &mut problems);
        let headroom = HeadroomTerms { by: spec.headroom.by, hold_disruption };
        let hpa = spec.hpa.check_owner(&mut problems);
        let target = spec.scale_target_ref.clone();
        match demand {
            Some(demand) if problems.is_empty() => Ok(CheckedScaler {
                namespace,
                name,
                target,
                settings: Arc::new(settings),
                latency: capacity.latency_source(&demand),
                demand,
                signals,
                events,
                hpa,
                headroom,
            }),
            Some(_) | None => Err(problems),
        }
    }

    fn check_name(&self, problems: &mut Problems) -> String {
        let Some(name) = &self.metadata.name else {
            problems.lacking("metadata.name", "is missing");
            return String::new();
        };
        if LONGEST_LABEL < name.len() {
            problems.refuse("metadata.name", name, "is longer than the 63 characters of a label value");
        }
        name.clone()
    }
}

fn signal_settings((name, source): &(String, Source)) -> SignalSettings {
    SignalSettings { name: name.clone(), step: source.step, delay: source.delay }
}

fn check_target(target: &TargetRef, problems: &mut Problems) {
    let fields = [("apiVersion", &target.api_version), ("kind", &target.kind), ("name", &target.name)];
    for (field, value) in fields {
        if value.trim().is_empty() {
            problems.refuse(
                format!("spec.scaleTargetRef.{field}"),
                format!("`{value}`"),
                "must not be empty",
            );
        }
    }
}

fn check_limits(spec: &PredictiveScalerSpec, problems: &mut Problems) -> Limits {
    let (min, max) = (spec.min_replicas, spec.max_replicas);
    for (field, value) in [("spec.minReplicas", min), ("spec.maxReplicas", max)] {
        if value == 0 {
            problems.refuse(field, value, "is below 1");
        }
        if MOST_REPLICAS < value {
            problems.refuse(
                field,
                value,
                format!("is above {MOST_REPLICAS}, the pods of the largest cluster"),
            );
        }
    }
    if max < min {
        problems.refuse("spec.minReplicas", min, format!("is above spec.maxReplicas {max}"));
    }
    Limits { min, max }
}

impl HpaSpec {
    fn check_laws(&self, problems: &mut Problems) -> HpaLaws {
        let attached = self.attach_to.is_some();
        let usual = if attached { CLUSTER_TOLERANCE } else { 0.0 };
        let tolerance = self.tolerance.unwrap_or(usual);
        if !(0.0..1.0).contains(&tolerance) {
            problems.refuse("spec.hpa.tolerance", tolerance, "must be at least 0 and below 1");
        }
        let sync_period = positive("spec.hpa.syncPeriod", self.sync_period, problems);
        HpaLaws { tolerance, doubles: attached, sync_period }
    }

    fn check_owner(&self, problems: &mut Problems) -> Hpa {
        match (&self.attach_to, self.create) {
            (None, None | Some(true)) => {}
            (Some(name), None | Some(false)) => {
                if name.trim().is_empty() {
                    problems.refuse("spec.hpa.attachTo", format!("`{name}`"), "must not be empty");
                }
                return Hpa::AttachTo(name.clone());
            }
            (Some(name), Some(true)) => {
                problems.refuse(
                    "spec.hpa.create",
                    true,
                    format!("and spec.hpa.attachTo {name}: one is enough"),
                );
            }
            (None, Some(false)) => {
                problems.refuse(
                    "spec.hpa.create",
                    false,
                    "leaves none to follow: name one in spec.hpa.attachTo",
                );
            }
        }
        Hpa::Create
    }
}

impl From<Mode> for prescale_model::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Shadow => Self::Shadow,
            Mode::Active => Self::Active,
            Mode::Paused => Self::Paused,
        }
    }
}
