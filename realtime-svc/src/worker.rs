//! The worker: folds what is in Kafka into Redis, in a thread of its own, and tells the gateways what rooms look like.

mod consume;
mod fold;
mod tell;

use std::{sync::Arc, time::Duration};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    admin::{self, Admin},
    args::WorkerSettings,
    kafka::Credentials,
    lifecycle::{Lifecycle, told_to_end},
    metrics::Metrics,
    redis::Redis,
    telemetry,
};
use consume::Worker;
use fold::Folder;

/// Between two looks at what lets us into Kafka.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Runs until SIGTERM: then it folds what it has begun, and leaves the group.
///
/// # Errors
///
/// Where a setting cannot be used or a port is taken.
pub async fn run(settings: WorkerSettings) -> anyhow::Result<()> {
    let logs = telemetry::init(&settings.logs, "realtime-worker")?;
    let (metrics, lifecycle) = (Metrics::default(), Lifecycle::default());
    let redis = Arc::new(Redis::new(settings.redis.clone()));
    let is_connected = redis.clone();
    let missing = Arc::new(move || (!is_connected.is_connected()).then_some("Redis"));
    let admin = Admin { metrics: metrics.clone(), lifecycle: lifecycle.clone(), missing };
    admin::serve(settings.admin_listen, admin).await?;
    tokio::spawn(stay_connected(redis.clone()));
    let (changes, changed) = mpsc::unbounded_channel();
    let telling = tell::tell(redis.clone(), metrics.clone(), settings.update_every_ms, changed);
    let telling = tokio::spawn(telling);
    let folder = Folder { redis, topic: settings.kafka.topic.clone(), seen_for_s: settings.seen_for_s.get() };
    let working = work(settings, folder, metrics, (changes, lifecycle.leaving.clone()));
    let working = tokio::spawn(working);
    told_to_end().await?;
    info!("worker ends");
    lifecycle.draining.cancel();
    lifecycle.leaving.cancel();
    working.await??;
    telling.await?;
    lifecycle.over.cancel();
    logs.flush().await;
    Ok(())
}

/// A worker without a partition has no use for Redis, and is ready all the same when it could reach it.
async fn stay_connected(redis: Arc<Redis>) {
    loop {
        if let Err(error) = redis.connection().await {
            warn!(%error, "Redis is not reached");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Works, and joins the group anew when a password or a certificate for Kafka has changed.
async fn work(
    settings: WorkerSettings,
    folder: Folder,
    metrics: Metrics,
    (changes, leaving): (mpsc::UnboundedSender<realtime_protocol::RoomName>, CancellationToken),
) -> anyhow::Result<()> {
    let mut has_worked = false;
    while !leaving.is_cancelled() {
        let credentials = match settings.kafka.credentials() {
            Ok(credentials) => credentials,
            Err(error) if has_worked => {
                warn!(%error, "what lets us into Kafka is not read, waiting for it");
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let over = leaving.child_token();
        let told = (metrics.clone(), changes.clone(), over.clone());
        let running = match Worker::join(&settings, &credentials, folder.clone(), told) {
            Ok(mut worker) => Some(tokio::task::spawn_blocking(move || worker.run())),
            // A half-written file is followed by a whole one.
            Err(error) if has_worked => {
                warn!(%error, "not joined with what lets us in now, waiting for another");
                None
            }
            Err(error) => return Err(error),
        };
        has_worked = true;
        tokio::select! {
            () = changed(&settings, credentials) => info!("what lets us in has changed, joining anew"),
            () = leaving.cancelled() => {}
        }
        over.cancel();
        if let Some(running) = running {
            running.await?;
        }
    }
    Ok(())
}

/// Until something else lets us in.
async fn changed(settings: &WorkerSettings, credentials: Credentials) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match settings.kafka.credentials() {
            Ok(found) if found == credentials => {}
            Ok(_) => return,
            Err(error) => warn!(%error, "what lets us into Kafka is not read, the old stays"),
        }
    }
}
