//! Credentials in a Secret that rotates, with an API server of a few lines.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    http::{Request, Response},
};
use futures::StreamExt;
use jiff::Timestamp;
use prescale_controller::{
    sources::{
        connection::{Connection, Place, PrometheusSettings},
        reader::Reader,
    },
    telemetry::Metrics,
};
use serde_json::{Value, json};
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use crate::{
    server::{serve, vector},
    source,
};

/// An API server that knows one Secret, if any, and tells its watchers of changes.
#[derive(Clone)]
struct ApiServer {
    secret: Arc<Mutex<Option<Value>>>,
    changes: broadcast::Sender<Value>,
}

impl ApiServer {
    fn new() -> Self {
        Self { secret: Arc::default(), changes: broadcast::channel(16).0 }
    }

    /// Puts these values, in base 64, into the Secret, once somebody watches.
    async fn put(&self, version: &str, values: &Value) {
        while self.changes.receiver_count() == 0 {
            tokio::task::yield_now().await;
        }
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "data": values,
            "metadata": {"namespace": "live", "name": "prometheus", "resourceVersion": version},
        });
        let mut known = self.secret.lock().unwrap();
        let kind = if known.replace(secret.clone()).is_some() { "MODIFIED" } else { "ADDED" };
        self.changes.send(json!({"type": kind, "object": secret})).unwrap();
    }

    fn client(&self) -> kube::Client {
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<kube::client::Body>| {
            let answer = server.answer(&request);
            async move { Ok::<_, Infallible>(answer) }
        });
        kube::Client::new(service, "live")
    }

    fn answer(&self, request: &Request<kube::client::Body>) -> Response<Body> {
        assert_eq!(request.uri().path(), "/api/v1/namespaces/live/secrets");
        let query = request.uri().query().unwrap();
        assert!(query.contains("fieldSelector=metadata.name%3Dprometheus"), "{query}");
        let known = self.secret.lock().unwrap();
        if query.contains("watch=true") {
            let changes = lines(self.changes.subscribe());
            return Response::new(Body::from_stream(changes));
        }
        let items = known.iter().collect::<Vec<_>>();
        let list = json!({"apiVersion": "v1", "kind": "SecretList", "metadata": {"resourceVersion": "1"}, "items": items});
        Response::new(Body::from(list.to_string()))
    }
}

/// The changes as lines, as long as somebody reads them.
fn lines(
    changes: broadcast::Receiver<Value>,
) -> impl futures::Stream<Item = Result<Bytes, Infallible>> + Send {
    futures::stream::unfold(changes, |mut changes| async {
        let change = changes.recv().await.ok()?;
        Some((Bytes::from(format!("{change}\n")), changes))
    })
    .map(Ok)
}

/// A connection to `url` with the credentials of the Secret.
fn connect(url: &str, server: &ApiServer) -> (Arc<Connection>, Reader, CancellationToken) {
    let place = Place::Secret { namespace: "live".into(), name: "prometheus".into() };
    let settings = PrometheusSettings { url: url.to_owned(), ca: None, credentials: Some(place) };
    let connection = Arc::new(Connection::new(settings).unwrap());
    let stop = CancellationToken::new();
    tokio::spawn({
        let (connection, client, stop) = (Arc::clone(&connection), server.client(), stop.clone());
        async move { connection.follow(Some(client), stop).await }
    });
    let reader = Reader::following(Arc::clone(&connection), Metrics::default());
    (connection, reader, stop)
}

/// The problem that the connection comes to have.
async fn problem(connection: &Connection, expected: Option<&str>) {
    let started = Instant::now();
    while connection.problem().as_deref() != expected {
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}, not {expected:?}", connection.problem());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_secret_is_waited_for_followed_and_never_told() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (headers, held) = (Arc::clone(&seen), Arc::new(Notify::new()));
    let release = Arc::clone(&held);
    let url = serve(move |asked| {
        let held = Arc::clone(&held);
        headers.lock().unwrap().push(asked.authorization.unwrap_or_default());
        async move {
            if asked.body.contains("held") {
                held.notified().await;
            }
            vector(Timestamp::now().as_second(), "7")
        }
    })
    .await;
    let server = ApiServer::new();
    let (connection, reader, stop) = connect(&url, &server);
    let _ending = stop.drop_guard();

    problem(&connection, Some("Secret live/prometheus is not there")).await;
    let error = reader.newest(&source("first"), Timestamp::now()).await.unwrap_err();
    assert_eq!(error.kind(), "not_configured");

    server.put("2", &json!({"token": "YWJj"})).await;
    problem(&connection, None).await;
    reader.newest(&source("second"), Timestamp::now()).await.unwrap();

    // A read that is under way ends with the credentials that it began with.
    let under_way = tokio::spawn({
        let reader = reader.clone();
        async move { reader.newest(&source("held"), Timestamp::now()).await }
    });
    while seen.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    server.put("3", &json!({"username": "QWxhZGRpbg=="})).await;
    let lacks = "Secret live/prometheus has no password: its keys are username";
    problem(&connection, Some(lacks)).await;
    reader.newest(&source("third"), Timestamp::now()).await.expect("what worked is kept");
    server.put("4", &json!({"username": "QWxhZGRpbg==", "password": "b3BlbiBzZXNhbWU="})).await;
    problem(&connection, None).await;
    reader.newest(&source("fourth"), Timestamp::now()).await.unwrap();
    release.notify_one();
    under_way.await.unwrap().unwrap();

    let basic = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
    assert_eq!(*seen.lock().unwrap(), ["Bearer abc", "Bearer abc", "Bearer abc", basic]);
    let printed = format!("{connection:?} {reader:?}");
    assert!(!printed.contains("abc") && !printed.contains("sesame"), "{printed}");
}
