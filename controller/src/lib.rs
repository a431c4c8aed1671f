//! What people write, and how it is read: the custom resources, their check, the HPA we ask for, and the
//! sources that demand is observed from.
//!
//! Both the controller and the simulator come through here, so a file that replays offline is the file that
//! runs live.

pub mod api;
pub mod board;
pub mod certificates;
pub mod hpa;
pub mod metrics_api;
pub mod sources;
