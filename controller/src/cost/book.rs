//! The prices that are known: of the table that people write, and of OpenCost for nodes that the table does not name.
//! Shared; a follower writes, whoever counts reads.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use super::{Capacity, Prices};

/// The prices that are known.
#[derive(Debug, Default)]
pub struct PriceBook(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    table: Prices,
    /// Why the table as it is written now is not the one that counts.
    problem: Option<String>,
    by_node: HashMap<String, f64>,
}

impl PriceBook {
    /// What a node costs an hour: by the table, or else by what OpenCost says of it; `None` where neither knows.
    #[must_use]
    pub fn price(&self, node: &str, kind: Option<&str>, capacity: Capacity) -> Option<f64> {
        let known = self.read();
        let by_table = kind.and_then(|kind| known.table.get(kind)?.sold_as(capacity));
        by_table.or_else(|| known.by_node.get(node).copied())
    }

    /// Takes up a table.
    pub fn put_table(&self, table: Prices) {
        let mut known = self.write();
        (known.table, known.problem) = (table, None);
    }

    /// Notes that the table as it is written now is refused. The one before it counts.
    pub fn refuse_table(&self, problem: String) {
        self.write().problem = Some(problem);
    }

    /// Takes up what OpenCost says of each node.
    pub fn put_nodes(&self, by_node: HashMap<String, f64>) {
        self.write().by_node = by_node;
    }

    /// Why the table as it is written now does not count; `None` where it does.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.read().problem.clone()
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::read_prices;

    #[test]
    fn the_table_goes_before_opencost_and_who_is_in_neither_has_no_price() {
        let book = PriceBook::default();
        book.put_table(read_prices("[prices]\nlarge = { on_demand = 0.2 }").unwrap());
        book.put_nodes([("a".to_owned(), 0.5), ("b".to_owned(), 0.3)].into());
        assert_eq!(book.price("a", Some("large"), Capacity::OnDemand), Some(0.2));
        assert_eq!(book.price("a", Some("large"), Capacity::Spot), Some(0.5), "the table has no spot of it");
        assert_eq!(book.price("b", None, Capacity::OnDemand), Some(0.3));
        assert_eq!(book.price("c", Some("small"), Capacity::OnDemand), None);
        book.refuse_table("line 1: no".to_owned());
        assert_eq!(book.price("a", Some("large"), Capacity::OnDemand), Some(0.2), "the last good one stays");
        assert_eq!(book.problem().as_deref(), Some("line 1: no"));
    }
}
