//! The history store, where one is wanted.

use jiff::SignedDuration;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::info;

use crate::{
    args::History,
    store::{Store, StoreSettings},
    telemetry::Metrics,
};

/// The store that the flags name. It ends after the fleet, so that nothing is lost that was told at the end.
pub(super) fn store(
    args: &History,
    metrics: &Metrics,
    (tasks, released): (&TaskTracker, &CancellationToken),
) -> Option<Store> {
    let Some(path) = args.history_path.clone() else {
        info!("history is kept in memory: no --history-path");
        return None;
    };
    let settings = StoreSettings {
        retention: SignedDuration::try_from(args.history_retention).expect("a retention was written as one"),
        max_size: args.history_max_size,
        ..StoreSettings::new(path)
    };
    let (store, keeper) = Store::new(settings, metrics.clone());
    tasks.spawn(keeper.run(released.clone()));
    Some(store)
}
