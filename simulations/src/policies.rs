//! The policies that are compared, each with its settings and in words: what people run today, Prescale, and a
//! clairvoyant that shows the least that was possible.

mod hpa_spec;
mod written;

use jiff::SignedDuration;

pub use written::{WrittenCpu, WrittenCron, WrittenDemand, WrittenFixed, WrittenHeadroom, WrittenPolicies};

/// External metric of the observed demand, as a Prometheus adapter would serve it.
pub const OBSERVED: &str = "observed-demand";
/// External metric of the cron windows, in replicas.
pub const CRON: &str = "cron";

/// A kind of policy, by the name that people and results use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum PolicyKind {
    /// Always the same size, enough for the peak.
    Static,
    /// The HPA on CPU utilization.
    HpaCpu,
    /// The HPA on observed demand.
    HpaDemand,
    /// Cron windows around events, beside the HPA on CPU.
    Cron,
    /// Prescale, as the scenario's scaler has it.
    Prescale,
    /// Knows the future: the least that was possible.
    Oracle,
}

impl PolicyKind {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::Static, Self::HpaCpu, Self::HpaDemand, Self::Cron, Self::Prescale, Self::Oracle];

    /// The name in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::HpaCpu => "hpa-cpu",
            Self::HpaDemand => "hpa-demand",
            Self::Cron => "cron",
            Self::Prescale => "prescale",
            Self::Oracle => "oracle",
        }
    }
}

/// A policy with the settings that it runs on.
#[derive(Clone, Debug, PartialEq)]
pub enum Policy {
    /// Always this size.
    Static {
        /// The size.
        replicas: u32,
    },
    /// The HPA on CPU.
    HpaCpu {
        /// Target utilization, in percent.
        target: u32,
        /// How it may change.
        behavior: Behavior,
    },
    /// The HPA on observed demand.
    HpaDemand {
        /// Target demand a replica.
        per_replica: f64,
        /// How it may change.
        behavior: Behavior,
    },
    /// Cron windows beside the HPA on CPU.
    Cron {
        /// Least size in a window.
        replicas: u32,
        /// How long before an event's start a window opens.
        before: SignedDuration,
        /// How long after its end it closes.
        after: SignedDuration,
        /// Target utilization of the HPA beside it, in percent.
        target: u32,
    },
    /// Prescale.
    Prescale {
        /// The quantile of demand that it provisions for.
        risk: f64,
        /// The room that is held for pods to come.
        headroom: Headroom,
    },
    /// The clairvoyant.
    Oracle,
}

/// Room that Karpenter holds on nodes for pods to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headroom {
    /// None: a node is launched when a pod finds no room.
    None,
    /// For so many pods, always.
    Fixed(u32),
    /// For what the forecast expects within the time that a node takes.
    Forecast,
}

impl Headroom {
    /// The name in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Fixed(_) => "static",
            Self::Forecast => "forecast",
        }
    }

    /// In words, for people.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::None => "nodes come when a pod finds no room".into(),
            Self::Fixed(pods) => format!("room for {pods} pods, always"),
            Self::Forecast => "room for what is expected while a node starts".into(),
        }
    }
}

/// How an HPA may change the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behavior {
    /// The controller's own: at most double in a sync, down after 300 s.
    Default,
    /// Tuned by someone who was late once: tenfold in a sync, down after 300 s.
    Quick,
    /// Tuned by someone who was late twice: tenfold in a sync, down after 15 minutes.
    QuickAndSlowDown,
}

impl Policy {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> PolicyKind {
        match self {
            Self::Static { .. } => PolicyKind::Static,
            Self::HpaCpu { .. } => PolicyKind::HpaCpu,
            Self::HpaDemand { .. } => PolicyKind::HpaDemand,
            Self::Cron { .. } => PolicyKind::Cron,
            Self::Prescale { .. } => PolicyKind::Prescale,
            Self::Oracle => PolicyKind::Oracle,
        }
    }

    /// The settings, in words.
    #[must_use]
    pub fn settings(&self) -> String {
        match self {
            Self::Static { replicas } => format!("{replicas} replicas, always"),
            Self::HpaCpu { target, behavior } => format!("CPU at {target} %{}", behavior.words()),
            Self::HpaDemand { per_replica, behavior } => {
                format!("{per_replica:.0} a replica{}", behavior.words())
            }
            Self::Cron { replicas, before, after, target } => format!(
                "{replicas} replicas from {before:#} before to {after:#} after each event, else CPU at {target} %"
            ),
            Self::Prescale { risk, headroom: Headroom::Forecast } => format!("q{risk}"),
            Self::Prescale { risk, headroom: Headroom::None } => format!("q{risk}, no headroom"),
            Self::Prescale { risk, headroom: Headroom::Fixed(pods) } => {
                format!("q{risk}, headroom of {pods} pods")
            }
            Self::Oracle => "knows the future".into(),
        }
    }
}

impl Behavior {
    /// All of them, for sweeps.
    pub const ALL: [Self; 3] = [Self::Default, Self::Quick, Self::QuickAndSlowDown];

    fn words(self) -> &'static str {
        match self {
            Self::Default => "",
            Self::Quick => ", up tenfold a sync",
            Self::QuickAndSlowDown => ", up tenfold a sync, down after 15 min",
        }
    }
}
