//! Traces and logs by OTLP, protobuf over HTTP. The SDK's batches are sent by threads of their own; the requests run on
//! the caller's runtime, by a client that says why an export fails, and not each time.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use opentelemetry::trace::TracerProvider;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, Protocol, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::{
    Resource,
    logs::{SdkLogger, SdkLoggerProvider},
    trace::{Sampler, SdkTracer, SdkTracerProvider},
};
use tokio::runtime::Handle;
use tracing::{Subscriber, warn};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

/// One batch, at most 512 spans or records, which the SDK sends each second or few; a queue holds 4 batches, and what
/// comes while it is full is dropped and counted by the SDK.
const EXPORT_WITHIN: Duration = Duration::from_secs(5);
/// A receiver that is away is said once a minute.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// Why nothing can be exported.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {
    /// The address is none.
    #[error("the OTLP endpoint {0:?} is not an http or https URL")]
    Endpoint(String),
    /// Exports need a runtime.
    #[error("OTLP exports need a Tokio runtime")]
    NoRuntime,
    /// The client cannot be made.
    #[error("cannot make a client for OTLP")]
    Client(#[source] reqwest::Error),
    /// The exporter cannot be made.
    #[error("cannot make an OTLP exporter")]
    Exporter(#[from] ExporterBuildError),
}

/// Exporters of traces and logs.
#[derive(Debug)]
pub(super) struct Otlp {
    service: &'static str,
    traces: SdkTracerProvider,
    logs: SdkLoggerProvider,
}

impl Otlp {
    /// Exporters of `service` to the receiver at `endpoint`, below which `v1/traces` and `v1/logs` lie; of the traces that
    /// begin here, this share.
    pub(super) fn to(endpoint: &str, service: &'static str, share: f64) -> Result<Self, OtlpError> {
        let base =
            endpoint.parse::<reqwest::Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let base = base.ok_or_else(|| OtlpError::Endpoint(endpoint.to_owned()))?;
        let at = |path: &str| format!("{}/{path}", base.as_str().trim_end_matches('/'));
        let spans = SpanExporter::builder().with_http().with_http_client(Sender::new("traces", &base)?);
        let spans = spans.with_endpoint(at("v1/traces")).with_protocol(Protocol::HttpBinary);
        let logs = LogExporter::builder().with_http().with_http_client(Sender::new("logs", &base)?);
        let logs = logs.with_endpoint(at("v1/logs")).with_protocol(Protocol::HttpBinary);
        let resource = Resource::builder().with_service_name(service).build();
        Ok(Self {
            service,
            traces: SdkTracerProvider::builder()
                .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
                .with_batch_exporter(spans.with_timeout(EXPORT_WITHIN).build()?)
                .with_resource(resource.clone())
                .build(),
            logs: SdkLoggerProvider::builder()
                .with_batch_exporter(logs.with_timeout(EXPORT_WITHIN).build()?)
                .with_resource(resource)
                .build(),
        })
    }

    /// A layer that makes spans traces.
    pub(super) fn spans<S>(&self) -> OpenTelemetryLayer<S, SdkTracer>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        tracing_opentelemetry::layer().with_tracer(self.traces.tracer(self.service))
    }

    /// A layer that makes events log records.
    pub(super) fn logs(&self) -> OpenTelemetryTracingBridge<SdkLoggerProvider, SdkLogger> {
        OpenTelemetryTracingBridge::new(&self.logs)
    }

    /// Sends what is left, in at most `within` for both.
    pub(super) async fn flush(self, within: Duration) {
        let traces = tokio::task::spawn_blocking(move || self.traces.shutdown_with_timeout(within));
        let logs = tokio::task::spawn_blocking(move || self.logs.shutdown_with_timeout(within));
        // Why an export failed was said when it failed.
        let _ = tokio::time::timeout(within, futures::future::join(traces, logs)).await;
    }
}

/// Sends exports from the caller's runtime.
struct Sender {
    what: &'static str,
    endpoint: String,
    client: reqwest::Client,
    runtime: Handle,
    failures: Mutex<Failures>,
}

/// Failures that were not said yet, and when the last was.
#[derive(Debug, Default)]
struct Failures {
    unsaid: u64,
    said: Option<Instant>,
}

