//! What a minute teaches of capacity, and why most teach nothing: a load is only known where all replicas serve and
//! have done so for a while, and a latency only speaks of its load where no earlier line is still being drained.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Latency beyond the objective by this factor is saturation: a line grows, and its length says how long it has
/// grown, not how much a replica serves.
pub(super) const SATURATED: f64 = 2.0;

/// Least time after which neither the rates of a minute nor a line tell of the size before, or of a saturated minute.
const LEAST_SETTLING: SignedDuration = SignedDuration::from_mins(2);

/// Relative change of the Ready replicas that leaves the load known well enough.
const CALM: f64 = 0.05;

/// A workload and its latency, as seen at one sample of demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minute {
    /// End of the time that the sample covers.
    pub at: Timestamp,
    /// Demand, at least 0.
    pub demand: f64,
    /// Replicas asked for.
    pub asked: u32,
    /// Of them Ready.
    pub ready: u32,
    /// The quantile of latency that the objective speaks of, in seconds; `None` where unknown.
    pub latency_s: Option<f64>,
    /// Messages that wait; `None` where unknown, or where nothing queues.
    pub lag: Option<f64>,
}

/// What a minute teaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Lesson {
    /// Nothing.
    None,
    /// The load that replicas bear, and no more.
    Load(f64),
    /// The latency at a load.
    Latency { load: f64, latency_s: f64 },
    /// That a load is too much; how late it was says nothing.
    Saturation { load: f64 },
}

/// Looks at one minute after another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Teacher {
    objective_s: f64,
    step: SignedDuration,
    seen_at: Option<Timestamp>,
    calm: Option<Calm>,
}

/// A time in which the Ready replicas hardly change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Calm {
    since: Timestamp,
    ready: u32,
    saturation: Option<Spell>,
}

/// Saturated minutes, and the minutes after them in which the line is drained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Spell {
    /// Load of its first minute.
    load: f64,
    /// Its last saturated minute.
    until: Timestamp,
}

impl Teacher {
    pub(super) fn new(objective_s: f64, step: SignedDuration) -> Self {
        Self { objective_s, step, seen_at: None, calm: None }
    }

    /// What `minute` teaches. A step teaches once, however often it is shown.
    pub(super) fn lesson(&mut self, minute: &Minute) -> Lesson {
        let is_again =
            |seen_at| (SignedDuration::ZERO..self.step).contains(&minute.at.duration_since(seen_at));
        if self.seen_at.is_some_and(is_again) {
            return Lesson::None;
        }
        self.seen_at = Some(minute.at);
        let settling = self.settling();
        let calm = self.calm_at(minute);
        let is_settled = settling <= minute.at.duration_since(calm.since);
        let is_in_full = 0 < minute.ready && minute.ready == minute.asked;
        let load = minute.demand / f64::from(minute.ready.max(1));
        if !is_in_full || !is_settled || !load.is_normal() || self.is_backlog(minute) {
            return Lesson::None;
        }
        match minute.latency_s.filter(|latency_s| latency_s.is_finite()) {
            None => Lesson::Load(load),
            Some(late_s) if SATURATED * self.objective_s < late_s => self.saturated(minute.at, load),
            Some(_) if self.is_recovering(minute.at) => Lesson::None,
            Some(latency_s) => Lesson::Latency { load, latency_s },
        }
    }

    fn settling(&self) -> SignedDuration {
        LEAST_SETTLING.max(self.step * 2)
    }

    /// The calm of a minute: the one that lasts, or a new one.
    fn calm_at(&mut self, minute: &Minute) -> Calm {
        let lasts = |calm: &Calm| {
            let change = f64::from(minute.ready.abs_diff(calm.ready));
            calm.since <= minute.at && change <= CALM * f64::from(calm.ready)
        };
        let new = Calm { since: minute.at, ready: minute.ready, saturation: None };
        *self.calm.insert(self.calm.filter(lasts).unwrap_or(new))
    }

    /// More waits than demand brings in the time that counts as saturation: by Little's law, it waits for longer.
    fn is_backlog(&self, minute: &Minute) -> bool {
        minute.lag.is_some_and(|lag| minute.demand * self.objective_s * SATURATED < lag)
    }

    /// A load is too much where saturation set in, and where it lasts. Under less, a line is drained that an earlier
    /// load has left.
    fn saturated(&mut self, at: Timestamp, load: f64) -> Lesson {
        let Some(calm) = &mut self.calm else { return Lesson::None };
        let spell = calm.saturation.get_or_insert(Spell { load, until: at });
        spell.until = at;
        let is_drained = load < (1.0 - CALM) * spell.load;
        if is_drained { Lesson::None } else { Lesson::Saturation { load } }
    }

