//! Open-loop load: on live rooms by WebSocket, and on any HTTP service.
//!
//! What is to be sent when is drawn from a [`shape`] before anything is sent, and no answer is waited for. So a slow
//! service gets no less load, and latency, which counts from the intended time, hides no queue (Gil Tene's "coordinated
//! omission"). [`rooms::run`] plays people, [`http::run`] asks a URL; both count in a [`Tally`] and end in a [`Report`].

pub mod args;
pub mod arrivals;
pub mod files;
pub mod http;
pub mod latencies;
pub mod load;
pub mod pace;
pub mod progress;
pub mod report;
pub mod rooms;
pub mod shape;
pub mod stop;
pub mod tally;
pub mod timeline;
pub mod trust;

pub use arrivals::Spacing;
pub use load::Load;
pub use report::Report;
pub use shape::Shape;
pub use tally::Tally;
