//! What is kept of pods and nodes: of each pod of a workload that is scaled a few bytes, and the starts that have been
//! seen since its scaler ticked last.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use jiff::{SignedDuration, Timestamp};
use prescale_model::lead_time::Delays;

use super::{
    node::{NodeClaimSight, NodeSight},
    pod::{Image, PodSight, owner_of},
    pools::Pools,
    share::Amount,
    taken::{Taken, share},
};
use crate::{
    api::TargetRef,
    board::ScalerKey,
    cost::{PoolCost, PriceBook},
};

/// A start that took longer was held up by something else than a node or an image.
const LONGEST_START_S: i64 = 1_800;
/// Starts that wait for a tick, of each workload. Beyond, the newest are dropped: a quantile does not want them all.
const MOST_WAITING: usize = 256;
/// The node of a pod that is Ready is seen within this time, or not at all.
const NODE_WITHIN_S: i64 = 60;

/// Nobody has watched for longer than this between two counts: the machine slept, or its clock was set.
pub(crate) const MOST_BETWEEN_COUNTS: SignedDuration = SignedDuration::from_mins(5);

/// A start that has been seen, for figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// How long it took from created to Ready.
    pub took: SignedDuration,
    /// Whether a node was launched for it; otherwise its node was there.
    pub on_launched: bool,
    /// Whether its image was there.
    pub image: Image,
}

/// What a tick is told of its workload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Starts since the last tick.
    pub starts: Vec<Start>,
    /// Pods that are there, those of placeholders not among them.
    pub pods: u32,
    /// Of them, those whose node is about to vanish.
    pub going: u32,
    /// Of them, those that no node has room for.
    pub pending: u32,
    /// Pods whose nodes Karpenter is asked to leave alone, placeholders among them.
    pub held: u32,
    /// Placeholder pods.
    pub placeholders: u32,
    /// Of them, those that run.
    pub placeholders_ready: u32,
    /// Nodes of its pool that are on their way.
    pub launching: u32,
    /// Nodes that have pods of it.
    pub nodes: Option<u32>,
    /// The same by pool, in order of their names.
    pub pools: Vec<PoolSeen>,
    /// The pool of its newest node.
    pub pool: Option<Arc<str>>,
    /// How long a node of that pool takes to launch, at the quantile asked for.
    pub node_launch: Option<SignedDuration>,
    /// What its pods take of nodes; `None` until nodes have been counted.
    pub taken: Option<Taken>,
}

/// Nodes of one pool that have pods of a workload.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSeen {
    /// Its name; `None` of nodes that are in none.
    pub pool: Option<Arc<str>>,
    /// How many they are.
    pub nodes: u32,
    /// Of them, those that are about to vanish.
    pub going: u32,
    /// Nodes of the pool that are on their way, whoever asked for them.
    pub launching: u32,
    /// How long its nodes took to launch, at the quantile asked for; `None` before a few were seen.
    pub launch: Option<SignedDuration>,
    /// Launches that were seen, of those remembered.
    pub launches: u32,
    /// What pods of the workload take of its nodes, in parts of a node.
    pub taken: f64,
    /// What that costs an hour; `None` while one of those nodes has no price.
    pub per_hour: Option<f64>,
}

/// What is kept of all pods and nodes. Shared; its lock is held for no longer than a look takes.
#[derive(Debug, Default)]
pub struct Lookout(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    workloads: HashMap<ScalerKey, Box<Workload>>,
    pools: Pools,
    round: u8,
    /// What each pool costs; empty until nodes have been counted.
    costs: Vec<PoolCost>,
    /// Why the price table as it is written now does not count.
    refused: Option<Arc<str>>,
    /// Whether all pods have been listed once: those that were Ready before teach nothing.
    is_listed: bool,
}

/// What is kept of one workload, or of the placeholders of one.
#[derive(Debug)]
struct Workload {
    /// The kind that its pods are owned by; a ReplicaSet's for a Deployment.
    kind: Box<str>,
    /// By identity.
    pods: Vec<Pod>,
    /// Pods that are Ready and not yet told.
    ready: Vec<Ready>,
    starts: Vec<Start>,
}