    /// Whether a line may still be short of gone. Once it is gone, so is the spell.
    fn is_recovering(&mut self, at: Timestamp) -> bool {
        let settling = self.settling();
        let Some(calm) = &mut self.calm else { return false };
        let lasts = |spell: &Spell| at.duration_since(spell.until) < settling;
        calm.saturation = calm.saturation.filter(lasts);
        calm.saturation.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A minute of `(demand, asked, ready, latency)`.
    type Seen = (f64, u32, u32, Option<f64>);

    /// Shows minutes to a teacher of a 1 s objective, after three calm ones of ten replicas.
    fn check(minutes: &[Seen], expected: &[Lesson]) {
        let mut teacher = Teacher::new(1.0, SignedDuration::from_mins(1));
        let calm = [(500.0, 10, 10, Some(0.2)); 3];
        let mut lessons = vec![];
        for (minute, &(demand, asked, ready, latency_s)) in calm.iter().chain(minutes).enumerate() {
            let at = Timestamp::from_second(60 * minute as i64).unwrap();
            lessons.push(teacher.lesson(&Minute { at, demand, asked, ready, latency_s, lag: None }));
        }
        let settled = Lesson::Latency { load: 50.0, latency_s: 0.2 };
        assert_eq!(lessons[..3], [Lesson::None, Lesson::None, settled]);
        assert_eq!(lessons[3..], *expected, "{minutes:?}");
    }

    #[test]
    fn a_minute_in_which_not_all_replicas_serve_teaches_nothing() {
        let seen = Lesson::Latency { load: 60.0, latency_s: 0.3 };
        check(
            &[(600.0, 14, 10, Some(0.3)), (600.0, 10, 10, Some(0.3)), (600.0, 6, 10, Some(0.3))],
            &[Lesson::None, seen, Lesson::None],
        );
    }

    #[test]
    fn the_minutes_after_a_change_of_size_teach_nothing() {
        let seen = Lesson::Latency { load: 40.0, latency_s: 0.3 };
        check(&[(600.0, 15, 15, Some(0.3)); 3], &[Lesson::None, Lesson::None, seen]);
    }

    #[test]
    fn a_missing_latency_teaches_the_load_alone_and_no_demand_nothing() {
        check(&[(600.0, 10, 10, None)], &[Lesson::Load(60.0)]);
        check(&[(600.0, 10, 10, Some(f64::NAN))], &[Lesson::Load(60.0)]);
        check(&[(0.0, 10, 10, Some(0.1)), (0.0, 0, 0, None)], &[Lesson::None; 2]);
    }

    #[test]
    fn saturation_teaches_its_load_and_the_line_that_it_leaves_nothing() {
        let saturated = Lesson::Saturation { load: 100.0 };
        let drained = Lesson::Latency { load: 50.0, latency_s: 0.2 };
        check(
            &[
                (1_000.0, 10, 10, Some(2.5)),
                (1_000.0, 10, 10, Some(9.0)),
                (500.0, 10, 10, Some(6.0)),
                (500.0, 10, 10, Some(0.9)),
                (500.0, 10, 10, Some(0.2)),
            ],
            &[saturated, saturated, Lesson::None, Lesson::None, drained],
        );
    }

    #[test]
    fn a_backlog_teaches_nothing() {
        let mut teacher = Teacher::new(1.0, SignedDuration::from_mins(1));
        let mut lesson = |minute: i64, lag| {
            let at = Timestamp::from_second(60 * minute).unwrap();
            let (demand, latency_s) = (500.0, Some(0.5));
            teacher.lesson(&Minute { at, demand, asked: 10, ready: 10, latency_s, lag })
        };
        (0..2).for_each(|minute| assert_eq!(lesson(minute, Some(0.0)), Lesson::None));
        assert_eq!(lesson(2, Some(250.0)), Lesson::Latency { load: 50.0, latency_s: 0.5 });
        assert_eq!(lesson(3, Some(1_001.0)), Lesson::None);
    }

    #[test]
    fn a_step_teaches_once_however_often_it_is_shown() {
        let mut teacher = Teacher::new(1.0, SignedDuration::from_mins(1));
        let lessons = (0..40).map(|tick| {
            let at = Timestamp::from_second(15 * tick).unwrap();
            let minute = Minute { at, demand: 500.0, asked: 10, ready: 10, latency_s: Some(0.2), lag: None };
            teacher.lesson(&minute)
        });
        assert_eq!(lessons.filter(|lesson| *lesson != Lesson::None).count(), 8);
    }
}
