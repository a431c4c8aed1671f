//! Logs on standard error, as text or as JSON, and by OTLP with traces where an endpoint is given; and how a trace goes on
//! from the gateway through Kafka to the worker.

use std::collections::HashMap;

use clap::{Args as Flags, ValueEnum};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_setup::{Guard, TelemetryError};

/// The key of W3C trace context, in carriers.
const TRACE_PARENT: &str = "traceparent";

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: an object a line.
    Json,
}

/// What is logged, and where to.
#[derive(Clone, Debug, Flags)]
pub struct LogSettings {
    /// How logs are written.
    #[arg(long, env = "REALTIME_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// What is logged: `info`, or `info,realtime_svc=debug`, which says each interaction.
    #[arg(long, env = "REALTIME_LOG", default_value = "info")]
    pub log: String,
    /// Base address of an OTLP receiver that takes protobuf over HTTP, such as `http://collector:4318`.
    #[arg(long, env = "REALTIME_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
    /// The share of interactions that are traced.
    #[arg(long, env = "REALTIME_TRACE_SHARE", default_value_t = 0.01)]
    pub trace_share: f64,
}

/// Sets up the logs of this process, which calls itself `service`.
///
/// # Errors
///
/// For a filter or an endpoint that is none, and when it is called twice.
pub fn init(settings: &LogSettings, service: &'static str) -> Result<Guard, TelemetryError> {
    tracing_setup::init(&tracing_setup::LogSettings {
        service,
        format: match settings.log_format {
            LogFormat::Text => tracing_setup::LogFormat::Text,
            LogFormat::Json => tracing_setup::LogFormat::Json,
        },
        filter: settings.log.clone(),
        otlp_endpoint: settings.otlp_endpoint.clone(),
        trace_share: settings.trace_share,
    })
}

/// The trace context of a span, to travel with what it sends. `None` where nothing is traced.
#[must_use]
pub fn trace_parent(span: &Span) -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.remove(TRACE_PARENT)
}

/// Makes a span the child of the one whose context has come.
pub fn continue_trace(span: &Span, trace_parent: &str) {
    let carrier = HashMap::from([(TRACE_PARENT.to_owned(), trace_parent.to_owned())]);
    // A span that nobody records has no parent, which is no fault.
    _ = span.set_parent(TraceContextPropagator::new().extract(&carrier));
}
