//! A simulated service: replicas behind a load balancer, each of which serves a number of requests at once.
//!
//! Two things make a request late. Above capacity a line grows, and everyone in it waits: that is followed
//! exactly, as a fluid. Below capacity requests meet in a replica by chance: that is the M/M/c queue of a single
//! replica in its steady state, read from a table. At 98 % utilization the second is what hurts.

mod erlang;
mod latencies;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::latency::Histogram;
use crate::workload::{Backlog, Served, Span};
use erlang::WaitTable;
use latencies::Latencies;

/// Time over which arrivals are averaged before the steady-state table is read, since the table contains the chance
/// of single seconds already. An M/M/c queue comes to its steady state within 1/(cμ(1 − √ρ)²): for 8 servers of 20 ms
/// that is 4 s at 95 % utilization and 25 s at 98 %.
const RELAXATION_S: f64 = 10.0;

/// A service as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceSettings {
    /// Requests that a replica serves at once.
    pub concurrency: u32,
    /// Mean time that a replica takes for a request; exponentially distributed.
    pub service_time: SignedDuration,
    /// A request answered later than this is late.
    pub objective: SignedDuration,
    /// A request that has waited this long fails: its client has gone.
    pub timeout: SignedDuration,
    /// Room for those that wait, for each Ready replica: as many as one serves in this time. Who finds no room is
    /// turned away.
    pub waiting_room: SignedDuration,
}

impl Default for ServiceSettings {
    /// A web gateway: 8 at once of 20 ms each is 400 requests/s a replica, late from 200 ms on.
    fn default() -> Self {
        Self {
            concurrency: 8,
            service_time: SignedDuration::from_millis(20),
            objective: SignedDuration::from_millis(200),
            timeout: SignedDuration::from_secs(5),
            waiting_room: SignedDuration::from_secs(2),
        }
    }
}

impl ServiceSettings {
    /// Requests per second that one replica serves at full utilization.
    pub fn replica_rate(&self) -> f64 {
        f64::from(self.concurrency) / self.service_time.as_secs_f64()
    }

    /// The most requests per second that one replica serves in steady state with at most this share of them late.
    pub fn replica_rate_within(&self, late_share: f64) -> f64 {
        self.replica_rate() * self.wait_table().utilization_within(late_share)
    }

    fn wait_table(&self) -> WaitTable {
        self.wait_table_above(self.patience_s())
    }

    /// Of waits above so many seconds.
    fn wait_table_above(&self, wait_s: f64) -> WaitTable {
        WaitTable::new(self.concurrency, wait_s / self.service_time.as_secs_f64())
    }

    /// The longest wait that leaves time for the mean service within the objective, in seconds.
    fn patience_s(&self) -> f64 {
        (self.objective - self.service_time).as_secs_f64().max(0.0)
    }
}

/// A running service.
#[derive(Clone, Debug)]
pub struct Service {
    settings: ServiceSettings,
    late_in_steady_state: WaitTable,
    backlog: Backlog,
    /// Arrivals per second, averaged over [`RELAXATION_S`].
    arrival_rate: Option<f64>,
    /// Kept where someone watches.
    latencies: Option<Box<Latencies>>,
}

impl Service {
    /// A service in which nobody waits.
    pub fn new(settings: ServiceSettings) -> Self {
        let late_in_steady_state = settings.wait_table();
        let backlog = Backlog::default();
        Self { settings, late_in_steady_state, backlog, arrival_rate: None, latencies: None }
    }

    /// Counts latencies from now on, which costs a look at each bucket in each step.
    pub fn watch_latency(&mut self) {
        self.latencies = Some(Box::new(Latencies::new(&self.settings)));
    }

    /// Latencies since they are watched.
    pub fn latencies(&self) -> Option<&Histogram> {
        self.latencies.as_ref().map(|latencies| latencies.histogram())
    }

    /// Requests that wait.
    pub fn backlog(&self) -> f64 {
        self.backlog.count()
    }

    /// Advances by `dt` of at most a second, in which `arrivals` come in evenly and `ready` replicas serve.
    ///
    /// Without Ready replicas requests wait in the room of one, for the load balancer holds them.
    pub fn advance(&mut self, now: Timestamp, dt: SignedDuration, arrivals: f64, ready: u32) -> Served {
        let span = Span::new(now, dt);
        let rate = f64::from(ready) * self.settings.replica_rate();
        self.average(arrivals, span.length());
        self.backlog.arrive(span, arrivals);
        let mut served = self.serve(span, rate);
        served.arrivals = arrivals;
        let timeout_s = self.settings.timeout.as_secs_f64();
        let expired = self.backlog.expire(span.until - timeout_s);
        if let Some(latencies) = &mut self.latencies {
            latencies.count_expired(expired, timeout_s);
        }
        served.failed += expired;
        served.failed += self.backlog.turn_away_above(self.room(ready));
        served.backlog = self.backlog.count();
        served
    }

    fn serve(&mut self, span: Span, rate: f64) -> Served {
        let mut served = Served::default();
        if rate <= 0.0 {
            return served;
        }
        let utilization = self.arrival_rate.unwrap_or(0.0) / rate;
        let steady = self.late_in_steady_state.at(utilization);
        let by_chance = self.latencies.as_ref().map(|latencies| latencies.by_chance(utilization));
        let (patience, timeout) = (self.settings.patience_s(), self.settings.timeout.as_secs_f64());
        self.backlog.serve(span, rate, |part| {
            if let Some((latencies, by_chance)) = self.latencies.as_mut().zip(by_chance) {
                latencies.count(&part, &by_chance);
            }
            // Who gave up while waiting is served nevertheless: a server does not know it.
            let failed = part.waited_above(timeout);
            let in_time = part.count - part.waited_above(patience);
            served.failed += failed;
            served.on_time += in_time * (1.0 - steady);
            served.late += part.count - failed - in_time * (1.0 - steady);
        });
        let answered = served.failed + served.on_time + served.late;
        served.utilization = (answered / (rate * span.length())).min(1.0);
        served
    }

    fn average(&mut self, arrivals: f64, dt_s: f64) {
        let rate = arrivals / dt_s;
        let weight = dt_s / RELAXATION_S;
        self.arrival_rate = Some(self.arrival_rate.map_or(rate, |mean| mean + weight * (rate - mean)));
    }

    fn room(&self, ready: u32) -> f64 {
        f64::from(ready.max(1)) * self.settings.replica_rate() * self.settings.waiting_room.as_secs_f64()
    }
}

#[cfg(test)]
mod tests;
