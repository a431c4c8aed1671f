//! How a run is ended early, by who watches it.

use tokio_util::sync::CancellationToken;

/// Cancelled by the first Ctrl-C, after which what was sent is still told; the second one ends the process as if nobody
/// listened.
///
/// # Panics
/// Outside of a Tokio runtime, which listens.
#[must_use]
pub fn by_ctrl_c() -> CancellationToken {
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            told.cancel();
            _ = tokio::signal::ctrl_c().await;
            std::process::exit(130);
        }
    });
    stop
}