/// What is kept of one pod.
#[derive(Clone, Debug)]
struct Pod {
    uid: u128,
    node: Option<Arc<str>>,
    round: u8,
    is_ready: bool,
    was_ready: bool,
    is_pending: bool,
    is_held: bool,
    asks: Amount,
}

/// A pod that has become Ready, whose start is not told yet.
#[derive(Debug)]
struct Ready {
    created_s: i64,
    ready_s: i64,
    node: Arc<str>,
    image: Image,
}

impl Lookout {
    /// Looks out for the pods of a scaler's target and for its placeholders from now on. Whether they are new here: their
    /// pods that are there already have then to be listed.
    pub fn follow(&self, scaler: &ScalerKey, target: &TargetRef) -> bool {
        let mut kept = self.kept();
        let placeholders = placeholders_of(scaler);
        kept.workloads.entry(placeholders).or_insert_with(|| Box::new(Workload::of("ReplicaSet")));
        let key = ScalerKey::new(&scaler.namespace, &target.name);
        let owner = owner_kind(&target.kind);
        let is_known = kept.workloads.get(&key).is_some_and(|known| *known.kind == *owner);
        if !is_known {
            kept.workloads.insert(key, Box::new(Workload::of(owner)));
        }
        !is_known
    }

    /// Forgets them.
    pub fn forget(&self, scaler: &ScalerKey, target: &TargetRef) {
        let mut kept = self.kept();
        kept.workloads.remove(&placeholders_of(scaler));
        kept.workloads.remove(&ScalerKey::new(&scaler.namespace, &target.name));
    }

    /// What was seen of a scaler's workload since the last call. Lead times are at the quantile `risk`.
    #[must_use]
    pub fn take(&self, scaler: &ScalerKey, target: &TargetRef, (risk, now): (f64, Timestamp)) -> Seen {
        let mut kept = self.kept();
        let Kept { workloads, pools, costs, refused, .. } = &mut *kept;
        let mut seen = Seen::default();
        let mut taken = (!costs.is_empty()).then(Taken::default);
        if let Some(placeholders) = workloads.get(&placeholders_of(scaler)) {
            seen.placeholders = count(&placeholders.pods, |_| true);
            seen.placeholders_ready = count(&placeholders.pods, |pod| pod.is_ready);
            seen.held = count(&placeholders.pods, |pod| pod.is_held);
            if let Some(taken) = &mut taken {
                placeholders.placed().for_each(|(node, asks)| taken.add_room((node, pools.get(node)), asks));
            }
        }
        let Some(workload) = workloads.get_mut(&ScalerKey::new(&scaler.namespace, &target.name)) else {
            return seen;
        };
        workload.tell(pools, now);
        seen.starts = std::mem::take(&mut workload.starts);
        seen.pods = count(&workload.pods, |_| true);
        seen.pending = count(&workload.pods, |pod| pod.is_pending);
        seen.held += count(&workload.pods, |pod| pod.is_held);
        if pools.any_goes() {
            seen.going = count(&workload.pods, |pod| {
                let node = pod.node.as_deref().and_then(|name| pools.get(name));
                node.is_some_and(super::pools::Known::is_going)
            });
        }
        let newest = workload.pods.iter().filter_map(|pod| pools.get(pod.node.as_deref()?));
        seen.pool = newest.max_by_key(|node| node.asked_s()).and_then(|node| node.pool.clone());
        seen.launching = pools.launching(seen.pool.as_deref());
        seen.node_launch = pools.launch(seen.pool.as_deref(), risk);
        seen.nodes = (0 < pools.len()).then(|| workload.nodes());
        seen.pools = workload.by_pool(pools, risk);
        if let Some(taken) = &mut taken {
            workload.placed().for_each(|(node, asks)| taken.add_pod((node, pools.get(node)), asks));
            taken.tidy(refused.as_ref());
        }
        seen.taken = taken;
        seen
    }

    /// How long the nodes of each pool took to launch, for figures and for who shows them.
    #[must_use]
    pub fn launches(&self) -> Vec<(Arc<str>, Delays)> {
        let kept = self.kept();
        let pools = kept.pools.launches().filter(|(_, delays)| !delays.is_empty());
        pools.map(|(pool, delays)| (Arc::clone(pool), delays.clone())).collect()
    }

