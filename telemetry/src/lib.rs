//! Logs on standard error, and the same with traces by OTLP where an endpoint is given. The controller and the realtime
//! service, which knows nothing of it, set theirs up here.

mod logs;
mod otlp;
#[cfg(test)]
mod written;

pub use logs::{Guard, LogFormat, LogSettings, TelemetryError, init};
pub use otlp::OtlpError;
