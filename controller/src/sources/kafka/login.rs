//! A user proves who it is, by SASL within Kafka's own questions (KIP-43, KIP-152).

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use kafka_protocol::{
    error::ParseResponseErrorCode,
    messages::{SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest},
    protocol::StrBytes,
};
use rsasl::prelude::{Mechname, SASLClient, SASLConfig, Session};

use super::{admission::User, link::Link, problem::Problem};

/// Of the time for which a broker lets us in, what is used: the rest is for a poll that is under way.
const USED_SHARE: f64 = 0.8;

/// Logs in; gives how long the broker lets us in, where it says so.
pub(super) async fn login(link: &mut Link, user: &User) -> Result<Option<Duration>, Problem> {
    shake_hands(link, user).await?;
    let mut session = session(user).map_err(|message| link.problem(message))?;
    let mut heard: Option<Bytes> = None;
    loop {
        let mut said = Vec::new();
        let state = session.step(heard.as_deref(), &mut said);
        // Its own words would only say that the broker's proof does not fit our password.
        let state = state.map_err(|_| denied(user, "the broker does not know the password either"))?;
        let mut lives_for = None;
        if state.has_sent_message() {
            let answer = authenticate(link, user, said).await?;
            lives_for = lifetime(&answer);
            heard = Some(answer.auth_bytes);
        }
        if state.is_finished() {
            return Ok(lives_for);
        }
    }
}

async fn shake_hands(link: &mut Link, user: &User) -> Result<(), Problem> {
    let name = user.mechanism.name();
    let question = SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(name));
    let answer = link.ask(&question, 1).await?;
    if answer.error_code.is_ok() {
        return Ok(());
    }
    let offered = answer.mechanisms.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    Err(denied(user, &format!("it takes {offered}, and not {name}")))
}

async fn authenticate(
    link: &mut Link,
    user: &User,
    said: Vec<u8>,
) -> Result<SaslAuthenticateResponse, Problem> {
    let question = SaslAuthenticateRequest::default().with_auth_bytes(said.into());
    let answer = link.ask(&question, 2).await?;
    match answer.error_code.err() {
        None => Ok(answer),
        Some(error) => {
            let message =
                answer.error_message.map_or_else(|| error.to_string(), |message| message.to_string());
            Err(denied(user, &message))
        }
    }
}

fn session(user: &User) -> Result<Session, String> {
    let config = SASLConfig::with_credentials(None, user.name.clone(), user.password.clone());
    let config: Arc<SASLConfig> = config.map_err(|error| error.to_string())?;
    let name = Mechname::parse(user.mechanism.name().as_bytes()).map_err(|error| error.to_string())?;
    SASLClient::new(config).start_suggested(&[name]).map_err(|error| error.to_string())
}

fn lifetime(answer: &SaslAuthenticateResponse) -> Option<Duration> {
    let millis = u64::try_from(answer.session_lifetime_ms).ok().filter(|millis| 0 < *millis)?;
    Some(Duration::from_millis(millis).mul_f64(USED_SHARE))
}

fn denied(user: &User, message: &str) -> Problem {
    Problem::Denied("log in", format!("user {}: {message}", user.name))
}
