//! KEDA's way to our plans, for clusters whose external metrics API is KEDA's: the gRPC protocol of its external
//! scalers. Answers come from the [board](crate::board), in memory. What cannot be answered is an error in words, on
//! which KEDA leaves the workload as it is.

mod activity;
mod bell;
mod terms;
mod trigger;
pub mod wire;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{Stream, StreamExt, stream, stream::BoxStream};
use tokio::{
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Interval, MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};
use tracing::info;

pub use terms::{KnownTerms, Terms};

use crate::board::{Board, Metric, ScalerKey, Unanswered};
use activity::is_active;
use bell::Bell;
use trigger::{Trigger, TriggerError};
use wire::{
    GetMetricSpecResponse, GetMetricsRequest, GetMetricsResponse, IsActiveResponse, MetricSpec, MetricValue,
    ScaledObjectRef,
    external_scaler_server::{ExternalScaler, ExternalScalerServer},
};

/// Streams open at once: a ScaledObject each, ten times what KEDA's users report trouble from.
const MOST_STREAMS: usize = 3_000;
/// Calls under way on one connection; KEDA's operator opens one for all ScaledObjects of an address.
const MOST_CALLS: u32 = 4_096;
/// What is observed and what runs out rings no bell: a stream looks for itself, more often than a tick.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Answers come from memory.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// A peer that is gone without a word is noticed within 30 s.
const PING_EVERY: Duration = Duration::from_secs(20);
const PONG_WITHIN: Duration = Duration::from_secs(10);
/// Calls under way may end when we do.
const DRAIN_WITHIN: Duration = Duration::from_secs(3);

/// An external scaler of KEDA.
pub struct KedaScaler {
    board: Arc<Board>,
    terms: Arc<KnownTerms>,
    bell: Arc<Bell>,
    places: Arc<Semaphore>,
    shutdown: CancellationToken,
}

/// Serves KEDA, and its health, on `listener` until `shutdown`. The protocol has no authentication: whoever reaches
/// the port reads the demand of any scaler, and can change nothing.
///
/// # Errors
///
/// The listener failed.
pub async fn serve(
    listener: TcpListener,
    board: Arc<Board>,
    terms: Arc<KnownTerms>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<ExternalScalerServer<KedaScaler>>().await;
    info!(address = %listener.local_addr()?, "serving keda");
    let bell = Arc::<Bell>::default();
    let scaler = KedaScaler {
        board: Arc::clone(&board),
        terms,
        bell: Arc::clone(&bell),
        places: Arc::new(Semaphore::new(MOST_STREAMS)),
        shutdown: shutdown.clone(),
    };
    let serving = Server::builder()
        .timeout(ANSWER_WITHIN)
        .max_concurrent_streams(MOST_CALLS)
        .http2_keepalive_interval(Some(PING_EVERY))
        .http2_keepalive_timeout(Some(PONG_WITHIN))
        .add_service(health_service)
        .add_service(ExternalScalerServer::new(scaler))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), shutdown.cancelled());
    let drained = async {
        shutdown.cancelled().await;
        sleep(DRAIN_WITHIN).await;
    };
    let ringing = bell.ring(board, shutdown.clone());
    let served = async {
        tokio::select! {
            served = serving => served,
            () = drained => Ok(()),
        }
    };
    let (served, ()) = futures::join!(served, ringing);
    Ok(served?)
}

#[tonic::async_trait]
impl ExternalScaler for KedaScaler {
    type StreamIsActiveStream = BoxStream<'static, Result<IsActiveResponse, Status>>;

    async fn is_active(
        &self,
        object: Request<ScaledObjectRef>,
    ) -> Result<Response<IsActiveResponse>, Status> {
        let asked = self.asked(object.get_ref())?;
        Ok(Response::new(IsActiveResponse { result: asked.is_active(&self.board)? }))
    }

