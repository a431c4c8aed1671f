//! An exporter for Prometheus whose values a test sets.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::Error;
use crate::background::Background;

type Values = Arc<Mutex<BTreeMap<String, f64>>>;

/// Serves `/metrics` on a free port of 127.0.0.1 while it lives.
#[derive(Debug)]
pub struct Exporter {
    address: SocketAddr,
    values: Values,
    _background: Background,
}

impl Exporter {
    /// Starts without any series.
    pub fn start() -> Result<Self, Error> {
        let background = Background::start()?;
        let values = Values::default();
        let router = Router::new().route("/metrics", get(metrics)).with_state(Arc::clone(&values));
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.map_err(Error::io("listen on 127.0.0.1"))?;
        let address = listener.local_addr().map_err(Error::io("the exporter's address"))?;
        listener.set_nonblocking(true).map_err(Error::io("the exporter's socket"))?;
        let _runtime = background.handle().enter();
        let listener = TcpListener::from_std(listener).map_err(Error::io("the exporter's socket"))?;
        background.handle().spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, values, _background: background })
    }

    /// `127.0.0.1:PORT`, a target for Prometheus.
    pub fn target(&self) -> String {
        self.address.to_string()
    }

    /// From the next scrape on, `series`, such as `demand` or `demand{app="gateway"}`, has this value.
    pub fn set(&self, series: &str, value: f64) {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).insert(series.to_owned(), value);
    }

    /// From the next scrape on, `series` is missing.
    pub fn remove(&self, series: &str) {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).remove(series);
    }
}

async fn metrics(State(values): State<Values>) -> impl IntoResponse {
    let values = values.lock().unwrap_or_else(PoisonError::into_inner);
    let text: String = values.iter().map(|(series, value)| format!("{series} {value}\n")).collect();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
