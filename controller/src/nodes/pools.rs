//! The nodes of the cluster, by name, and how long those of each pool took from being asked for to Ready.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use prescale_model::lead_time::Delays;

use super::{
    lookout::PoolSeen,
    node::{NodeClaimSight, NodeSight},
    share::Amount,
};
use crate::cost::{Capacity, PoolCost, PriceBook};

/// A node that took longer was not launching: it was away for a while, and the time of its last return says nothing of
/// its start.
const LONGEST_LAUNCH_S: i64 = 900;
/// NodeClaims whose node is not there yet; beyond, the oldest is dropped. A burst of Karpenter's is tens.
const MOST_AWAITED: usize = 4_096;

/// Launches of nodes that are in no pool are kept by this name.
const NO_POOL: &str = "";

/// A node that is there.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) pool: Option<Arc<str>>,
    created_s: i64,
    claimed_s: Option<i64>,
    is_claimed: bool,
    /// Since when it has been Ready, as it was seen first.
    pub(super) ready_s: Option<i64>,
    is_marked: bool,
    claim_is_going: bool,
    is_counted: bool,
    round: u8,
    /// Its type, shared with the others of it.
    kind: Option<Arc<str>>,
    capacity: Capacity,
    /// What pods may ask of it.
    pub(super) offers: Amount,
    /// What it costs an hour, as it was known when it was counted last.
    pub(super) price: Option<f64>,
    /// What all workloads that are scaled ask of it together, in parts of the node.
    pub(super) claimed: f64,
}

impl Known {
    /// When it was asked for, as far as that is known.
    pub(super) fn asked_s(&self) -> i64 {
        self.claimed_s.unwrap_or(self.created_s)
    }

    pub(super) fn is_going(&self) -> bool {
        self.is_marked || self.claim_is_going
    }
}

/// What was counted of a pool.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    node_hours: f64,
    priced_hours: f64,
    money: f64,
}

/// A launch that was seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Launch {
    pub(super) pool: Option<Arc<str>>,
    pub(super) took: SignedDuration,
}

/// All nodes, and the launches of each pool.
#[derive(Debug, Default)]
pub(super) struct Pools {
    nodes: HashMap<String, Known>,
    /// NodeClaims whose node was not seen yet: when they were created, and whether they go.
    awaited: HashMap<String, (i64, bool)>,
    launches: BTreeMap<Arc<str>, Delays>,
    /// NodeClaims whose node does not take pods yet, and their pools.
    launching: HashMap<String, Option<Arc<str>>>,
    going: usize,
    round: u8,
    /// Names of types.
    kinds: BTreeSet<Arc<str>>,
    accounts: BTreeMap<Arc<str>, Account>,
    counted_at: Option<Timestamp>,
    /// What nodes cost; `None` until somebody counts.
    prices: Option<Arc<PriceBook>>,
}

