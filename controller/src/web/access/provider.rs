//! The two pages of a sign-in at the identity provider: the one that sends the browser there, and the one that it comes
//! back to. Nothing is changed by them but who is signed in, and that only for a browser that began to.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{Query, Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{LOCATION, SET_COOKIE},
    },
    middleware,
    response::{AppendHeaders, IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    Access,
    audit::{Act, Line},
    cookies::Jar,
    oidc::{CALLBACK, Failure, Oidc, Pending, REMEMBERED_FOR},
    session::{Session, Who},
};
use crate::web::{
    api::call,
    door::Call,
    headers, origin,
    wire::{Problem, Via},
};

/// Longer than any path of the page: two names of 253 characters, and a tab.
const LONGEST_PATH: usize = 600;

/// The routes; nothing is behind them where no provider is named.
pub fn routes(access: Arc<Access>) -> Router {
    Router::new()
        .route("/auth/login", get(login))
        .route(CALLBACK, get(callback))
        .with_state(access)
        .layer(middleware::map_response(headers::harden))
}

#[derive(Deserialize)]
struct Login {
    /// The page to go to afterwards.
    to: Option<String>,
}

/// What the provider sends the browser back with.
#[derive(Deserialize)]
struct Back {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn login(
    State(access): State<Arc<Access>>,
    Query(Login { to }): Query<Login>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, _) = request.into_parts();
    let (call, oidc) = (call(&head), access.provider()?);
    access.keeps_pace(call)?;
    let transport = origin::transport(call);
    let (key, to) = (access.key.now(), to.as_deref().map_or("/", own_path).to_owned());
    match oidc.begin(to, (&key, transport), Timestamp::now()).await {
        Ok((url, sealed)) => {
            let cookies = Jar::SignIn.set(transport, &sealed, REMEMBERED_FOR.as_secs());
            let cookies = cookies.map_err(|_| Problem::unprocessable("the path to go to is too long"))?;
            Ok(redirect(&url, cookies))
        }
        Err(failure) => Ok(access.failed(call, &failure)),
    }
}

async fn callback(
    State(access): State<Arc<Access>>,
    Query(back): Query<Back>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, _) = request.into_parts();
    let (call, oidc) = (call(&head), access.provider()?);
    access.keeps_pace(call)?;
    match access.came_back(call, oidc, back).await {
        Ok((to, session, cookies)) => {
            let Who::Oidc(known) = &session.who else { return Err(Problem::not_found("no such session")) };
            line(call.peer, Some(&known.name), None).write();
            Ok(redirect(&to, cookies))
        }
        Err(failure) => Ok(access.failed(call, &failure)),
    }
}

impl Access {
    fn provider(&self) -> Result<&Oidc, Problem> {
        self.oidc
            .as_ref()
            .ok_or_else(|| Problem::not_found("no identity provider is named: sign in by a token"))
    }

    /// Where to go, who signed in, and the cookies that keep it.
    async fn came_back(
        &self,
        call: Call<'_>,
        oidc: &Oidc,
        back: Back,
    ) -> Result<(String, Session, Vec<HeaderValue>), Failure> {
        let (transport, now, key) = (origin::transport(call), Timestamp::now(), self.key.now());
        let sealed = Jar::SignIn.read(call.headers, transport).ok_or(Failure::Expired)?;
        let state = back.state.unwrap_or_default();
        let pending = Pending::recall(&sealed, &state, (&key, transport), now)?;
        if let Some(error) = back.error {
            let words = back.error_description.map_or(error.clone(), |words| format!("{error}: {words}"));
            return Err(Failure::Denied(words));
        }
        let code = back.code.ok_or_else(|| Failure::Denied("it sent no code".to_owned()))?;
        let known = oidc.finish(&pending, code).await?;
        let session = Session::begin(Who::Oidc(known), now, self.settings.session);
        let mut cookies =
            self.keep(&session, transport, now).map_err(|problem| Failure::Refused(problem.detail))?;
        cookies.extend(Jar::SignIn.clear(transport));
        Ok((pending.to, session, cookies))
    }

    /// Back to the sign-in page, which says in its own words what went wrong. The provider's are for the log.
    fn failed(&self, call: Call<'_>, failure: &Failure) -> Response {
        line(call.peer, None, Some(&failure.to_string())).write();
        let cookies = Jar::SignIn.clear(origin::transport(call));
        redirect(&format!("/sign-in?failed={}", failure.word()), cookies)
    }
}

fn line<'a>(peer: Option<SocketAddr>, user: Option<&'a str>, refused: Option<&'a str>) -> Line<'a> {
    Line { act: Act::SignIn, user, via: Some(Via::Oidc), peer, object: "session", refused }
}

fn redirect(to: &str, cookies: Vec<HeaderValue>) -> Response {
    let cookies: Vec<_> = cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)).collect();
    (StatusCode::SEE_OTHER, [(LOCATION, to)], AppendHeaders(cookies)).into_response()
}

/// A path of this page; `/` for anything else, so that nobody is led away from here.
fn own_path(to: &str) -> &str {
    let is_path = to.starts_with('/') && !to.starts_with("//") && to.len() <= LONGEST_PATH;
    let is_plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_away_after_signing_in() {
        for path in ["/", "/scalers/live/gateway/what-if?q=1#x"] {
            assert_eq!(own_path(path), path);
        }
        let long = format!("/{}", "a".repeat(LONGEST_PATH));
        for path in
            ["", "https://evil.example.org", "//evil.example.org", "/\\evil", "/a\r\nb", "evil", &long]
        {
            assert_eq!(own_path(path), "/", "{path}");
        }
    }
}
