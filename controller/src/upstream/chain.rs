//! The server that metrics which are not ours are asked of, which may come and go while the metrics API serves: when the
//! API is taken over from it, when it is handed back.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::response::IntoResponse;
use futures::FutureExt;

use super::Upstream;
use crate::{
    board::Metric,
    metrics_api::{Cause, Neighbour, Refusal},
};

/// Where foreign reads go at the moment: to one server, or to none.
#[derive(Clone, Default)]
pub struct Chain(Arc<ArcSwapOption<Upstream>>);

impl Chain {
    /// From now on foreign reads go to `upstream`; those under way end where they are.
    pub fn lead_to(&self, upstream: Option<Arc<Upstream>>) {
        self.0.store(upstream);
    }

    /// As the metrics API asks for it.
    #[must_use]
    pub fn neighbour(&self) -> Neighbour {
        let (reads, metrics) = (self.clone(), self.clone());
        Neighbour {
            read: Arc::new(move |read| {
                let upstream = reads.0.load_full();
                async move {
                    match upstream {
                        Some(upstream) => upstream.respond(&read.path_and_query).await,
                        None => nobody_knows(&read.metric).into_response(),
                    }
                }
                .boxed()
            }),
            metrics: Arc::new(move || {
                let upstream = metrics.0.load();
                upstream.as_ref().map(|upstream| upstream.metrics().to_vec()).unwrap_or_default()
            }),
        }
    }
}

fn nobody_knows(metric: &str) -> Refusal {
    let ours = Metric::ALL.map(Metric::name).join(", ");
    Refusal { cause: Cause::NotFound, message: format!("no metric `{metric}` here: Prescale serves {ours}") }
}