impl Pools {
    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.nodes.get(name)
    }

    /// Nodes that are there.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether any node is about to vanish: usually none is, and nobody has to look.
    pub(super) fn any_goes(&self) -> bool {
        0 < self.going
    }

    /// Takes in a node, and gives a launch that has ended with it.
    pub(super) fn see(&mut self, now: Timestamp, seen: NodeSight) -> Option<Launch> {
        let pool = seen.pool.as_deref().map(|name| self.pool(name));
        let kind = seen.kind.as_deref().map(|name| self.kind(name));
        // Whoever is new does not wait for the next count with its price.
        let prices = self.prices.as_ref();
        let price = prices.and_then(|book| book.price(&seen.name, kind.as_deref(), seen.capacity));
        let claim = self.awaited.remove(&seen.name);
        let round = self.round;
        let node = self.nodes.entry(seen.name).or_insert_with(|| Known {
            pool: None,
            created_s: seen.created_s,
            claimed_s: None,
            is_claimed: seen.is_claimed,
            ready_s: None,
            is_marked: false,
            claim_is_going: false,
            is_counted: false,
            round,
            kind: None,
            capacity: seen.capacity,
            offers: seen.offers,
            price: None,
            claimed: 0.0,
        });
        let was_going = node.is_going();
        if let Some((created_s, is_going)) = claim {
            (node.claimed_s, node.claim_is_going) = (Some(created_s), is_going);
        }
        node.pool = pool;
        (node.kind, node.capacity, node.offers) = (kind, seen.capacity, seen.offers);
        node.price = price;
        node.is_claimed = seen.is_claimed;
        node.ready_s = node.ready_s.or(seen.ready_s);
        (node.is_marked, node.round) = (seen.is_going, round);
        count(&mut self.going, was_going, node.is_going());
        let launch = launch_of(node);
        self.remember(now, launch)
    }

    /// Takes in a NodeClaim, and gives a launch that can be told now.
    pub(super) fn see_claim(&mut self, now: Timestamp, seen: NodeClaimSight) -> Option<Launch> {
        if seen.is_ready || seen.is_going {
            self.launching.remove(&seen.name);
        } else {
            let pool = seen.pool.as_deref().map(|name| self.pool(name));
            self.launching.insert(seen.name, pool);
        }
        let name = seen.node?;
        let Some(node) = self.nodes.get_mut(&name) else {
            if MOST_AWAITED <= self.awaited.len() {
                let oldest = self.awaited.iter().min_by_key(|(_, (created_s, _))| *created_s);
                let oldest = oldest.map(|(name, _)| name.clone());
                oldest.and_then(|name| self.awaited.remove(&name));
            }
            self.awaited.insert(name, (seen.created_s, seen.is_going));
            return None;
        };
        let was_going = node.is_going();
        (node.claimed_s, node.claim_is_going) = (Some(seen.created_s), seen.is_going);
        count(&mut self.going, was_going, node.is_going());
        let launch = launch_of(node);
        self.remember(now, launch)
    }

    pub(super) fn lose(&mut self, name: &str) {
        if let Some(node) = self.nodes.remove(name) {
            count(&mut self.going, node.is_going(), false);
        }
    }

    pub(super) fn lose_claim(&mut self, claim: &NodeClaimSight) {
        self.launching.remove(&claim.name);
        if let Some(node) = &claim.node {
            self.awaited.remove(node);
        }
    }

    /// A list of all NodeClaims begins.
    pub(super) fn begin_claims(&mut self) {
        self.launching.clear();
    }

    /// Nodes of a pool that are on their way; of any, where the pool is unknown.
    pub(super) fn launching(&self, pool: Option<&str>) -> u32 {
        let of_pool = |known: &&Option<Arc<str>>| pool.is_none() || known.as_deref() == pool;
        u32::try_from(self.launching.values().filter(of_pool).count()).unwrap_or(u32::MAX)
    }

    /// A list of all nodes begins: those that it does not have are gone at its end.
    pub(super) fn begin(&mut self) {
        self.round = self.round.wrapping_add(1);
    }

    pub(super) fn end(&mut self) {
        let round = self.round;
        self.nodes.retain(|_, node| node.round == round);
        self.going = self.nodes.values().filter(|node| node.is_going()).count();
    }

    /// How long a node of the pool takes from being asked for to Ready, at a quantile. Where the pool is unknown, or has
    /// launched nothing yet, that of the slowest which has.
    pub(super) fn launch(&self, pool: Option<&str>, quantile: f64) -> Option<SignedDuration> {
        let own = pool.and_then(|pool| self.launches.get(pool)?.quantile_if_enough(quantile));
        own.or_else(|| self.launches.values().filter_map(|delays| delays.quantile_if_enough(quantile)).max())
    }

    /// What is known of a pool, before any of its nodes is counted.
    pub(super) fn seen(&self, pool: Option<Arc<str>>, quantile: f64) -> PoolSeen {
        let launches = self.launches.get(pool.as_deref().unwrap_or(NO_POOL));
        let launch = launches.and_then(|delays| delays.quantile_if_enough(quantile));
        PoolSeen {
            nodes: 0,
            going: 0,
            launching: pool.as_deref().map_or(0, |pool| self.launching(Some(pool))),
            launch,
            launches: launches.map_or(0, |delays| u32::try_from(delays.len()).unwrap_or(u32::MAX)),
            taken: 0.0,
            per_hour: Some(0.0),
            pool,
        }
    }

    /// Each pool that has launched nodes, and how long they took.
    pub(super) fn launches(&self) -> impl Iterator<Item = (&Arc<str>, &Delays)> {
        self.launches.iter()
    }

    /// Gives each node its price, and forgets what was asked of it: whoever counts tells it again by [`Self::claim`].
    pub(super) fn price(&mut self, prices: &Arc<PriceBook>) {
        if self.prices.is_none() {
            self.prices = Some(Arc::clone(prices));
        }
        for (name, node) in &mut self.nodes {
            node.price = prices.price(name, node.kind.as_deref(), node.capacity);
            node.claimed = 0.0;
        }
    }

    /// A pod of a workload that is scaled asks this of its node.
    pub(super) fn claim(&mut self, node: &str, asks: Amount) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.claimed += asks.share_of(node.offers).unwrap_or(0.0);
        }
    }

    /// Counts the time since the last call, and gives what each pool costs. A longer time than `most` was not watched, and
    /// is not counted.
    pub(super) fn count(&mut self, now: Timestamp, most: SignedDuration) -> Vec<PoolCost> {
        let since = self.counted_at.replace(now).map_or(SignedDuration::ZERO, |at| now.duration_since(at));
        let is_watched = (SignedDuration::ZERO..=most).contains(&since);
        let hours = if is_watched { since.as_secs_f64() / 3_600.0 } else { 0.0 };
        let none: Arc<str> = Arc::from("");
        let mut pools = BTreeMap::<Arc<str>, PoolCost>::new();
        for node in self.nodes.values() {
            let name = node.pool.as_ref().unwrap_or(&none);
            let pool = pools.entry(Arc::clone(name)).or_insert_with(|| empty(name));
            let account = self.accounts.entry(Arc::clone(name)).or_default();
            pool.nodes += 1;
            pool.unclaimed += (1.0 - node.claimed).max(0.0);
            account.node_hours += hours;
            match node.price {
                Some(price) => {
                    pool.per_hour = pool.per_hour.map(|all| all + price);
                    account.priced_hours += hours;
                    account.money += price * hours;
                }
                None => {
                    pool.unpriced += 1;
                    pool.per_hour = None;
                }
            }
        }
        for (name, account) in &self.accounts {
            // A pool that has no node now costs nothing now, and has cost what it has.
            let pool = pools.entry(Arc::clone(name)).or_insert_with(|| empty(name));
            pool.node_hours = account.node_hours;
            pool.money = (0.0 < account.priced_hours).then_some(account.money);
        }
        pools.into_values().collect()
    }

    /// The name of a type, shared.
    fn kind(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.kinds.get(name) {
            return Arc::clone(known);
        }
        let known = Arc::<str>::from(name);
        self.kinds.insert(Arc::clone(&known));
        known
    }

    fn remember(&mut self, now: Timestamp, launch: Option<Launch>) -> Option<Launch> {
        let launch = launch?;
        let pool = launch.pool.clone().unwrap_or_else(|| self.pool(NO_POOL));
        self.launches.entry(pool).or_default().observe(now, &[launch.took]);
        Some(launch)
    }

    /// The name of a pool, shared.
    fn pool(&mut self, name: &str) -> Arc<str> {
        if let Some((known, _)) = self.launches.get_key_value(name) {
            return Arc::clone(known);
        }
        let known = Arc::<str>::from(name);
        self.launches.insert(Arc::clone(&known), Delays::default());
        known
    }
}

