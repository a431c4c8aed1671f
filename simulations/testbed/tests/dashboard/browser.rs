//! A browser, as far as the dashboard knows one: it keeps cookies, sends them back, and says which origin its pages have.

use std::collections::BTreeMap;

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
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) csrf: Option<String>,
}

impl Browser {
    pub(crate) fn at(url: &str) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { http, url: url.to_owned(), cookies: BTreeMap::new(), csrf: None }
    }

    /// Signed in by a token, which must be taken.
    pub(crate) async fn signed_in(url: &str, token: &str) -> Self {
        let mut browser = Self::at(url);
        let answer = browser.sign_in(token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        browser
    }

    pub(crate) async fn sign_in(&mut self, token: &str) -> Answer {
        let answer = self.send(Method::POST, "/api/v1/session", Some(&json!({"token": token})), &[]).await;
        self.csrf = answer.body["csrf"].as_str().map(str::to_owned);
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    /// As a page of the dashboard does it.
    pub(crate) async fn change(&mut self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let csrf = self.csrf.clone().unwrap_or_default();
        self.send(method, path, body, &[("x-prescale-csrf", &csrf), ("sec-fetch-site", "same-origin")]).await
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
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

    fn keep(&mut self, set: &[String]) {
        for header in set {
            let (name, value) = header.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
