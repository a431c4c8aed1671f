//! The world in words, for the report that people read.

use super::settings::{WorkloadSettings, WorldSettings};
use crate::cluster::Shape;
use crate::result::Fact;

impl WorldSettings {
    /// The world in words, for a report, which says that it is simulated.
    pub fn facts(&self) -> Vec<Fact> {
        let (pod, karpenter) = (&self.pod, &self.karpenter);
        let mut facts = vec![("world", "simulated, all of it".to_owned())];
        facts.extend(self.workload.facts());
        facts.extend([
            ("pod", format!("{} m CPU, {} MiB", pod.cpu_millicores, pod.memory_mib)),
            ("pod start", pod.start.in_words()),
            ("image pull on a fresh node", pod.image_pull.in_words()),
            (
                "fixed nodes",
                format!("{} × {}", self.cluster.base_nodes, self.shape_fact(&self.cluster.base_shape)),
            ),
            ("Karpenter", format!("at most {} nodes, {}", karpenter.max_nodes, karpenter.capacity.words())),
        ]);
        facts.extend(karpenter.shapes.iter().map(|shape| ("Karpenter's nodes", self.shape_fact(shape))));
        facts.push(("node start", karpenter.node_start.in_words()));
        if 0.0 < karpenter.interruptions_per_node_hour {
            facts.push((
                "spot interruptions",
                format!("{} per node-hour", karpenter.interruptions_per_node_hour),
            ));
        }
        facts.into_iter().map(|(name, value)| Fact { name: name.to_owned(), value }).collect()
    }

    fn shape_fact(&self, shape: &Shape) -> String {
        let pods = shape.pods(&self.pod);
        format!("{}: {pods} pods, {} per hour", shape.name, shape.price_per_hour)
    }
}

impl WorkloadSettings {
    fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Requests(service) => vec![
                (
                    "replica",
                    format!("{:.0} requests/s, {} at once", self.replica_rate(), service.concurrency),
                ),
                ("service time", format!("{:#}", service.service_time)),
                ("latency objective", format!("{:#}", service.objective)),
                ("timeout", format!("{:#}", service.timeout)),
            ],
            Self::Queue(queue) => vec![
                ("replica", format!("{:.0} messages/s", queue.replica_rate)),
                ("partitions", queue.partitions.to_string()),
                ("latency objective", format!("{:#} in the queue", queue.objective)),
                ("rebalance pause", format!("{:#}", queue.rebalance_pause)),
            ],
        }
    }
}
