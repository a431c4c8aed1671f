//! The most demand of each of the last 14 days.

use jiff::Timestamp;

/// Days that are looked back: what a scaler learns from.
const DAYS: usize = 14;
const DAY_S: i64 = 86_400;

/// The most demand of each of the last days, of UTC.
#[derive(Clone, Debug)]
pub(crate) struct MostByDay {
    /// The newest day, counted from 1970.
    newest: i64,
    /// That of a day is at its number modulo 14; not a number where none was observed. Small, for thousands of scalers.
    most: [f32; DAYS],
}

impl Default for MostByDay {
    fn default() -> Self {
        Self { newest: 0, most: [f32::NAN; DAYS] }
    }
}

impl MostByDay {
    /// Notes demand.
    pub(crate) fn note(&mut self, at: Timestamp, demand: f64) {
        let day = at.as_second().div_euclid(DAY_S);
        if day <= self.newest - DAYS as i64 {
            return;
        }
        // Days that come after the newest take the places of those that are too old.
        let first_new = (self.newest + 1).max(day - DAYS as i64 + 1);
        for new in first_new..=day {
            self.most[place(new)] = f32::NAN;
        }
        self.newest = self.newest.max(day);
        let most = &mut self.most[place(day)];
        // The larger of a number and none is the number.
        *most = most.max(demand as f32);
    }

    /// Notes what another has noted.
    pub(super) fn add(&mut self, other: &Self) {
        for (day, demand) in other.days() {
            self.note(begin_of(day), demand);
        }
    }

    /// The most of the last 14 days, and the begin of its day; `None` where nothing was observed.
    pub(super) fn most(&self, now: Timestamp) -> Option<(Timestamp, f64)> {
        let oldest = now.as_second().div_euclid(DAY_S) - DAYS as i64 + 1;
        let days = self.days().filter(|(day, _)| oldest <= *day);
        days.max_by(|one, other| one.1.total_cmp(&other.1)).map(|(day, demand)| (begin_of(day), demand))
    }

    fn days(&self) -> impl Iterator<Item = (i64, f64)> {
        let days = self.newest - DAYS as i64 + 1..=self.newest;
        let known = |day| Some(self.most[place(day)]).filter(|most| !most.is_nan());
        days.filter_map(move |day| Some((day, f64::from(known(day)?))))
    }
}

fn place(day: i64) -> usize {
    usize::try_from(day.rem_euclid(DAYS as i64)).expect("it is below 14")
}

fn begin_of(day: i64) -> Timestamp {
    Timestamp::from_second(day * DAY_S).expect("it is a day of a timestamp")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        begin_of(20_000 + day)
    }

    fn check(noted: &[(i64, f64)], now: i64, most: Option<(i64, f64)>) {
        let mut days = MostByDay::default();
        noted.iter().for_each(|(day, demand)| days.note(at(*day), *demand));
        assert_eq!(days.most(at(now)), most.map(|(day, demand)| (at(day), demand)), "{noted:?} on {now}");
    }

    #[test]
    fn the_most_of_two_weeks_counts_and_what_is_older_is_forgotten() {
        check(&[], 0, None);
        check(&[(0, 5.0), (0, 9.0), (0, 7.0)], 0, Some((0, 9.0)));
        check(&[(0, 9.0), (5, 3.0)], 13, Some((0, 9.0)));
        check(&[(0, 9.0), (5, 3.0)], 14, Some((5, 3.0)));
        check(&[(0, 9.0), (14, 1.0), (5, 3.0)], 14, Some((5, 3.0)));
        check(&[(0, 9.0), (40, 1.0), (20, 4.0)], 40, Some((40, 1.0)));
        check(&[(0, 9.0)], 30, None);
    }

    #[test]
    fn what_another_has_noted_is_taken_in() {
        let (mut days, mut other) = (MostByDay::default(), MostByDay::default());
        days.note(at(10), 4.0);
        other.note(at(2), 8.0);
        days.add(&other);
        assert_eq!(days.most(at(10)), Some((at(2), 8.0)));
    }
}
