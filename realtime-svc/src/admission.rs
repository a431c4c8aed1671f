//! Who is in and who waits: a place has room for so many people, and a line before it, in order. Pure: no clock, no task.

use std::collections::{BTreeMap, BTreeSet};

/// Somebody's place, in or in line; later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// What becomes of somebody who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In at once.
    Inside(Ticket),
    /// In line.
    InLine(Ticket),
    /// The line is full too.
    Full,
}

/// The place and the line before it. `T` is what is kept of somebody in line.
#[derive(Debug)]
pub struct Admission<T> {
    capacity: usize,
    line_limit: usize,
    next: u64,
    inside: BTreeSet<Ticket>,
    line: BTreeMap<Ticket, T>,
}

impl<T> Admission<T> {
    /// A place for `capacity` people with a line of `line_limit`.
    #[must_use]
    pub fn new(capacity: usize, line_limit: usize) -> Self {
        Self { capacity, line_limit, next: 0, inside: BTreeSet::new(), line: BTreeMap::new() }
    }

    /// Somebody comes. Nobody overtakes: who comes while others wait, waits behind them.
    pub fn come(&mut self, kept: impl FnOnce(Ticket) -> T) -> Verdict {
        let ticket = Ticket(self.next);
        if self.line.is_empty() && self.inside.len() < self.capacity {
            self.inside.insert(ticket);
            self.next += 1;
            return Verdict::Inside(ticket);
        }
        if self.line_limit <= self.line.len() {
            return Verdict::Full;
        }
        self.next += 1;
        self.line.insert(ticket, kept(ticket));
        Verdict::InLine(ticket)
    }

    /// Somebody goes, from inside or from the line. Returns who is let in for it.
    #[must_use = "who is let in has to be told"]
    pub fn go(&mut self, ticket: Ticket) -> Vec<(Ticket, T)> {
        self.line.remove(&ticket);
        self.inside.remove(&ticket);
        self.fill()
    }

    /// The line in order: the first has position 1.
    pub fn positions(&self) -> impl Iterator<Item = (u32, &T)> {
        (1..).zip(self.line.values())
    }

    /// People inside.
    #[must_use]
    pub fn inside(&self) -> usize {
        self.inside.len()
    }

    /// People in line.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.line.len()
    }

    fn fill(&mut self) -> Vec<(Ticket, T)> {
        let mut let_in = Vec::new();
        while self.inside.len() < self.capacity {
            let Some((ticket, kept)) = self.line.pop_first() else { break };
            self.inside.insert(ticket);
            let_in.push((ticket, kept));
        }
        let_in
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn come(place: &mut Admission<&'static str>, who: &'static str) -> Verdict {
        place.come(|_| who)
    }

    fn line(place: &Admission<&'static str>) -> Vec<(u32, &'static str)> {
        place.positions().map(|(position, who)| (position, *who)).collect()
    }

    #[test]
    fn the_first_who_came_is_the_first_let_in() {
        let mut place = Admission::new(1, 2);
        let Verdict::Inside(ada) = come(&mut place, "ada") else { panic!("there is room") };
        let Verdict::InLine(_) = come(&mut place, "bob") else { panic!("there is a line") };
        let Verdict::InLine(_) = come(&mut place, "eve") else { panic!("there is a line") };
        assert_eq!(come(&mut place, "joe"), Verdict::Full);
        assert_eq!(line(&place), [(1, "bob"), (2, "eve")]);
        let let_in: Vec<_> = place.go(ada).into_iter().map(|(_, who)| who).collect();
        assert_eq!(let_in, ["bob"]);
        assert_eq!(line(&place), [(1, "eve")]);
    }

    #[test]
    fn who_leaves_the_line_lets_nobody_in() {
        let mut place = Admission::new(1, 2);
        come(&mut place, "ada");
        let Verdict::InLine(bob) = come(&mut place, "bob") else { panic!("there is a line") };
        come(&mut place, "eve");
        assert_eq!(place.go(bob), []);
        assert_eq!(line(&place), [(1, "eve")]);
        assert_eq!((place.inside(), place.waiting()), (1, 1));
    }

    proptest! {
        #[test]
        fn nobody_overtakes_and_no_room_is_left_while_some_wait(
            capacity in 0usize..5,
            limit in 0usize..5,
            acts in proptest::collection::vec((any::<bool>(), 0usize..20), 0..200),
        ) {
            let mut place = Admission::new(capacity, limit);
            let mut here = Vec::new();
            let mut let_in_last = None;
            for (comes, which) in acts {
                if comes {
                    match place.come(|ticket| ticket) {
                        Verdict::Inside(ticket) => {
                            prop_assert!(let_in_last < Some(ticket));
                            let_in_last = Some(ticket);
                            here.push(ticket);
                        }
                        Verdict::InLine(ticket) => here.push(ticket),
                        Verdict::Full => prop_assert_eq!(place.waiting(), limit),
                    }
                } else if !here.is_empty() {
                    let ticket = here.swap_remove(which % here.len());
                    for (ticket, _) in place.go(ticket) {
                        prop_assert!(let_in_last < Some(ticket));
                        let_in_last = Some(ticket);
                    }
                }
                prop_assert!(place.inside() <= capacity && place.waiting() <= limit);
                prop_assert!(place.inside() == capacity || place.waiting() == 0);
                prop_assert_eq!(place.inside() + place.waiting(), here.len());
            }
        }
    }
}
