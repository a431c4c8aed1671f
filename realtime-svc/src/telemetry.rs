//! Logs on standard error, as text or as JSON, and by OTLP with traces where an endpoint is given; and how a trace goes on
//! from the gateway through Kafka to the worker.

mod otlp;

use std::{collections::HashMap, io, time::Duration};

use clap::{Args as Flags, ValueEnum};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::FilterFn, layer::SubscriberExt as _, registry::LookupSpan,
};

use otlp::Otlp;

/// Of the time that Kubernetes gives for the end.
const FLUSH_WITHIN: Duration = Duration::from_secs(5);
/// What an export logs of itself while it is sent: it would be exported in turn, without end.
const OF_EXPORTS: [&str; 8] =
    ["opentelemetry", "hyper", "hyper_util", "reqwest", "h2", "rustls", "tower", "tokio_util"];
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

/// Keeps exports going; what is left of them is sent by [`Guard::flush`].
#[must_use = "what is not flushed at the end is lost"]
#[derive(Debug)]
pub struct Guard(Option<Otlp>);

impl Guard {
    /// Sends what was not sent yet, for at most 5 s.
    pub async fn flush(self) {
        if let Some(otlp) = self.0 {
            otlp.flush(FLUSH_WITHIN).await;
        }
    }
}

/// Sets up the logs of this process, which calls itself `service`.
///
/// # Errors
///
/// For a filter or an endpoint that is none, and when it is called twice.
pub fn init(settings: &LogSettings, service: &'static str) -> anyhow::Result<Guard> {
    let otlp = match &settings.otlp_endpoint {
        Some(endpoint) => Some(Otlp::to(endpoint, service, settings.trace_share)?),
        None => None,
    };
    let (spans, logs) = match &otlp {
        Some(otlp) => {
            let spans = otlp.spans().with_filter(filter(settings)?).with_filter(not_of_exports());
            let logs = otlp.logs().with_filter(filter(settings)?).with_filter(not_of_exports());
            (Some(spans), Some(logs))
        }
        None => (None, None),
    };
    // The SDK says of a failed export that it failed; we say why, and not each time.
    let lines = lines(settings.log_format).with_filter(filter(settings)?).with_filter(not_of_sdk());
    tracing::subscriber::set_global_default(Registry::default().with(lines).with(spans).with(logs))?;
    Ok(Guard(otlp))
}

fn lines<S: Subscriber + for<'a> LookupSpan<'a>>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync> {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    match format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
        }
    }
}

fn filter(settings: &LogSettings) -> anyhow::Result<EnvFilter> {
    let parsed = EnvFilter::builder().parse(&settings.log);
    parsed.map_err(|error| anyhow::anyhow!("--log {:?} is no filter: {error}", settings.log))
}

fn not_of_exports() -> FilterFn {
    FilterFn::new(|metadata| !OF_EXPORTS.iter().any(|name| is_of(metadata, name)))
}

fn not_of_sdk() -> FilterFn {
    FilterFn::new(|metadata| !is_of(metadata, "opentelemetry"))
}

fn is_of(metadata: &Metadata<'_>, name: &str) -> bool {
    let rest = metadata.target().strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '_', '-']))
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
