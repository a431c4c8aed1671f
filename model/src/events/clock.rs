//! An event's own clock, on which a short match and a long one, or two sales, look alike: minutes before the start,
//! 120ths of its length while it lasts, and minutes after its end from there on.

use jiff::Timestamp;

/// Where an event ends on its own clock.
pub const END: f32 = 120.0;

/// Start and length of an event, as they are believed to be now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// When it starts.
    pub starts_at: Timestamp,
    /// Its length in minutes, above 0.
    pub length_min: f32,
}

impl Clock {
    /// Time on the event's clock.
    #[must_use]
    pub fn at(&self, when: Timestamp) -> f32 {
        let minutes = when.duration_since(self.starts_at).as_secs_f64() as f32 / 60.0;
        if minutes <= 0.0 {
            minutes
        } else if minutes < self.length_min {
            minutes / self.length_min * END
        } else {
            minutes - self.length_min + END
        }
    }
}

/// Writes how near `time` is to each inner knot, as hats: 1 at the knot, falling to 0 at its neighbours, times
/// `height`, added to `out`, which has one entry fewer than there are gaps between knots.
pub fn add_hats(knots: &[f32], time: f32, height: f32, out: &mut [f32]) {
    let above = knots.partition_point(|&knot| knot <= time);
    if above == 0 || above == knots.len() {
        return;
    }
    let share = (time - knots[above - 1]) / (knots[above] - knots[above - 1]);
    if 2 <= above {
        out[above - 2] += height * (1.0 - share);
    }
    if above <= out.len() {
        out[above - 1] += height * share;
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn check(length_min: f32, minutes: i64, expected: f32) {
        let starts_at = Timestamp::UNIX_EPOCH;
        let time = Clock { starts_at, length_min }.at(starts_at + SignedDuration::from_mins(minutes));
        assert!((time - expected).abs() < 1e-3, "{time} is not {expected}");
    }

    #[test]
    fn events_of_any_length_start_at_0_and_end_at_120() {
        check(120.0, -30, -30.0);
        check(120.0, 45, 45.0);
        check(30.0, 15, 60.0);
        check(600.0, 600, 120.0);
        check(600.0, 640, 160.0);
    }

    #[test]
    fn hats_between_two_knots_add_up_to_their_height() {
        let knots = [0.0, 10.0, 30.0, 40.0, 50.0];
        let mut hats = [0.0; 3];
        add_hats(&knots, 25.0, 2.0, &mut hats);
        assert_eq!(hats, [0.5, 1.5, 0.0]);
        for outside in [-1.0, 0.0, 50.0, 1e6] {
            let mut none = [0.0; 3];
            add_hats(&knots, outside, 1.0, &mut none);
            assert_eq!(none, [0.0; 3]);
        }
    }
}
