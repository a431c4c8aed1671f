//! KEDA's port, where it is asked for, and what its answers have to know of each scaler.

use std::sync::Arc;

use super::servers::{Life, bind};
use crate::{
    args::Listen,
    board::Board,
    fleet::Ticked,
    keda::{KnownTerms, Terms, serve},
};

/// Serves KEDA if it is to be served.
pub(super) async fn listen(
    listen: &Listen,
    board: Arc<Board>,
    terms: Arc<KnownTerms>,
    (tasks, shutdown): Life<'_>,
) -> anyhow::Result<()> {
    let Some(address) = listen.keda_bind else { return Ok(()) };
    let listener = bind("--keda-bind", address).await?;
    tasks.spawn(serve(listener, board, terms, shutdown.clone()));
    Ok(())
}

/// Keeps the terms of a scaler that was ticked.
pub(super) fn learn(terms: &KnownTerms, ticked: &Ticked<'_>) {
    let settings = ticked.scaler.autoscaler().settings();
    terms.set(ticked.key, Terms { per_replica: settings.capacity.nominal(), mode: settings.mode });
}
