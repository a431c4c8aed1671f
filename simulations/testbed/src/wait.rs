//! Waiting for something outside: ask again until it is so, with a deadline.

use std::time::{Duration, Instant};

use crate::Error;

/// How long between two looks: short beside the seconds that a control plane takes, long beside one request.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Asks `probe` until it answers, and at most for `within`. `what` is what the error calls it.
pub async fn until<T>(what: &str, within: Duration, probe: impl AsyncFn() -> Option<T>) -> Result<T, Error> {
    let begin = Instant::now();
    loop {
        let left = within.saturating_sub(begin.elapsed());
        match tokio::time::timeout(left, probe()).await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) if begin.elapsed() < within => tokio::time::sleep(BETWEEN_LOOKS).await,
            Ok(None) | Err(_) => return Err(Error::Late { what: what.to_owned(), within }),
        }
    }
}
