//! A browser, as far as the dashboard knows one: it keeps cookies, sends them back, and says which origin its pages have.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use http::Method;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Where it leads, for a redirect.
    pub(crate) location: String,
    /// Whole `Set-Cookie` headers.
    pub(crate) set: Vec<String>,
    /// Null where the body is no JSON.
    pub(crate) body: Value,
}

/// A browser with the dashboard open at `url`.
pub(crate) struct Browser {
    http: reqwest::Client,
    pub(crate) url: String,
    cookies: Mutex<BTreeMap<String, String>>,
    csrf: Mutex<String>,
}

impl Browser {
    pub(crate) fn at(url: &str) -> Self {
        Self::with(reqwest::Client::builder(), url)
    }

    /// One that is nowhere yet, and trusts servers of this authority.
    pub(crate) fn trusting(ca: &Path) -> Self {
        let ca = reqwest::Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap();
        Self::with(reqwest::Client::builder().tls_certs_only([ca]), "")
    }

    fn with(http: reqwest::ClientBuilder, url: &str) -> Self {
        let http = http.redirect(Policy::none()).no_proxy().build().unwrap();
        Self { http, url: url.to_owned(), cookies: Mutex::default(), csrf: Mutex::default() }
    }

    /// Signed in by a token, which must be taken.
    pub(crate) async fn signed_in(url: &str, token: &str) -> Self {
        let browser = Self::at(url);
        let answer = browser.sign_in(token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        browser
    }

    pub(crate) async fn sign_in(&self, token: &str) -> Answer {
        let answer = self.send(Method::POST, "/api/v1/session", Some(&json!({"token": token})), &[]).await;
        self.learn_csrf(&answer);
        answer
    }

    /// Takes the token of the session, as the page does.
    pub(crate) fn learn_csrf(&self, session: &Answer) {
        *self.csrf.lock().unwrap() = session.body["csrf"].as_str().unwrap_or_default().to_owned();
    }

    pub(crate) fn csrf(&self) -> String {
        self.csrf.lock().unwrap().clone()
    }

    pub(crate) fn has_cookies(&self) -> bool {
        !self.cookies.lock().unwrap().is_empty()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    /// As a page of the dashboard does it.
    pub(crate) async fn change(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let csrf = self.csrf();
        self.send(method, path, body, &[("x-prescale-csrf", &csrf), ("sec-fetch-site", "same-origin")]).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies: Vec<_> = {
            let cookies = self.cookies.lock().unwrap();
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let text = |name: &str| {
            let values = response.headers().get_all(name).iter();
            values.map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (status, set) = (response.status().as_u16(), text("set-cookie"));
        let location = text("location").pop().unwrap_or_default();
        self.keep(&set);
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or(Value::Null);
        Answer { status, location, set, body }
    }

    fn keep(&self, set: &[String]) {
        let mut cookies = self.cookies.lock().unwrap();
        for header in set {
            let (name, value) = header.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
