//! Who is in a room, so that one of them can be drawn at once whoever comes and goes.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

/// People by number. Each operation takes the same time, however many there are.
#[derive(Debug)]
pub(super) struct Seats {
    taken: Vec<u32>,
    /// Where in `taken` each person is.
    places: Vec<Option<u32>>,
}

impl Seats {
    pub(super) fn of(people: usize) -> Self {
        Self { taken: vec![], places: vec![None; people] }
    }

    /// Seats a person; false where they sat already.
    pub(super) fn sit(&mut self, person: u32) -> bool {
        let place = &mut self.places[person as usize];
        if place.is_some() {
            return false;
        }
        *place = Some(self.taken.len() as u32);
        self.taken.push(person);
        true
    }

    /// Frees a person's seat; false where they had none.
    pub(super) fn rise(&mut self, person: u32) -> bool {
        let Some(place) = self.places[person as usize].take() else { return false };
        self.taken.swap_remove(place as usize);
        if let Some(&moved) = self.taken.get(place as usize) {
            self.places[moved as usize] = Some(place);
        }
        true
    }

    pub(super) fn count(&self) -> usize {
        self.taken.len()
    }

    /// Anyone who sits.
    pub(super) fn draw(&self, chance: &mut Pcg64Mcg) -> Option<u32> {
        (!self.taken.is_empty()).then(|| self.taken[chance.random_range(0..self.taken.len())])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng;

    use super::*;

    #[test]
    fn whoever_comes_and_goes_those_who_sit_are_drawn() {
        let (mut chance, mut seats, mut sitting) =
            (Pcg64Mcg::seed_from_u64(1), Seats::of(50), BTreeSet::new());
        assert_eq!(seats.draw(&mut chance), None);
        for _ in 0..5_000 {
            let person = chance.random_range(0..50);
            if chance.random_range(0..2) == 0 {
                assert_eq!(seats.sit(person), sitting.insert(person));
            } else {
                assert_eq!(seats.rise(person), sitting.remove(&person));
            }
            assert_eq!(seats.count(), sitting.len());
            assert!(seats.draw(&mut chance).is_none_or(|drawn| sitting.contains(&drawn)));
        }
    }
}