impl Sender {
    fn new(what: &'static str, endpoint: &reqwest::Url) -> Result<Self, OtlpError> {
        let builder = reqwest::Client::builder().timeout(EXPORT_WITHIN);
        // By plain HTTP, no certificates are needed, and a container may have none.
        let builder = if endpoint.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
        Ok(Self {
            what,
            endpoint: endpoint.origin().ascii_serialization(),
            client: builder.build().map_err(OtlpError::Client)?,
            runtime: Handle::try_current().map_err(|_| OtlpError::NoRuntime)?,
            failures: Mutex::default(),
        })
    }

    /// Says why exports fail: the first time, and then each minute how many did.
    fn failed(&self, error: &dyn fmt::Display) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.unsaid += 1;
        if failures.said.is_some_and(|said| said.elapsed() < SAID_EVERY) {
            return;
        }
        let (what, endpoint, failed) = (self.what, &self.endpoint, failures.unsaid);
        *failures = Failures { unsaid: 0, said: Some(Instant::now()) };
        drop(failures);
        warn!(what, endpoint, failed, %error, "telemetry not exported");
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sending = send(self.client.clone(), request);
        let sent = self.runtime.spawn(sending).await.map_err(HttpError::from).flatten();
        match &sent {
            Ok(response) if !response.status().is_success() => {
                self.failed(&format_args!("HTTP {}", response.status()));
            }
            Ok(_) => {}
            Err(error) => self.failed(&innermost(&**error)),
        }
        sent
    }
}

impl HttpClient for Sender {
    fn send_bytes<'a, 'f>(
        &'a self,
        request: Request<Bytes>,
    ) -> BoxFuture<'f, Result<Response<Bytes>, HttpError>>
    where
        'a: 'f,
        Self: 'f,
    {
        Box::pin(self.send(request))
    }
}

/// An answer says little; the client's time limit bounds how long it is listened to.
async fn send(client: reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let response = client.execute(request.try_into()?).await?;
    let mut answer = Response::builder().status(response.status());
    for (name, value) in response.headers() {
        answer = answer.header(name, value);
    }
    Ok(answer.body(response.bytes().await?)?)
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("what", &self.what).field("endpoint", &self.endpoint).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::written::Written;

    fn request(url: &str) -> Request<Bytes> {
        Request::post(url).body(Bytes::new()).unwrap()
    }

    #[tokio::test]
    async fn a_receiver_that_is_away_is_said_once_and_why() {
        let written = Written::default();
        let writer = written.clone();
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let _logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines));
        // The port was free a moment ago, and nothing listens on it now.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let sender = Sender::new("traces", &url.parse().unwrap()).unwrap();
        for _ in 0..3 {
            sender.send_bytes(request(&url)).await.unwrap_err();
        }
        let lines = written.text();
        let said = lines.lines().filter(|line| line.contains("telemetry not exported")).collect::<Vec<_>>();
        let [said] = said.as_slice() else { panic!("once: {lines}") };
        assert!(
            said.contains("WARN") && said.contains("Connection refused") && said.contains(&url),
            "{said}"
        );
    }

    #[tokio::test]
    async fn a_receiver_that_hangs_does_not_hold_up_the_end() {
        // It takes connections, and never reads.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let otlp = Otlp::to(&format!("http://{}", listener.local_addr().unwrap()), "tests", 1.0).unwrap();
        let spans = tracing_subscriber::registry().with(otlp.spans());
        tracing::subscriber::with_default(spans, || drop(tracing::info_span!("tick")));
        let started = Instant::now();
        otlp.flush(Duration::from_millis(100)).await;
        // Below the 5 s that the export itself would wait.
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    }

    #[test]
    fn what_cannot_be_an_endpoint_is_refused() {
        let told = |endpoint: &str| Otlp::to(endpoint, "tests", 1.0).map(|_| ()).unwrap_err().to_string();
        assert_eq!(
            told("collector:4318"),
            "the OTLP endpoint \"collector:4318\" is not an http or https URL"
        );
        assert_eq!(told("http://collector:4318"), "OTLP exports need a Tokio runtime");
    }
}
