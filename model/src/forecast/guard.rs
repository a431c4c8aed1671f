//! A guard for changes of regime: a migration, a new client, a feature that changes how demand moves. Errors that stay
//! well above their usual size are noticed by a cumulative sum (Page, *Biometrika* 41, 1954), and what was learned is
//! then believed less, so that it is learned anew in hours and not in days.

use serde::{Deserialize, Serialize};

/// Errors above so many times their usual size count as a sign.
const USUAL: f32 = 3.0;
/// One error counts at most so much.
const MOST: f32 = 6.0;
/// Sum, in minutes, at which a change is believed.
const THRESHOLD_MIN: f32 = 90.0;
/// Share by which what was learned is believed after a change.
pub const BELIEF: f32 = 0.3;

/// The sum of signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    sum: f32,
}

impl Guard {
    /// Whether its sum could have come about.
    pub(super) fn is_sound(&self) -> bool {
        (0.0..=THRESHOLD_MIN).contains(&self.sum)
    }

    /// Takes in an error over its usual size; whether a change of regime is to be believed now.
    pub fn notices(&mut self, step_min: f32, error: f32) -> bool {
        self.sum = (self.sum + step_min.min(1.0) * (error.min(MOST) - USUAL)).max(0.0);
        let notices = THRESHOLD_MIN < self.sum;
        if notices {
            self.sum = 0.0;
        }
        notices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes until the guard notices errors of this size, after a day of usual ones; `None` within a day.
    fn noticed_after(error: f32) -> Option<usize> {
        let mut guard = Guard::default();
        assert!((0..1_440).all(|minute| !guard.notices(1.0, (minute % 5) as f32 * 0.5)));
        (0..1_440).find(|_| guard.notices(1.0, error))
    }

    #[test]
    fn only_errors_that_stay_large_are_a_change_of_regime() {
        assert_eq!(noticed_after(2.0), None);
        assert_eq!(noticed_after(4.0), Some(90));
        assert_eq!(noticed_after(1e9), Some(30));
        let mut guard = Guard::default();
        assert!((0..20).all(|_| !guard.notices(1.0, 1e9)), "a spike is none");
    }
}
