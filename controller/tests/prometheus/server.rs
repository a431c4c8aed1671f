//! A server of a few lines that answers what a test says, on a port of its own.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use prometheus_http_query::Client;
use tokio::net::TcpListener;

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The form: `query=up&time=0`.
    pub(crate) body: String,
    /// The header of this name.
    pub(crate) authorization: Option<String>,
    /// How many were asked before it.
    pub(crate) index: usize,
}

/// Serves what `answer` says to each request.
pub(crate) async fn serve<F>(answer: impl Fn(Asked) -> F + Clone + Send + Sync + 'static) -> String
where
    F: Future<Output = Response> + Send + 'static,
{
    let asked = Arc::new(AtomicUsize::new(0));
    let handler = move |request: Request| {
        let index = asked.fetch_add(1, Ordering::Relaxed);
        let answer = answer.clone();
        async move {
            let header = request.headers().get(header::AUTHORIZATION);
            let authorization = header.map(|value| value.to_str().unwrap().to_owned());
            let body = axum::body::to_bytes(request.into_body(), 1 << 16).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            answer(Asked { body, authorization, index }).await
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().fallback(handler);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// The same, with a client of it; `answer` needs not wait.
pub(crate) async fn client_of(answer: impl Fn(&Asked) -> Response + Clone + Send + Sync + 'static) -> Client {
    serve(move |asked| std::future::ready(answer(&asked))).await.parse().unwrap()
}

/// An answer with a status and a content type.
pub(crate) fn answer(status: u16, content_type: &'static str, body: impl Into<Body>) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, content_type)], body.into()).into_response()
}

pub(crate) fn json(body: impl Into<String>) -> Response {
    answer(200, "application/json", body.into())
}

/// A range of these series.
pub(crate) fn matrix(series: &str) -> Response {
    data("matrix", &format!("[{series}]"))
}

/// An instant vector of one series with this stamp and value.
pub(crate) fn vector(at: i64, value: &str) -> Response {
    data("vector", &format!(r#"[{{"metric":{{}},"value":[{at},"{value}"]}}]"#))
}

/// A result of this type.
pub(crate) fn data(kind: &str, result: &str) -> Response {
    json(format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":{result}}}}}"#))
}

/// A value of a form.
pub(crate) fn field<'a>(body: &'a str, name: &str) -> &'a str {
    let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value).unwrap()
}
