//! What people write, and how it is read; and the controller that follows it: sources are observed, scalers planned for,
//! plans put on the board, served as metrics, and applied to the cluster.
//!
//! The simulator comes through here too, so a file that replays offline is the file that runs live.

pub mod api;
pub mod app;
pub mod apply;
pub mod args;
pub mod board;
pub mod certificates;
pub mod cost;
pub mod fleet;
pub mod headroom;
pub mod hpa;
pub mod keda;
pub mod lease;
pub mod metrics_api;
pub mod nodes;
mod pace;
pub mod peers;
pub mod push;
pub mod reconcile;
pub mod registration;
pub mod scaler;
pub mod sources;
pub mod status;
pub mod store;
pub mod telemetry;
pub mod upstream;
pub mod web;
