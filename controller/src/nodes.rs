//! What is seen of pods and nodes: how long they take to start, which of them are about to vanish, and how often the HPA
//! reads. Watches fill a lookout that keeps a few bytes for each pod of a workload that is scaled, and nothing of others.

mod lookout;
mod node;
mod pod;
mod polls;
mod pools;
mod share;
mod taken;
mod watch;

pub use lookout::{Lookout, PoolSeen, Seen, Start};
pub(crate) use lookout::{MOST_BETWEEN_COUNTS, placeholders_of};
pub use node::{NodeClaimSight, NodeSight};
pub use pod::{DO_NOT_DISRUPT, HELD_BY, Image, PodSight};
pub use polls::HpaPolls;
pub use share::Amount;
pub use taken::Taken;
pub(crate) use watch::watch_nodes;
