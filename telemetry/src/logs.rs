//! Logs on standard error, as text for people or as JSON for machines, and by OTLP with traces where an endpoint is
//! given.

use std::{io, time::Duration};

use tracing::{Metadata, Subscriber, subscriber::SetGlobalDefaultError};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::FilterFn, filter::ParseError, fmt::MakeWriter, layer::SubscriberExt,
    registry::LookupSpan,
};

use crate::otlp::{Otlp, OtlpError};

/// Kubernetes gives 30 s to end (`terminationGracePeriodSeconds`); the rest is for reads under way.
const FLUSH_WITHIN: Duration = Duration::from_secs(5);
/// What an export logs of itself while it is sent: it would be exported in turn, without end.
const OF_EXPORTS: [&str; 8] =
    ["opentelemetry", "hyper", "hyper_util", "reqwest", "h2", "rustls", "tower", "tokio_util"];

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: an object a line.
    Json,
}

/// What is logged, and where to.
#[derive(Clone, Debug, PartialEq)]
pub struct LogSettings {
    /// Whose logs and traces they are.
    pub service: &'static str,
    /// How.
    pub format: LogFormat,
    /// What, as `tracing` filters say it: `info`, or `info,prescale_controller=debug`.
    pub filter: String,
    /// Base address of an OTLP receiver that takes protobuf over HTTP, such as `http://collector:4318`.
    pub otlp_endpoint: Option<String>,
    /// The share of traces that begin here which is exported, within [0, 1].
    pub trace_share: f64,
}

/// Why there can be no logs.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is none.
    #[error("the log filter {filter:?} is none")]
    Filter {
        /// As it was written.
        filter: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// The exporter cannot be made.
    #[error(transparent)]
    Otlp(#[from] OtlpError),
    /// Something else logs already.
    #[error("logs are set up already")]
    Twice(#[from] SetGlobalDefaultError),
}

/// Keeps exports going; what is left of them is sent by [`Guard::flush`].
#[must_use = "what is not flushed at the end is lost"]
#[derive(Debug)]
pub struct Guard {
    otlp: Option<Otlp>,
}

impl Guard {
    /// Sends what was not sent yet, for at most 5 s.
    pub async fn flush(self) {
        if let Some(otlp) = self.otlp {
            otlp.flush(FLUSH_WITHIN).await;
        }
    }
}

/// Sets up the logs of this process. It has to be called on a Tokio runtime where there is an OTLP endpoint: exports run
/// on it.
///
/// # Errors
///
/// [`TelemetryError`] for a filter or an endpoint that is none, and when it is called twice.
pub fn init(settings: &LogSettings) -> Result<Guard, TelemetryError> {
    let (subscriber, guard) = subscriber(settings, io::stderr)?;
    tracing::subscriber::set_global_default(subscriber)?;
    Ok(guard)
}

/// What [`init`] sets up, writing to `writer`.
fn subscriber<W>(
    settings: &LogSettings,
    writer: W,
) -> Result<(impl Subscriber + Send + Sync + use<W>, Guard), TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let LogSettings { service, trace_share, .. } = *settings;
    let to = |endpoint: &str| Otlp::to(endpoint, service, trace_share);
    let otlp = settings.otlp_endpoint.as_deref().map(to).transpose()?;
    let (spans, logs) = match &otlp {
        Some(otlp) => {
            let spans = otlp.spans().with_filter(filter(settings)?).with_filter(not_of_exports());
            let logs = otlp.logs().with_filter(filter(settings)?).with_filter(not_of_exports());
            (Some(spans), Some(logs))
        }
        None => (None, None),
    };
    // The SDK says of a failed export that it failed; we say why, and not each time.
    let lines = lines(settings.format, writer).with_filter(filter(settings)?).with_filter(not_of_sdk());
    Ok((Registry::default().with(lines).with(spans).with(logs), Guard { otlp }))
}

fn lines<S, W>(format: LogFormat, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
        }
    }
}

fn filter(settings: &LogSettings) -> Result<EnvFilter, TelemetryError> {
    let parsed = EnvFilter::builder().parse(&settings.filter);
    parsed.map_err(|source| TelemetryError::Filter { filter: settings.filter.clone(), source })
}

fn not_of_exports() -> FilterFn {
    FilterFn::new(|metadata| !OF_EXPORTS.iter().any(|name| is_of(metadata, name)))
}

fn not_of_sdk() -> FilterFn {
    FilterFn::new(|metadata| !is_of(metadata, "opentelemetry"))
}

/// Whether it comes from the crate, or one of its family: `opentelemetry_sdk` is of `opentelemetry`.
fn is_of(metadata: &Metadata<'_>, name: &str) -> bool {
    let rest = metadata.target().strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '_', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::written::Written;

    fn settings(format: LogFormat, filter: &str) -> LogSettings {
        LogSettings {
            service: "tests",
            format,
            filter: filter.to_owned(),
            otlp_endpoint: None,
            trace_share: 1.0,
        }
    }

    fn log(format: LogFormat, filter: &str) -> String {
        let written = Written::default();
        let writer = written.clone();
        let (subscriber, _guard) = subscriber(&settings(format, filter), move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(policy = "gateway", replicas = 4, "plan published");
            tracing::debug!("not asked for");
            tracing::error!(target: "opentelemetry_sdk", "export failed");
        });
        written.text()
    }

    #[test]
    fn a_line_of_text_has_its_facts_as_fields() {
        let text = log(LogFormat::Text, "info");
        assert!(text.ends_with("plan published policy=\"gateway\" replicas=4\n"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    #[test]
    fn a_line_of_json_is_an_object() {
        let text = log(LogFormat::Json, "info");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "plan published");
        assert_eq!((&line["policy"], &line["replicas"]), (&"gateway".into(), &4.into()));
    }

    #[test]
    fn the_filter_says_what_is_logged_and_one_that_is_none_is_refused() {
        assert_eq!(log(LogFormat::Text, "off"), "");
        assert_eq!(log(LogFormat::Text, "debug").lines().count(), 2);
        let settings = settings(LogFormat::Text, "prescale=loud");
        let refused = subscriber(&settings, io::sink).map(|_| ()).unwrap_err().to_string();
        assert_eq!(refused, "the log filter \"prescale=loud\" is none");
    }
}
