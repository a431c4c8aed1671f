//! A replay on the dashboard: Prescale alone in the scenario's world, in time that people can follow, on the same page
//! and by the same API that a cluster's controller serves. It ends by itself when nobody watches.

mod audience;
mod calendar;
mod control;
mod pace;
mod seen;
mod server;
mod setup;
mod stage;

use std::time::Duration;

pub use control::Remote;
pub use server::{Bound, show};

/// How a replay is shown.
#[derive(Clone, Copy, Debug)]
pub struct ShowSettings {
    /// The port of the dashboard, on this machine alone; `None` takes the usual one, or a free one where that is taken.
    pub port: Option<u16>,
    /// It ends so long after the last one who watched has gone, and after its begin where nobody came.
    pub linger: Duration,
}