    /// Counts what nodes cost at these prices since it was counted last, and gives it by pool.
    pub fn count(&self, now: Timestamp, prices: &Arc<PriceBook>) -> Vec<PoolCost> {
        let mut kept = self.kept();
        let Kept { workloads, pools, costs, refused, .. } = &mut *kept;
        *refused = prices.problem().map(Arc::from);
        pools.price(prices);
        for (node, asks) in workloads.values().flat_map(|workload| workload.placed()) {
            pools.claim(node, asks);
        }
        *costs = pools.count(now, MOST_BETWEEN_COUNTS);
        costs.clone()
    }

    /// What each pool of nodes costs, as it was counted last; empty where nobody counts.
    #[must_use]
    pub fn pool_costs(&self) -> Vec<PoolCost> {
        self.kept().costs.clone()
    }

    /// Takes in a pod; of one that no scaler's workload owns, nothing is kept.
    pub fn see_pod(&self, pod: &super::pod::SlimPod) {
        let Some((key, kind)) = owner_of(&pod.metadata) else { return };
        let mut kept = self.kept();
        let (round, is_listed) = (kept.round, kept.is_listed);
        let Some(workload) = kept.workloads.get_mut(&key).filter(|workload| *workload.kind == *kind) else {
            return;
        };
        if let Some(seen) = PodSight::of(pod) {
            workload.see(seen, (round, is_listed));
        }
    }

    /// A pod is not there any more.
    pub fn lose_pod(&self, pod: &super::pod::SlimPod) {
        let (Some((key, _)), Some(uid)) = (owner_of(&pod.metadata), pod.metadata.uid.as_deref()) else {
            return;
        };
        if let Some(workload) = self.kept().workloads.get_mut(&key) {
            workload.lose(super::pod::identity(uid));
        }
    }

    /// A list of all pods begins.
    pub fn begin_pods(&self) {
        let mut kept = self.kept();
        kept.round = kept.round.wrapping_add(1);
    }

    /// It has ended: who was not in it is gone.
    pub fn end_pods(&self) {
        let mut kept = self.kept();
        let round = kept.round;
        kept.is_listed = true;
        for workload in kept.workloads.values_mut() {
            workload.pods.retain(|pod| pod.round == round);
        }
    }

    /// Takes in a node. A launch that has ended with it is told.
    pub fn see_node(&self, now: Timestamp, node: NodeSight) -> Option<SignedDuration> {
        self.kept().pools.see(now, node).map(|launch| launch.took)
    }

    /// Takes in a NodeClaim. A launch that can be told now is told.
    pub fn see_claim(&self, now: Timestamp, claim: NodeClaimSight) -> Option<SignedDuration> {
        self.kept().pools.see_claim(now, claim).map(|launch| launch.took)
    }

    /// A node is not there any more.
    pub fn lose_node(&self, name: &str) {
        self.kept().pools.lose(name);
    }

    /// A NodeClaim is not there any more.
    pub fn lose_claim(&self, claim: &NodeClaimSight) {
        self.kept().pools.lose_claim(claim);
    }

    /// A list of all NodeClaims begins.
    pub fn begin_claims(&self) {
        self.kept().pools.begin_claims();
    }

    /// A list of all nodes begins.
    pub fn begin_nodes(&self) {
        self.kept().pools.begin();
    }

    /// It has ended.
    pub fn end_nodes(&self) {
        self.kept().pools.end();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().expect("no holder panics")
    }
}

impl Workload {
    fn of(kind: &str) -> Self {
        Self { kind: kind.into(), pods: Vec::new(), ready: Vec::new(), starts: Vec::new() }
    }

    fn see(&mut self, seen: PodSight, (round, is_listed): (u8, bool)) {
        let place = self.pods.binary_search_by_key(&seen.uid, |pod| pod.uid);
        if seen.is_over {
            if let Ok(at) = place {
                self.pods.remove(at);
            }
            return;
        }
        let known = place.ok().map(|at| &self.pods[at]);
        let was_ready = known.is_some_and(|pod| pod.was_ready);
        // A node's name is kept once, as long as the pod stays where it is.
        let node = match (known.and_then(|pod| pod.node.clone()), seen.node) {
            (Some(known), Some(name)) if *known == *name => Some(known),
            (_, name) => name.map(Arc::from),
        };
        if let (Some(ready_s), Some(node), false) = (seen.ready_s, &node, was_ready) {
            let (created_s, image) = (seen.created_s, seen.image);
            let is_sound = (0..=LONGEST_START_S).contains(&(ready_s - created_s)) && !seen.has_restarted;
            if is_listed && is_sound && self.ready.len() < MOST_WAITING {
                self.ready.push(Ready { created_s, ready_s, node: Arc::clone(node), image });
            }
        }
        let pod = Pod {
            uid: seen.uid,
            node,
            round,
            is_ready: seen.ready_s.is_some(),
            was_ready: was_ready || seen.ready_s.is_some(),
            is_pending: seen.is_pending,
            is_held: seen.is_held,
            asks: seen.asks,
        };
        match place {
            Ok(at) => self.pods[at] = pod,
            Err(at) => self.pods.insert(at, pod),
        }
    }

