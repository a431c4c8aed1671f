//! Looking, once in a while, at what the containers of a workload use: three questions to Prometheus about seven days, one
//! scaler at a time.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use prescale_model::Sample;
use tokio::sync::OwnedSemaphorePermit;
use tracing::debug;

use super::{Shared, slot::Slot};
use crate::{
    board::ScalerKey,
    cost::advice::{Advice, Queries, Used},
    scaler::Charge,
    sources::error::SourceError,
};

/// How far back use is looked at: a week, in which most workloads have seen what they see.
const SPAN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A thousand values a container.
const STEP: SignedDuration = SignedDuration::from_mins(10);
/// Less than this says nothing of requests: the busy hours of a day may not be in it.
const LEAST_VALUES: usize = 24 * 6;
/// Left between two scalers, and as long as the last one took: never more than half of one connection is used.
const PAUSE: Duration = Duration::from_secs(1);

/// Looks at the workload of one scaler. `place` is given back after a pause.
pub(super) async fn advise(shared: &Arc<Shared>, slot: &Arc<Slot>, place: OwnedSemaphorePermit) {
    let charge = slot.scaler().charge().clone();
    let began = Instant::now();
    let advice = look(shared, &charge, Timestamp::now()).await;
    debug!(scaler = %charge.key, containers = advice.containers.len(), took_ms = began.elapsed().as_millis(), "use looked at");
    slot.scaler().advise(advice);
    tokio::time::sleep(PAUSE.max(began.elapsed())).await;
    drop(place);
}

async fn look(shared: &Shared, charge: &Charge, now: Timestamp) -> Advice {
    let used = match used(shared, charge, now).await {
        Ok(used) => used,
        Err(why) => return Advice::none(now, why),
    };
    let seen = used.values().map(|used| used.cpu.len()).max().unwrap_or(0);
    if seen < LEAST_VALUES {
        let hours = seen as f64 / 6.0;
        return Advice::none(now, format!("use of CPU was seen for {hours:.1} h, and a day of it is wanted"));
    }
    match shared.applier.template(charge).await {
        Ok(template) => Advice::of(now, &used, &template.spec.unwrap_or_default()),
        Err(error) => Advice::none(now, error.to_string()),
    }
}

/// What each container used; or why that is not known, in words.
async fn used(shared: &Shared, charge: &Charge, now: Timestamp) -> Result<BTreeMap<String, Used>, String> {
    let target = &charge.spec.target;
    let workload = ScalerKey::new(&charge.key.namespace, &target.name);
    let (queries, reader) = (Queries::of(&workload, &target.kind), &shared.reader);
    let of = |metric: &'static str| {
        move |error: SourceError| {
            if matches!(error, SourceError::NoSeries { .. }) {
                return format!("Prometheus has no {metric} of its pods: use is not known");
            }
            error.to_string()
        }
    };
    let history = |query: &str| {
        let query = query.to_owned();
        async move { reader.history_by(("container", &query), (now - SPAN, now), STEP).await }
    };
    let cpu = history(&queries.cpu).await.map_err(of("container_cpu_usage_seconds_total"))?;
    let pods = history(&queries.pods).await.map_err(of("container_memory_working_set_bytes"))?;
    let memory = reader.newest_by("container", &queries.memory).await;
    let memory = memory.map_err(of("container_memory_working_set_bytes"))?;
    let none = Vec::new();
    let used = cpu.iter().map(|(container, cpu)| {
        let pods = pods.get(container).unwrap_or(&none);
        (container.clone(), Used { cpu: weighed(cpu, pods), memory: memory.get(container).copied() })
    });
    Ok(used.collect())
}

/// Each moment with its pods; one of which the pods are not known is left out.
fn weighed(cpu: &[Sample], pods: &[Sample]) -> Vec<(f64, f64)> {
    let pods: BTreeMap<_, _> = pods.iter().map(|sample| (sample.at(), sample.value())).collect();
    cpu.iter().filter_map(|sample| Some((sample.value(), *pods.get(&sample.at())?))).collect()
}
