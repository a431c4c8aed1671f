//! What signals and events are worth: reckoned when somebody looks, on a copy, beside the threads that tick.

use std::{sync::Arc, time::Duration};

use tracing::warn;

use super::Web;
use crate::board::ScalerKey;

/// Who asks is told what is known after so long.
const WAITS: Duration = Duration::from_secs(2);

/// Has it reckoned where it is due, and waits for it a moment.
pub(super) async fn reckon(web: &Arc<Web>, key: &ScalerKey) {
    let Some((events, living)) = web.gallery.begin_worths(key) else { return };
    let (web, key) = (Arc::clone(web), key.clone());
    let reckoned = tokio::spawn(async move {
        let _place = web.suppositions.acquire().await;
        let reckoned = tokio::task::spawn_blocking(move || {
            let mut copy = None;
            living.look(&mut |autoscaler| copy = Some(autoscaler.clone()));
            copy.map(|scaler| scaler.worths(&events))
        });
        match reckoned.await {
            Ok(worths) => worths.into_iter().for_each(|worths| web.gallery.end_worths(&key, worths)),
            Err(error) => warn!(scaler = %key, %error, "worth of signals and events not reckoned"),
        }
    });
    drop(tokio::time::timeout(WAITS, reckoned).await);
}
