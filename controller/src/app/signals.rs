//! Signals that clients push: where they are kept, how fellow replicas learn of them, and where they are listened for.

use std::sync::Arc;

use kube::Client;
use tokio::sync::watch;

use super::{leading, servers};
use crate::{
    args::Run,
    certificates::Certificates,
    lease::Leadership,
    metrics_api::{Gate, serve, server_config},
    push::{ApiKeys, Door, Pushed, Reach, Sharing, Signals, router},
    telemetry::Metrics,
};

/// Where what is pushed is kept; closed, where nobody can push.
pub(super) fn pushed(args: &Run) -> Arc<Pushed> {
    match args.listen.signals_bind {
        Some(_) if !args.dry_run => Arc::new(Pushed::open()),
        Some(_) | None => Arc::default(),
    }
}

/// How fellow replicas learn of it.
pub(super) fn sharing(
    args: &Run,
    pushed: Arc<Pushed>,
    (leadership, certificates): (watch::Receiver<Leadership>, &Certificates),
) -> Arc<Sharing> {
    let (origin, connect) = leading::way_to_peers(args, certificates);
    let reach = Reach { origin, own: leading::own_address(args), connect };
    Arc::new(Sharing::new(pushed, leadership, reach))
}

/// Listens for what is pushed, if that is asked for.
pub(super) async fn listen(
    args: &Run,
    (client, certificates): (&Client, &Certificates),
    (gate, sharing, metrics): (Gate, Arc<Sharing>, Metrics),
    (tasks, shutdown): servers::Life<'_>,
) -> anyhow::Result<()> {
    let Some(address) = args.listen.signals_bind else { return Ok(()) };
    let keys = ApiKeys::default();
    tasks.spawn(keys.clone().follow(client.clone(), shutdown.clone()));
    let pushed = Arc::clone(sharing.pushed());
    let signals = Signals { pushed, door: Door::new(gate, keys), sharing, metrics };
    let listener = servers::bind("--signals-bind", address).await?;
    let tls = server_config(certificates.serving.clone());
    tasks.spawn(serve(listener, tls, router(signals), shutdown.clone()));
    Ok(())
}