fn empty(name: &Arc<str>) -> PoolCost {
    PoolCost {
        pool: Arc::clone(name),
        nodes: 0,
        unclaimed: 0.0,
        unpriced: 0,
        per_hour: Some(0.0),
        node_hours: 0.0,
        money: None,
    }
}

/// The launch of a node that is Ready, once. One of Karpenter's waits for its NodeClaim: its object is much younger.
fn launch_of(node: &mut Known) -> Option<Launch> {
    let ready_s = node.ready_s?;
    if node.is_counted || node.is_claimed && node.claimed_s.is_none() {
        return None;
    }
    node.is_counted = true;
    let took_s = ready_s - node.asked_s();
    let took = SignedDuration::from_secs(took_s);
    (0..=LONGEST_LAUNCH_S).contains(&took_s).then(|| Launch { pool: node.pool.clone(), took })
}

fn count(all: &mut usize, before: bool, now: bool) {
    match (before, now) {
        (false, true) => *all += 1,
        (true, false) => *all = all.saturating_sub(1),
        (true, true) | (false, false) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn node(name: &str, ready_s: Option<i64>) -> NodeSight {
        let pool = Some("spot".to_owned());
        NodeSight {
            name: name.to_owned(),
            pool,
            is_claimed: true,
            created_s: 1_040,
            ready_s,
            is_going: false,
            kind: Some("large".to_owned()),
            capacity: Capacity::Spot,
            offers: Amount { cpu_m: 4_000, memory_mib: 16_000 },
        }
    }

    fn claim(name: &str, is_going: bool) -> NodeClaimSight {
        let (pool, node) = (Some("spot".to_owned()), Some(name.to_owned()));
        NodeClaimSight { name: name.to_owned(), pool, node, is_ready: false, created_s: 1_000, is_going }
    }

    #[test]
    fn a_launch_is_from_the_claim_to_ready_whichever_comes_first() {
        let mut pools = Pools::default();
        let launch = Some(Launch { pool: Some("spot".into()), took: SignedDuration::from_secs(50) });
        assert_eq!(pools.see_claim(NOW, claim("a", false)), None);
        assert_eq!(pools.see(NOW, node("a", None)), None);
        assert_eq!(pools.see(NOW, node("a", Some(1_050))), launch);
        assert_eq!(pools.see(NOW, node("a", Some(9_000))), None, "it was away, and is told once");
        assert_eq!(pools.see(NOW, node("b", Some(1_050))), None);
        assert_eq!(pools.see_claim(NOW, claim("b", false)), launch);
        assert_eq!(pools.launch(Some("spot"), 0.95), None, "two are too few");
        pools.see_claim(NOW, claim("c", false));
        pools.see(NOW, node("c", Some(1_050)));
        assert_eq!(pools.launch(Some("spot"), 0.95), Some(SignedDuration::from_secs(50)));
        assert_eq!(pools.launch(None, 0.95), Some(SignedDuration::from_secs(50)));
    }

    #[test]
    fn nodes_on_their_way_are_counted_by_pool_until_they_take_pods() {
        let mut pools = Pools::default();
        pools.see_claim(NOW, NodeClaimSight { node: None, ..claim("a", false) });
        pools.see_claim(NOW, NodeClaimSight { pool: None, ..claim("b", false) });
        assert_eq!([Some("spot"), Some("other"), None].map(|pool| pools.launching(pool)), [1, 0, 2]);
        pools.see_claim(NOW, NodeClaimSight { is_ready: true, ..claim("a", false) });
        pools.lose_claim(&claim("b", false));
        assert_eq!(pools.launching(None), 0);
    }

    #[test]
    fn a_node_of_no_claim_is_counted_from_its_own_creation_and_one_that_was_away_is_not() {
        let mut pools = Pools::default();
        let plain = |name: &str, ready_s| NodeSight { pool: None, is_claimed: false, ..node(name, ready_s) };
        let launch = pools.see(NOW, plain("a", Some(1_060)));
        assert_eq!(launch, Some(Launch { pool: None, took: SignedDuration::from_secs(20) }));
        assert_eq!(pools.see(NOW, plain("b", Some(99_000))), None);
    }

    #[test]
    fn a_pool_is_paid_for_while_its_nodes_are_there_and_nobody_makes_a_price_up() {
        let mut pools = Pools::default();
        pools.see(NOW, node("a", None));
        pools.see(NOW, node("b", None));
        pools.see(NOW, NodeSight { pool: None, kind: None, ..node("c", None) });
        let book = Arc::new(PriceBook::default());
        book.put_table(crate::cost::read_prices("[prices]\nlarge = { on_demand = 3, spot = 0.5 }").unwrap());
        let mut count = |hour: i64, nodes: &[&str]| {
            pools.nodes.retain(|name, _| nodes.contains(&name.as_str()));
            pools.price(&book);
            pools.claim("a", Amount { cpu_m: 3_000, memory_mib: 0 });
            pools.claim("a", Amount { cpu_m: 0, memory_mib: 16_000 });
            pools.count(NOW + SignedDuration::from_hours(hour), SignedDuration::from_hours(2))
        };
        count(0, &["a", "b", "c"]);
        let [none, spot] = count(2, &["a", "b", "c"]).try_into().unwrap();
        assert_eq!((&*none.pool, none.nodes, none.unpriced, none.per_hour), ("", 1, 1, None));
        assert_eq!((none.node_hours, none.money), (2.0, None));
        assert_eq!((&*spot.pool, spot.nodes, spot.unpriced, spot.per_hour), ("spot", 2, 0, Some(1.0)));
        assert_eq!((spot.node_hours, spot.money, spot.unclaimed), (4.0, Some(2.0), 1.0));
        let gone = count(9, &["c"]);
        pools.see(NOW, node("d", None));
        assert_eq!(pools.get("d").unwrap().price, Some(0.5), "before the next count");
        assert_eq!(
            (gone[1].nodes, gone[1].per_hour, gone[1].node_hours),
            (0, Some(0.0), 4.0),
            "nobody watched"
        );
    }

    #[test]
    fn nodes_that_go_are_counted_until_they_are_gone() {
        let mut pools = Pools::default();
        pools.see(NOW, node("a", Some(1_050)));
        assert!(!pools.any_goes());
        pools.see_claim(NOW, claim("a", true));
        pools.see(NOW, NodeSight { is_going: true, ..node("b", Some(1_050)) });
        assert!(pools.any_goes() && pools.get("a").unwrap().is_going());
        pools.lose("a");
        pools.begin();
        pools.see(NOW, node("c", None));
        pools.end();
        assert!(!pools.any_goes() && pools.get("b").is_none());
    }
}
