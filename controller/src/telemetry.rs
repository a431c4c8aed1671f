//! What operators see of a running controller: figures for Prometheus, logs, and the same logs with traces by OTLP where
//! an endpoint is given. Nothing here decides anything, and nothing that fails here stops anything else.

mod figures;
mod history;
mod metrics;
mod pools;
mod scalers;

pub use figures::Ticked;
pub use history::HistoryFigures;
pub use metrics::{CONTENT_TYPE, Metrics, PushResult, ReadResult, ReviewedBy, UpstreamResult};
pub use tracing_setup::{Guard, LogFormat, LogSettings, TelemetryError, init};
