//! How a process ends: readiness fails first, then people are told, then it is over.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The steps of an end, each of which many wait for. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// SIGTERM has come: no new people.
    pub draining: CancellationToken,
    /// Those who are here are told to go.
    pub leaving: CancellationToken,
    /// Nothing is left to do.
    pub over: CancellationToken,
}

impl Lifecycle {
    /// Whether new people may come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.draining.is_cancelled()
    }
}

/// Waits for SIGTERM or Ctrl-C.
///
/// # Errors
///
/// Where the system has no signals.
pub async fn told_to_end() -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
