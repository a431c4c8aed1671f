//! What people write, and how it is read: the custom resources, their check, the HPA we ask for, and the
//! sources that demand is observed from.
//!
//! Both the controller and the simulator come through here, so a file that replays offline is the file that
//! runs live. Nothing here watches or writes a cluster: the reconciler, the metrics API and the web server
//! follow in later work.

pub mod api;
pub mod hpa;
pub mod sources;
