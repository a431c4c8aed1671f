//! The laws between what is wanted and what is asked for: limits, the scale-down window, and the fastest change
//! allowed. What was planned lately is remembered as the plan's own history, bounded.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::reason::Limit;
use crate::settings::{Limits, RateLaw, Rates};

/// Moments remembered at most: a window is kept to within 1/64 of its length.
const REMEMBERED: i32 = 64;

/// What was wanted and what was planned, as far back as the laws look.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    moments: VecDeque<Moment>,
}

/// The extremes of a short stretch of time.
#[derive(Clone, Copy, Debug)]
struct Moment {
    /// First plan of the stretch.
    since: Timestamp,
    /// Last plan of it.
    until: Timestamp,
    most_wanted: u32,
    least_planned: u32,
    most_planned: u32,
}

impl Planned {
    /// Remembers a plan that was applied: what was wanted, and the size that it led `from` and `to`.
    pub fn remember(&mut self, now: Timestamp, wanted: u32, (from, to): (u32, u32), rates: &Rates) {
        let window = longest_window(rates);
        self.forget(now, window);
        match self.moments.back_mut().filter(|last| now.duration_since(last.since) < window / REMEMBERED) {
            Some(last) => {
                last.until = last.until.max(now);
                last.most_wanted = last.most_wanted.max(wanted);
                last.least_planned = last.least_planned.min(to);
                last.most_planned = last.most_planned.max(to);
            }
            None => self.moments.push_back(Moment {
                since: now,
                until: now,
                most_wanted: wanted,
                least_planned: from.min(to),
                most_planned: from.max(to),
            }),
        }
    }

    /// Drops what lies behind the window, or ahead of a clock that was set back.
    fn forget(&mut self, now: Timestamp, window: SignedDuration) {
        while self.moments.front().is_some_and(|first| first.until + window < now) {
            self.moments.pop_front();
        }
        while self.moments.back().is_some_and(|last| now < last.until) {
            self.moments.pop_back();
        }
    }

    fn within(&self, now: Timestamp, window: SignedDuration) -> impl Iterator<Item = &Moment> {
        self.moments.iter().rev().take_while(move |moment| now <= moment.until + window)
    }
}

/// Brings `wanted` under the laws, as seen at `now`. `size` is what was planned last, or runs. The last law that
/// moved it is told.
#[must_use]
pub fn obey(
    (wanted, size): (u32, u32),
    now: Timestamp,
    planned: &Planned,
    rates: &Rates,
    limits: Limits,
) -> (u32, Option<Limit>) {
    let mut lawful = Lawful { replicas: wanted, limit: None };
    lawful.raise(wanted.max(most_wanted(now, planned, rates.down_window)).min(size), Limit::DownWindow);
    if let Some(law) = &rates.up {
        let least = planned.within(now, law.period).map(|m| m.least_planned).fold(size, u32::min);
        lawful.lower(least.saturating_add(law.change_from(least)).max(size), Limit::UpRate);
    }
    if let Some(law) = &rates.down {
        let most = planned.within(now, law.period).map(|m| m.most_planned).fold(size, u32::max);
        lawful.raise(most.saturating_sub(law.change_from(most)).min(size), Limit::DownRate);
    }
    lawful.lower(limits.max, Limit::Ceiling);
    lawful.raise(limits.min, Limit::Floor);
    (lawful.replicas, lawful.limit.filter(|_| lawful.replicas != wanted))
}

fn most_wanted(now: Timestamp, planned: &Planned, window: SignedDuration) -> u32 {
    planned.within(now, window).map(|moment| moment.most_wanted).max().unwrap_or(0)
}

fn longest_window(rates: &Rates) -> SignedDuration {
    let periods = [rates.up, rates.down].into_iter().flatten().map(|law| law.period);
    periods.fold(rates.down_window, SignedDuration::max)
}

/// A number of replicas and the last law that moved it.
struct Lawful {
    replicas: u32,
    limit: Option<Limit>,
}

impl Lawful {
    fn raise(&mut self, floor: u32, limit: Limit) {
        if self.replicas < floor {
            *self = Self { replicas: floor, limit: Some(limit) };
        }
    }

    fn lower(&mut self, ceiling: u32, limit: Limit) {
        if ceiling < self.replicas {
            *self = Self { replicas: ceiling, limit: Some(limit) };
        }
    }
}

impl RateLaw {
    /// The most that `size` may change within a period.
    fn change_from(&self, size: u32) -> u32 {
        let share = u64::from(size) * u64::from(self.percent) / 100;
        self.pods.max(u32::try_from(share).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { min: 2, max: 50 };
    const TEN_PODS_A_MINUTE: RateLaw =
        RateLaw { percent: 50, pods: 10, period: SignedDuration::from_secs(60) };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Plans one want a 15 s tick from `size`, and compares each lawful number.
    fn check(rates: Rates, size: u32, wants: &[u32], expected: &[u32]) {
        let (mut planned, mut size) = (Planned::default(), size);
        let lawful: Vec<u32> = (0..)
            .zip(wants)
            .map(|(tick, &wanted)| {
                let now = at(tick * 15);
                let (lawful, _) = obey((wanted, size), now, &planned, &rates, LIMITS);
                planned.remember(now, wanted, (size, lawful), &rates);
                size = lawful;
                lawful
            })
            .collect();
        assert_eq!(lawful, expected);
    }

    fn rates(up: Option<RateLaw>, down: Option<RateLaw>, down_window_s: i64) -> Rates {
        Rates { up, down, down_window: SignedDuration::from_secs(down_window_s) }
    }

    #[test]
    fn limits_hold_whatever_is_wanted() {
        check(rates(None, None, 0), 5, &[0, 70, 3], &[2, 50, 3]);
    }

    #[test]
    fn replicas_shrink_to_the_most_wanted_within_the_window() {
        check(rates(None, None, 45), 5, &[20, 8, 6, 4, 4, 4, 4, 4], &[20, 20, 20, 20, 8, 6, 4, 4]);
    }

    #[test]
    fn growth_and_shrinking_keep_to_their_rates() {
        let law = Some(TEN_PODS_A_MINUTE);
        check(rates(law, None, 0), 4, &[40; 6], &[14, 14, 14, 14, 14, 24]);
        check(rates(None, law, 0), 40, &[4; 7], &[20, 20, 20, 20, 20, 10, 10]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (rates, mut planned) = (rates(None, None, 300), Planned::default());
        (0..10_000).for_each(|second| planned.remember(at(second), 3, (3, 3), &rates));
        assert!(planned.moments.len() <= REMEMBERED as usize + 2, "{}", planned.moments.len());
    }
}