    fn lose(&mut self, uid: u128) {
        if let Ok(at) = self.pods.binary_search_by_key(&uid, |pod| pod.uid) {
            self.pods.remove(at);
        }
    }

    /// Tells the starts of pods whose node is known. One that came while its node was on its way is of neither kind.
    fn tell(&mut self, pools: &Pools, now: Timestamp) {
        let Self { ready, starts, .. } = self;
        ready.retain(|pod| {
            let Some(node) = pools.get(&pod.node) else {
                return now.as_second() - pod.ready_s <= NODE_WITHIN_S;
            };
            let Some(node_ready_s) = node.ready_s else {
                return now.as_second() - pod.ready_s <= NODE_WITHIN_S;
            };
            let on_launched = match () {
                () if node_ready_s <= pod.created_s => Some(false),
                () if pod.created_s <= node.asked_s() => Some(true),
                () => None,
            };
            if let Some(on_launched) = on_launched
                && starts.len() < MOST_WAITING
            {
                let took = SignedDuration::from_secs(pod.ready_s - pod.created_s);
                starts.push(Start { took, on_launched, image: pod.image });
            }
            false
        });
    }

    /// The node of each pod that has one, and what the pod asks of it.
    fn placed(&self) -> impl Iterator<Item = (&str, Amount)> {
        self.pods.iter().filter_map(|pod| Some((pod.node.as_deref()?, pod.asks)))
    }

    /// Nodes that have pods of it.
    fn nodes(&self) -> u32 {
        u32::try_from(self.node_names().len()).unwrap_or(u32::MAX)
    }

    /// The same by pool.
    fn by_pool(&self, pools: &Pools, risk: f64) -> Vec<PoolSeen> {
        let mut seen: Vec<PoolSeen> = vec![];
        for node in self.node_names().into_iter().filter_map(|name| pools.get(name)) {
            let place = seen.binary_search_by(|known| known.pool.cmp(&node.pool)).unwrap_or_else(|place| {
                seen.insert(place, pools.seen(node.pool.clone(), risk));
                place
            });
            seen[place].nodes += 1;
            seen[place].going += u32::from(node.is_going());
        }
        for (node, asks) in self.placed().filter_map(|(name, asks)| Some((pools.get(name)?, asks))) {
            let place = seen.binary_search_by(|known| known.pool.cmp(&node.pool));
            if let (Ok(place), Some(share)) = (place, share(node, asks)) {
                seen[place].taken += share;
                seen[place].per_hour =
                    seen[place].per_hour.zip(node.price).map(|(sum, price)| sum + share * price);
            }
        }
        seen
    }

    fn node_names(&self) -> Vec<&str> {
        let mut nodes: Vec<_> = self.pods.iter().filter_map(|pod| pod.node.as_deref()).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }
}

/// The Deployment of a scaler's placeholders.
pub(crate) fn placeholders_of(scaler: &ScalerKey) -> ScalerKey {
    ScalerKey::new(&scaler.namespace, &crate::headroom::placeholders_name(&scaler.name))
}

/// What owns the pods of a target of this kind: those of a Deployment, and of what works like one, a ReplicaSet.
fn owner_kind(kind: &str) -> &str {
    match kind {
        "Deployment" | "Rollout" => "ReplicaSet",
        other => other,
    }
}

fn count(pods: &[Pod], is: impl Fn(&Pod) -> bool) -> u32 {
    u32::try_from(pods.iter().filter(|pod| is(pod)).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "lookout_tests.rs"]
mod tests;
