//! One trace from the door through Kafka to Redis, as a receiver of OTLP sees it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prescale_testbed::until;
use prost::Message as _;
use realtime_e2e::Person;
use realtime_protocol::Reaction;
use tokio::net::TcpListener;

use crate::fixture::service;

/// The SDK sends what it has each five seconds.
const WITHIN: Duration = Duration::from_secs(60);

type Received = Arc<Mutex<Vec<Span>>>;

/// Takes spans at `/v1/traces`, and whatever else without a look at it.
async fn receiver() -> (String, Received) {
    let received = Received::default();
    let taken = received.clone();
    let traces = post(async move |body: Bytes| {
        let request = ExportTraceServiceRequest::decode(body).unwrap();
        let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        taken.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
    });
    let router = Router::new().route("/v1/traces", traces).route("/v1/logs", post(async || {}));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    (address, received)
}

fn is_about(span: &Span, id: &str) -> bool {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == "correlation_id");
    let value = attribute.and_then(|attribute| attribute.value.as_ref()?.value.as_ref());
    matches!(value, Some(Value::StringValue(value)) if value == id)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_worker_folds_is_part_of_the_trace_that_began_at_the_gateway() {
    let (endpoint, received) = receiver().await;
    let service = service().await.with(&["--otlp-endpoint", &endpoint, "--trace-share", "1"]);
    service.worker("worker", &[]).await.unwrap();
    let gateway = service.gateway("gateway", &[]).await.unwrap();
    let mut ada = Person::join(&gateway, "ada", "traces").await.unwrap();
    let id = ada.react(Reaction::Clap).await.unwrap().to_string();
    let (taken, folded) = until("both spans", WITHIN, async || {
        let spans = received.lock().unwrap();
        let named = |name: &str| spans.iter().find(|span| span.name == name && is_about(span, &id)).cloned();
        Some((named("interaction")?, named("fold")?))
    })
    .await
    .unwrap();
    assert_eq!(folded.trace_id, taken.trace_id);
    assert_eq!(folded.parent_span_id, taken.span_id);
}
