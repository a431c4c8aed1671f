//! What the pods of the simulated Deployment do: answer requests, or work off a Kafka topic. Both are fluid
//! models: requests are counts, not objects, so a month of traffic costs a second to simulate.

mod backlog;

use jiff::{SignedDuration, Timestamp};

pub(crate) use backlog::{Backlog, Leaving, Span};

use crate::latency::Histogram;
use crate::queue::ConsumerGroup;
use crate::service::Service;

/// The work of the pods, and what waits for it.
#[derive(Clone, Debug)]
pub enum Workload {
    /// Requests behind a load balancer.
    Requests(Service),
    /// Messages of a consumer group.
    Queue(ConsumerGroup),
}

/// What became of the requests (or messages) in one advance, as counts.
///
/// Nothing is lost: over any time, `arrivals = on_time + late + failed` + the growth of `backlog`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Served {
    /// Those that arrived.
    pub arrivals: f64,
    /// Those answered within the latency objective.
    pub on_time: f64,
    /// Those answered after it.
    pub late: f64,
    /// Those that timed out or were turned away. Not counted as late.
    pub failed: f64,
    /// Those that wait at the end.
    pub backlog: f64,
    /// Share of the Ready pods' capacity that was used, within [0, 1]; 0 without Ready pods.
    pub utilization: f64,
}

impl Workload {
    /// Advances by `dt` of at most a second, in which `arrivals` come in evenly and `ready` pods serve.
    pub fn advance(&mut self, now: Timestamp, dt: SignedDuration, arrivals: f64, ready: u32) -> Served {
        match self {
            Self::Requests(service) => service.advance(now, dt, arrivals, ready),
            Self::Queue(group) => group.advance(now, dt, arrivals, ready),
        }
    }

    /// Counts latencies from now on, where the kind of work has them.
    pub fn watch_latency(&mut self) {
        match self {
            Self::Requests(service) => service.watch_latency(),
            Self::Queue(_) => {}
        }
    }

    /// Latencies since they are watched; `None` for a consumer group, whose histogram is not simulated.
    pub fn latencies(&self) -> Option<&Histogram> {
        match self {
            Self::Requests(service) => service.latencies(),
            Self::Queue(_) => None,
        }
    }

    /// Requests or messages that wait now.
    pub fn backlog(&self) -> f64 {
        match self {
            Self::Requests(service) => service.backlog(),
            Self::Queue(group) => group.lag(),
        }
    }
}
