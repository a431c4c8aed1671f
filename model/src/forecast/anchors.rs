//! The horizons at which methods are learned and scored: dense near, sparse far. Between them, forecasts are
//! interpolated; that loses nothing that could be measured.

/// From 1 to `longest`, each at most 1.4 times the one before (or one more).
#[must_use]
pub fn anchors(longest: u32) -> Vec<u32> {
    const GROWTH: f64 = 1.4;
    let mut anchors = vec![1];
    let mut last = 1;
    while last < longest {
        let next = (f64::from(last) * GROWTH).ceil() as u32;
        // No anchor just before the last one.
        last = if longest <= next + next / 10 { longest } else { next };
        anchors.push(last);
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_dense_near_and_end_at_the_longest() {
        for (longest, expected) in [
            (1, vec![1]),
            (3, vec![1, 2, 3]),
            (15, vec![1, 2, 3, 5, 7, 10, 15]),
            (64, vec![1, 2, 3, 5, 7, 10, 14, 20, 28, 40, 56, 64]),
        ] {
            assert_eq!(anchors(longest), expected);
        }
    }
}
