//! The pure core of Prescale: from samples to a plan with its reason.
//!
//! Nothing here waits, reads a clock, draws a random number or opens anything: `now`, samples, settings and
//! seeds are arguments. The controller and the simulator call the same three methods of [`Autoscaler`]:
//! `observe`, `plan`, `commit`.

mod autoscaler;
pub mod capacity;
pub mod events;
pub mod forecast;
pub mod laws;
pub mod lead_time;
mod plan;
mod reason;
pub mod score;
mod settings;
pub mod signal;

pub use autoscaler::{Ahead, Autoscaler, Observation, Remembered, Room, Workload, Worths};
pub use events::{Event, ExpectedDemand};
pub use plan::{Late, Plan};
pub use reason::{Driver, Limit, Reason, Term};
pub use settings::{
    CapacitySettings, Drain, Fallback, HpaLaws, LeadTimeSettings, Limits, Mode, Partitions, RateLaw, Rates,
    Settings, SignalSettings, SilentThen,
};
pub use signal::Sample;