    async fn stream_is_active(
        &self,
        object: Request<ScaledObjectRef>,
    ) -> Result<Response<Self::StreamIsActiveStream>, Status> {
        let asked = self.asked(object.get_ref())?;
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| {
            Status::resource_exhausted(format!(
                "{MOST_STREAMS} streams are open, which is the most there may be"
            ))
        })?;
        let activity = Activity::of(self, asked, place);
        Ok(Response::new(activity.changes().take_until(self.shutdown.clone().cancelled_owned()).boxed()))
    }

    async fn get_metric_spec(
        &self,
        object: Request<ScaledObjectRef>,
    ) -> Result<Response<GetMetricSpecResponse>, Status> {
        let Asked { trigger, terms } = self.asked(object.get_ref())?;
        let target = trigger.target_size.unwrap_or(terms.per_replica);
        let spec = MetricSpec {
            metric_name: Metric::Demand.to_string(),
            target_size: whole(target),
            target_size_float: target,
        };
        Ok(Response::new(GetMetricSpecResponse { metric_specs: vec![spec] }))
    }

    async fn get_metrics(
        &self,
        request: Request<GetMetricsRequest>,
    ) -> Result<Response<GetMetricsResponse>, Status> {
        let GetMetricsRequest { scaled_object_ref, metric_name } = request.into_inner();
        let object =
            scaled_object_ref.ok_or_else(|| Status::invalid_argument("scaledObjectRef is not given"))?;
        let metric: Metric = metric_name.parse().map_err(|_| {
            let ours = Metric::ALL.map(Metric::name).join(", ");
            Status::invalid_argument(format!("no metric `{metric_name}`: Prescale serves {ours}"))
        })?;
        let key = self.asked(&object)?.trigger.key;
        let answer = self.board.answer(&key, metric, Instant::now());
        let value = answer.map_err(|unanswered| Status::unavailable(unanswered.to_string()))?.value;
        let value = MetricValue {
            metric_name: metric.to_string(),
            metric_value: whole(value),
            metric_value_float: value,
        };
        Ok(Response::new(GetMetricsResponse { metric_values: vec![value] }))
    }
}

/// A call that has been checked.
struct Asked {
    trigger: Trigger,
    terms: Terms,
}

impl KedaScaler {
    fn asked(&self, object: &ScaledObjectRef) -> Result<Asked, Status> {
        let trigger = Trigger::check(object)?;
        match self.terms.of(&trigger.key) {
            Some(terms) => Ok(Asked { trigger, terms }),
            None => Err(self.not_asked(&trigger.key)),
        }
    }

    /// Why a scaler without terms cannot be asked for: the board knows its name, or the one that was meant.
    fn not_asked(&self, key: &ScalerKey) -> Status {
        match self.board.answer(key, Metric::Demand, Instant::now()) {
            Err(unanswered @ Unanswered::NoScaler { .. }) => Status::not_found(unanswered.to_string()),
            Err(Unanswered::Unknown { .. }) | Ok(_) => {
                Status::unavailable(format!("PredictiveScaler {key} has not been looked at yet"))
            }
        }
    }
}

impl Asked {
    fn is_active(&self, board: &Board) -> Result<bool, Status> {
        let scaler = (&self.trigger.key, self.terms.mode);
        is_active(board, scaler, self.trigger.activation, Instant::now())
            .map_err(|unanswered| Status::unavailable(unanswered.to_string()))
    }
}

impl From<TriggerError> for Status {
    fn from(error: TriggerError) -> Self {
        Self::invalid_argument(error.to_string())
    }
}

/// One stream: says at once whether its workload is active, and again when that changes.
struct Activity {
    board: Arc<Board>,
    known: Arc<KnownTerms>,
    asked: Asked,
    told: Option<bool>,
    bell: watch::Receiver<()>,
    looks: Interval,
    _place: OwnedSemaphorePermit,
}

impl Activity {
    fn of(scaler: &KedaScaler, asked: Asked, place: OwnedSemaphorePermit) -> Self {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            board: Arc::clone(&scaler.board),
            known: Arc::clone(&scaler.terms),
            bell: scaler.bell.listen(&asked.trigger.key),
            asked,
            told: None,
            looks,
            _place: place,
        }
    }

    fn changes(self) -> impl Stream<Item = Result<IsActiveResponse, Status>> + Send + 'static {
        stream::unfold(self, |mut activity| async {
            let result = activity.change().await?;
            Some((Ok(IsActiveResponse { result }), activity))
        })
    }

    /// Waits for the next change. `None` once there is no such scaler: KEDA asks again, and is told why.
    async fn change(&mut self) -> Option<bool> {
        loop {
            self.asked.terms = self.known.of(&self.asked.trigger.key)?;
            // What is not known now changes nothing.
            let active = self.asked.is_active(&self.board).ok().filter(|active| self.told != Some(*active));
            if active.is_some() {
                self.told = active;
                return active;
            }
            tokio::select! {
                rung = self.bell.changed() => rung.ok()?,
                _ = self.looks.tick() => {}
            }
        }
    }
}

/// Rounded up, so that a little demand is not none; what is beyond the range becomes its end.
fn whole(value: f64) -> i64 {
    value.ceil() as i64
}
