//! Queues of the newest values: memory grows with what there is, and ends at exactly what may be kept. Most series are
//! young or few, and thousands of them share a process.

use std::collections::VecDeque;

/// Values for which room is made at first.
const FIRST: usize = 4;

/// Keeps `value` as the newest of at most `most`, at least 1.
pub(super) fn keep<T>(kept: &mut VecDeque<T>, value: T, most: usize) {
    if kept.len() == most {
        kept.pop_front();
    } else if kept.len() == kept.capacity() {
        let doubled = (2 * kept.len()).max(FIRST);
        kept.reserve_exact(doubled.min(most) - kept.len());
    }
    kept.push_back(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_in_room_for_no_more() {
        for most in [1, 7, 8, 61, 240] {
            let mut kept = VecDeque::new();
            (0..3 * most).for_each(|value| {
                keep(&mut kept, value, most);
                assert!(kept.capacity() <= (2 * kept.len()).clamp(FIRST.min(most), most));
            });
            assert!(kept.iter().copied().eq(2 * most..3 * most), "of {most}");
        }
    }
}
