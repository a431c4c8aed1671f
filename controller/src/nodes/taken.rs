//! What a workload takes of nodes, and what that costs.

use std::sync::Arc;

use super::{pools::Known, share::Amount};

/// Nodes without a price that are named.
const MOST_NAMED: usize = 5;

/// What the pods of a workload, and its placeholders, take of nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taken {
    /// By its pods, in parts of a node.
    pub nodes: f64,
    /// What that costs an hour, of nodes that have a price.
    pub priced: f64,
    /// By its placeholders, in parts of a node.
    pub room: f64,
    /// What that costs an hour, of nodes that have a price.
    pub room_priced: f64,
    /// Pods on nodes that are known.
    pub pods: u32,
    /// Pods that ask for neither CPU nor memory: they have no share of their node.
    pub asking_nothing: u32,
    /// Pods on nodes that are not known, or do not say what they offer.
    pub elsewhere: u32,
    /// Pods, placeholders among them, on nodes without a price.
    pub unpriced: u32,
    /// Names of such nodes, the first few.
    pub unpriced_nodes: Vec<String>,
    /// Why the price table as it is written now does not count; `None` where it does, or where every node has a price.
    pub refused: Option<Arc<str>>,
    /// What all pods ask for together: CPU in thousandths of a core, memory in MiB.
    pub asked: (f64, f64),
    /// What the nodes under them offer together, counted once for each pod.
    pub offered: (f64, f64),
}

impl Taken {
    /// A placeholder on a node of this name.
    pub(super) fn add_room(&mut self, (name, node): (&str, Option<&Known>), asks: Amount) {
        let Some((node, share)) = node.and_then(|node| Some((node, share(node, asks)?))) else { return };
        self.room += share;
        match node.price {
            Some(price) => self.room_priced += share * price,
            None => self.lacks_price(name),
        }
    }

    /// A pod on a node of this name.
    pub(super) fn add_pod(&mut self, (name, node): (&str, Option<&Known>), asks: Amount) {
        let Some((node, share)) = node.and_then(|node| Some((node, share(node, asks)?))) else {
            self.elsewhere += 1;
            return;
        };
        self.pods += 1;
        self.asking_nothing += u32::from(asks.is_nothing());
        self.nodes += share;
        self.asked.0 += f64::from(asks.cpu_m);
        self.asked.1 += f64::from(asks.memory_mib);
        self.offered.0 += f64::from(node.offers.cpu_m);
        self.offered.1 += f64::from(node.offers.memory_mib);
        match node.price {
            Some(price) => self.priced += share * price,
            None => self.lacks_price(name),
        }
    }

    fn lacks_price(&mut self, node: &str) {
        self.unpriced += 1;
        if !self.unpriced_nodes.iter().any(|known| known == node) {
            self.unpriced_nodes.push(node.to_owned());
        }
    }

    /// The names in order, and no more of them than are shown; and why they have no price, if the table is to blame.
    pub(super) fn tidy(&mut self, refused: Option<&Arc<str>>) {
        self.refused = refused.filter(|_| 0 < self.unpriced).cloned();
        self.unpriced_nodes.sort_unstable();
        self.unpriced_nodes.truncate(MOST_NAMED);
    }
}

/// A pod's share of a node. Where all workloads together ask for more than there is, of CPU the one and of memory the
/// other, they share the node in proportion.
pub(super) fn share(node: &Known, asks: Amount) -> Option<f64> {
    Some(asks.share_of(node.offers)? / node.claimed.max(1.0))
}
