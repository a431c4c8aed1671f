//! Who is in and who waits: a place has room for so many people, and a line before it, in the order in which they came, here
//! or at another gateway. Pure: no clock, no task.

use std::collections::{BTreeMap, BTreeSet};

/// Somebody's place, in or in line; later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    since_us: i64,
    number: u64,
}

impl Ticket {
    /// When its holder came, here or at another gateway, microseconds since 1970.
    #[must_use]
    pub fn since_us(self) -> i64 {
        self.since_us
    }
}

/// Somebody who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comer {
    /// For the first time, now. Microseconds since 1970: two who come in one millisecond keep their order.
    New(i64),
    /// From another line, in which it stood since then.
    Again(i64),
}

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

    /// Somebody comes. Nobody overtakes: who comes while others wait, waits behind those who came before, here or elsewhere.
    /// What is kept of somebody in line is made of the position. Who stood in line before finds room there though it is full.
    pub fn come(&mut self, comer: Comer, kept: impl FnOnce(u32) -> T) -> Verdict {
        let last = self.line.last_key_value().map(|(last, _)| last.since_us);
        let since_us = match comer {
            // A clock that was set back makes nobody overtake.
            Comer::New(now_us) => last.map_or(now_us, |last| last.max(now_us)),
            Comer::Again(since_us) => since_us,
        };
        let ticket = Ticket { since_us, number: self.next };
        if self.line.is_empty() && self.inside.len() < self.capacity {
            self.inside.insert(ticket);
            self.next += 1;
            return Verdict::Inside(ticket);
        }
        if matches!(comer, Comer::New(_)) && self.line_limit <= self.line.len() {
            return Verdict::Full;
        }
        self.next += 1;
        let before = match comer {
            Comer::New(_) => self.line.len(),
            Comer::Again(_) => self.line.range(..ticket).count(),
        };
        self.line.insert(ticket, kept(u32::try_from(before + 1).unwrap_or(u32::MAX)));
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

    /// Places that nobody has, and nobody waits for.
    #[must_use]
    pub fn free(&self) -> usize {
        self.capacity - self.inside.len()
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
        place.come(Comer::New(0), |_| who)
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

    #[test]
    fn who_stood_in_another_line_stands_where_its_time_says() {
        let mut place = Admission::new(1, 2);
        let Verdict::Inside(ada) = place.come(Comer::New(10), |_| ("ada", 0)) else {
            panic!("there is room")
        };
        for (at_ms, who) in [(20, "bob"), (30, "eve")] {
            assert!(matches!(place.come(Comer::New(at_ms), |position| (who, position)), Verdict::InLine(_)));
        }
        // The line is full, but not for who stood in one; and a clock that was set back makes nobody overtake.
        let Verdict::InLine(joe) = place.come(Comer::Again(25), |position| ("joe", position)) else {
            panic!("there is room for him")
        };
        assert_eq!(joe.since_us(), 25);
        assert_eq!(place.come(Comer::New(5), |position| ("sue", position)), Verdict::Full);
        let (bob, who) = place.go(ada).remove(0);
        assert_eq!(who, ("bob", 1));
        let (_, who) = place.go(bob).remove(0);
        assert_eq!(who, ("joe", 2));
        let Verdict::InLine(_) = place.come(Comer::New(5), |position| ("sue", position)) else {
            panic!("there is room in line")
        };
        let rest: Vec<_> = place.positions().map(|(position, (who, _))| (position, *who)).collect();
        assert_eq!(rest, [(1, "eve"), (2, "sue")]);
    }

    proptest! {
        #[test]
        fn nobody_overtakes_and_no_room_is_left_while_some_wait(
            capacity in 0usize..5,
            limit in 0usize..5,
            acts in proptest::collection::vec((any::<bool>(), 0usize..20, -5i64..5), 0..200),
        ) {
            let mut place = Admission::new(capacity, limit);
            let mut here = Vec::new();
            let mut let_in_last = None;
            for (now_ms, (comes, which, drift_ms)) in (0..).zip(acts) {
                if comes {
                    match place.come(Comer::New(now_ms + drift_ms), |position| position) {
                        Verdict::Inside(ticket) => {
                            prop_assert!(let_in_last < Some(ticket.number));
                            let_in_last = Some(ticket.number);
                            here.push(ticket);
                        }
                        Verdict::InLine(ticket) => here.push(ticket),
                        Verdict::Full => prop_assert_eq!(place.waiting(), limit),
                    }
                } else if !here.is_empty() {
                    let ticket = here.swap_remove(which % here.len());
                    for (ticket, _) in place.go(ticket) {
                        prop_assert!(let_in_last < Some(ticket.number));
                        let_in_last = Some(ticket.number);
                    }
                }
                prop_assert!(place.inside() <= capacity && place.waiting() <= limit);
                prop_assert!(place.inside() == capacity || place.waiting() == 0);
                prop_assert_eq!(place.inside() + place.waiting(), here.len());
            }
        }
    }
}
