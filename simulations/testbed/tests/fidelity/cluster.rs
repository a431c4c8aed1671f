//! The cluster that the real controller works in: what is set up in it, and what is found in it at a sync.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::{HorizontalPodAutoscaler, HorizontalPodAutoscalerCondition};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, Client};
use prescale_simulations::hpa::{PodState, PodView, Scale};
use prescale_testbed::{Testbed, until};

use crate::shape::Shape;

/// For some hundred pods on a busy machine.
const ROLLED_OUT_WITHIN: Duration = Duration::from_secs(120);

/// What is there when the controller reads a metric, and so what it has found at this sync; and what it said in the
/// HPA's status at the sync before.
#[derive(Clone, Debug)]
pub(crate) struct Tick {
    pub(crate) at: Timestamp,
    pub(crate) scale: Scale,
    pub(crate) pods: Vec<PodView>,
    pub(crate) conditions: Vec<HorizontalPodAutoscalerCondition>,
    /// When the HPA changed the size last, in whole seconds.
    pub(crate) rescaled_at: Option<Timestamp>,
}

impl Tick {
    pub(crate) fn ready_pods(&self) -> usize {
        self.pods.iter().filter(|pod| matches!(pod.state, PodState::Ready { .. })).count()
    }
}

/// Deployments first, then, once their pods are Ready, all HPAs at once.
pub(crate) async fn prepare(bed: &Testbed, shapes: impl Iterator<Item = &Shape>) {
    let shapes: Vec<_> = shapes.collect();
    let client = bed.client().await.unwrap();
    let all = |manifest: fn(&Shape) -> String| {
        shapes.iter().map(|one| manifest(one)).collect::<Vec<_>>().join("\n---\n")
    };
    bed.apply(&all(Shape::manifest)).await.unwrap();
    for shape in &shapes {
        until(&format!("the pods of {}", shape.name), ROLLED_OUT_WITHIN, async || {
            let tick = look(&client, shape.name).await?;
            let ready = u32::try_from(tick.ready_pods()).ok()?;
            (ready == shape.replicas && tick.scale.status_replicas == shape.replicas).then_some(())
        })
        .await
        .unwrap();
    }
    bed.apply(&all(Shape::autoscaler)).await.unwrap();
}

/// Looks at the Deployment, its pods and its HPA; `None` where one could not be read.
pub(crate) async fn look(client: &Client, name: &str) -> Option<Tick> {
    let deployment = Api::<Deployment>::default_namespaced(client.clone()).get(name).await.ok()?;
    let of_name = ListParams::default().labels(&format!("app={name}"));
    let pods = Api::<Pod>::default_namespaced(client.clone()).list(&of_name).await.ok()?;
    let hpas = Api::<HorizontalPodAutoscaler>::default_namespaced(client.clone());
    let status = hpas.get_opt(name).await.ok()?.and_then(|hpa| hpa.status).unwrap_or_default();
    let spec_replicas = deployment.spec?.replicas.unwrap_or(1).unsigned_abs();
    let status_replicas = deployment.status?.replicas.unwrap_or(0).unsigned_abs();
    Some(Tick {
        at: Timestamp::now(),
        scale: Scale { spec_replicas, status_replicas },
        pods: pods.items.iter().map(view).collect(),
        conditions: status.conditions.unwrap_or_default(),
        rescaled_at: status.last_scale_time.map(|time| time.0),
    })
}

/// The pod as far as an external metric can need it: whether it is Ready.
fn view(pod: &Pod) -> PodView {
    let status = pod.status.as_ref();
    let is_running = status.and_then(|status| status.phase.as_deref()) == Some("Running");
    let conditions = status.and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let is_ready = conditions.iter().any(|one| one.type_ == "Ready" && one.status == "True");
    let state = if is_running && is_ready {
        PodState::Ready { started: Timestamp::UNIX_EPOCH, since: Timestamp::UNIX_EPOCH }
    } else {
        PodState::Pending
    };
    let leaving = pod.metadata.deletion_timestamp.is_some();
    PodView { state, leaving, cpu_request_millicores: 0, cpu_use: None }
}
