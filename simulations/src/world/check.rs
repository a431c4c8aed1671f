//! What is refused of a world: settings that contradict each other, or describe nothing that could run.

use jiff::SignedDuration;

use super::settings::{WorkloadSettings, WorldSettings};
use crate::cluster::Shape;
use crate::delay::Delay;
use crate::queue::QueueSettings;
use crate::service::ServiceSettings;

/// Everything that was refused of a world, one sentence each: field as written, value, and the rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct Refused(pub Vec<String>);

impl WorldSettings {
    /// Checks that the settings describe a world that can run.
    ///
    /// # Errors
    /// All that do not, at once.
    pub fn check(&self) -> Result<(), Refused> {
        let mut refused = Vec::new();
        let mut claim = |holds: bool, refusal: String| {
            if !holds {
                refused.push(refusal);
            }
        };
        match &self.workload {
            WorkloadSettings::Requests(service) => check_service(service, &mut claim),
            WorkloadSettings::Queue(queue) => check_queue(queue, &mut claim),
        }
        self.check_pod(&mut claim);
        self.check_nodes(&mut claim);
        self.check_karpenter(&mut claim);
        if refused.is_empty() { Ok(()) } else { Err(Refused(refused)) }
    }

    fn check_pod(&self, claim: &mut impl FnMut(bool, String)) {
        let (cpu, memory) = (self.pod.cpu_millicores, self.pod.memory_mib);
        claim(0 < cpu, format!("pod.cpu_millicores {cpu} is not above 0"));
        claim(0 < memory, format!("pod.memory_mib {memory} is not above 0"));
        check_delay("pod.start", &self.pod.start, claim);
        check_delay("pod.image_pull", &self.pod.image_pull, claim);
        check_not_negative("pod.termination", self.pod.termination, claim);
    }

    fn check_nodes(&self, claim: &mut impl FnMut(bool, String)) {
        let (cluster, karpenter) = (&self.cluster, &self.karpenter);
        let rate = cluster.pods_created_per_second;
        claim(
            (0.001..=1_000.0).contains(&rate),
            format!("cluster.pods_created_per_second {rate} is not within 0.001 and 1000"),
        );
        let unavailable = cluster.max_unavailable;
        claim(0 < unavailable, format!("cluster.max_unavailable {unavailable} lets no drain ever end"));
        claim(
            0 < cluster.base_nodes || 0 < karpenter.max_nodes,
            "cluster.base_nodes 0 and karpenter.max_nodes 0 leave no node".to_owned(),
        );
        if 0 < cluster.base_nodes {
            self.check_shape("cluster.base_shape", &cluster.base_shape, claim);
        }
        if 0 < karpenter.max_nodes {
            let shapes = karpenter.shapes.iter();
            shapes.for_each(|shape| self.check_shape("karpenter.shapes", shape, claim));
        }
    }

    fn check_shape(&self, field: &str, shape: &Shape, claim: &mut impl FnMut(bool, String)) {
        let (name, price) = (&shape.name, shape.price_per_hour);
        claim(0 < shape.pods(&self.pod), format!("{field} {name} has no room for one pod"));
        let is_price = price.is_finite() && 0.0 <= price;
        claim(is_price, format!("{field} {name} price_per_hour {price} is not a price"));
    }

    fn check_karpenter(&self, claim: &mut impl FnMut(bool, String)) {
        let karpenter = &self.karpenter;
        let none = karpenter.shapes.is_empty() && 0 < karpenter.max_nodes;
        claim(
            !none,
            format!("karpenter.shapes [] leaves nothing to launch for max_nodes {}", karpenter.max_nodes),
        );
        check_delay("karpenter.node_start", &karpenter.node_start, claim);
        check_positive("karpenter.poll", karpenter.poll, claim);
        check_positive("karpenter.buffer_resync", karpenter.buffer_resync, claim);
        check_positive("karpenter.batch_idle", karpenter.batch_idle, claim);
        let (idle, max) = (karpenter.batch_idle, karpenter.batch_max);
        claim(idle <= max, format!("karpenter.batch_idle {idle:#} is above batch_max {max:#}"));
        check_not_negative("karpenter.validation", karpenter.validation, claim);
        check_not_negative("karpenter.consolidate_after", karpenter.consolidate_after, claim);
        check_not_negative("karpenter.interruption_notice", karpenter.interruption_notice, claim);
        let budget = karpenter.disruption_budget;
        claim(
            (0.0..=1.0).contains(&budget),
            format!("karpenter.disruption_budget {budget} is not within 0 and 1"),
        );
        let rate = karpenter.interruptions_per_node_hour;
        let is_rate = rate.is_finite() && 0.0 <= rate;
        claim(is_rate, format!("karpenter.interruptions_per_node_hour {rate} is not a rate"));
    }
}

fn check_service(service: &ServiceSettings, claim: &mut impl FnMut(bool, String)) {
    let concurrency = service.concurrency;
    claim(0 < concurrency, format!("workload.concurrency {concurrency} is not above 0"));
    check_positive("workload.service_time", service.service_time, claim);
    check_positive("workload.timeout", service.timeout, claim);
    check_not_negative("workload.waiting_room", service.waiting_room, claim);
    let (objective, mean) = (service.objective, service.service_time);
    claim(mean < objective, format!("workload.objective {objective:#} is not above service_time {mean:#}"));
}

fn check_queue(queue: &QueueSettings, claim: &mut impl FnMut(bool, String)) {
    let (partitions, rate, skew) = (queue.partitions, queue.replica_rate, queue.skew);
    claim(0 < partitions, format!("workload.partitions {partitions} is not above 0"));
    claim(rate.is_finite() && 0.0 < rate, format!("workload.replica_rate {rate} is not above 0"));
    claim(skew.is_finite() && 0.0 <= skew, format!("workload.skew {skew} is below 0"));
    check_positive("workload.objective", queue.objective, claim);
    check_not_negative("workload.rebalance_pause", queue.rebalance_pause, claim);
}

fn check_delay(field: &str, delay: &Delay, claim: &mut impl FnMut(bool, String)) {
    check_not_negative(&format!("{field}.median"), delay.median, claim);
    check_not_negative(&format!("{field}.at_least"), delay.at_least, claim);
    let (median, p95) = (delay.median, delay.p95);
    claim(median <= p95, format!("{field}.p95 {p95:#} is below median {median:#}"));
}

fn check_positive(field: &str, value: SignedDuration, claim: &mut impl FnMut(bool, String)) {
    claim(value.is_positive(), format!("{field} {value:#} is not above 0s"));
}

fn check_not_negative(field: &str, value: SignedDuration, claim: &mut impl FnMut(bool, String)) {
    claim(!value.is_negative(), format!("{field} {value:#} is below 0s"));
}
