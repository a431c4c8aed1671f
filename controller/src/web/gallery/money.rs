//! Cost and advice, as they are shown.

use crate::{
    api::{AdviceStatus, AlwaysOnStatus, ContainerAdvice, CostStatus, CostSum},
    web::wire::{AdviceShown, AlwaysOnShown, ContainerAdviceShown, CostShown, CostSumShown},
};

pub(super) fn cost(status: CostStatus) -> CostShown {
    CostShown {
        nodes: status.nodes,
        headroom_nodes: status.headroom_nodes,
        per_hour: status.per_hour,
        headroom_per_hour: status.headroom_per_hour,
        always_on: status.always_on.map(always_on),
        since: status.since.0,
        node_hours: sum(status.node_hours),
        money: status.money.map(sum),
        unpriced_nodes: status.unpriced_nodes,
        message: status.message,
    }
}

fn sum(sum: CostSum) -> CostSumShown {
    let CostSum { hours, replica_hours, pods, headroom, saved } = sum;
    CostSumShown { hours, replica_hours, pods, headroom, saved }
}

fn always_on(status: AlwaysOnStatus) -> AlwaysOnShown {
    let AlwaysOnStatus { replicas, source, demand, at } = status;
    AlwaysOnShown { replicas, source, demand, at: at.map(|at| at.0) }
}

pub(super) fn advice(status: AdviceStatus) -> AdviceShown {
    AdviceShown {
        at: status.at.0,
        containers: status.containers.into_iter().map(container).collect(),
        saves_nodes: status.saves_nodes,
        saves_per_hour: status.saves_per_hour,
        message: status.message,
    }
}

fn container(advice: ContainerAdvice) -> ContainerAdviceShown {
    let ContainerAdvice { container, cpu, memory, requested_cpu, requested_memory } = advice;
    ContainerAdviceShown { container, cpu, memory, requested_cpu, requested_memory }
}
