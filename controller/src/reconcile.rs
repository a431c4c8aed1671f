//! What the cluster declares, and what follows from it for each scaler. Watches fill a registry; the registry is pure
//! and says which scalers a change concerns and what each of them is charged with.

mod objects;
mod registry;
mod scale;
mod watch;

pub use objects::{EventObject, ScalerObject, read_event, read_scaler};
pub use registry::{Registry, SharedRegistry, Verdict};
pub use scale::Workloads;
pub use watch::{News, Sighting, watch_all};
