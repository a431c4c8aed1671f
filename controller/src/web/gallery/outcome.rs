//! What came of replicas over the trail: minutes in which demand was more than they serve, and what they took.

use jiff::{SignedDuration, Timestamp};

use super::{
    exhibit::Exhibit,
    trail::{Column, Columns},
};
use crate::web::wire::{Calibration, Outcome};

/// An HPA shrinks to the most that it wanted lately, by default of so long.
const HPA_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// What came of a scaler's replicas, and what would have come of its plans.
pub(super) struct Outcomes {
    pub(super) reality: Outcome,
    pub(super) plan: Outcome,
    /// Of an HPA that follows demand as it comes.
    pub(super) reactive: Outcome,
    /// How often each shown quantile held.
    pub(super) calibration: Vec<Calibration>,
}

impl Exhibit {
    /// Reckoned over all that is kept.
    pub(super) fn outcomes(&self) -> Outcomes {
        let rows: Vec<usize> =
            self.columns.within((Timestamp::MIN, self.ticked_at)).map(|(_, row)| row).collect();
        let columns = &self.columns;
        let per_replica = self.plan.reason.capacity.map(|capacity| capacity.per_replica);
        // A plan is Ready one lead time after it was made.
        let lead = self.plan.lead_time.pod.as_secs_f64() / columns.interval().as_secs_f64();
        let lead = lead.ceil().max(0.0) as usize;
        let served =
            |row: usize| columns.cell(row, Column::Ready).or_else(|| columns.cell(row, Column::Running));
        let running = |row: usize| columns.cell(row, Column::Running);
        let planned = |row: usize| columns.cell(row, Column::Planned);
        let planned_before = |row: usize| row.checked_sub(lead).and_then(planned);
        // Over the same minutes as the plan: after a restart, more is known of demand than of plans.
        let held = (HPA_WINDOW.as_secs_f64() / columns.interval().as_secs_f64()).ceil() as usize;
        let limits = self.spec.settings.limits;
        let reactive = |row: usize| {
            planned(row)?;
            let wants = |row| Some((columns.cell(row, Column::Demand)? / per_replica?).ceil());
            let most = (row.saturating_sub(held)..=row).filter_map(wants).reduce(f64::max)?;
            Some(most.clamp(f64::from(limits.min), f64::from(limits.max)))
        };
        let reactive_before = |row: usize| row.checked_sub(lead).and_then(reactive);
        let outcome = |serves: &dyn Fn(usize) -> Option<f64>, costs: &dyn Fn(usize) -> Option<f64>| {
            tally(columns, &rows, (per_replica, serves, costs))
        };
        Outcomes {
            reality: outcome(&served, &running),
            plan: outcome(&planned_before, &planned),
            reactive: outcome(&reactive_before, &reactive),
            calibration: calibration(columns, &rows, self.spec.settings.risk),
        }
    }
}

type Reads<'a> = &'a dyn Fn(usize) -> Option<f64>;

fn tally(
    columns: &Columns,
    rows: &[usize],
    (per_replica, serves, costs): (Option<f64>, Reads<'_>, Reads<'_>),
) -> Outcome {
    let minutes_a_row = columns.interval().as_secs_f64() / 60.0;
    let (mut late, mut judged, mut replicas, mut costed) = (0_u32, 0_u32, 0.0, 0_u32);
    for row in rows {
        if let Some(cost) = costs(*row) {
            replicas += cost;
            costed += 1;
        }
        let (Some(demand), Some(serves), Some(per_replica)) =
            (columns.cell(*row, Column::Demand), serves(*row), per_replica)
        else {
            continue;
        };
        judged += 1;
        late += u32::from(serves * per_replica < demand);
    }
    Outcome {
        late_minutes: (0 < judged).then(|| f64::from(late) * minutes_a_row),
        replica_hours: (0 < costed).then_some(replicas * minutes_a_row / 60.0),
        minutes: f64::from(judged) * minutes_a_row,
    }
}

fn calibration(columns: &Columns, rows: &[usize], risk: f64) -> Vec<Calibration> {
    let said = [(0.1, Column::Low), (0.5, Column::Forecast), (risk, Column::High)];
    let held = said.map(|(quantile, column)| {
        let both = rows
            .iter()
            .filter_map(|row| Some((columns.cell(*row, Column::Demand)?, columns.cell(*row, column)?)));
        let (mut steps, mut covered) = (0_u32, 0_u32);
        for (demand, said) in both {
            steps += 1;
            covered += u32::from(demand <= said);
        }
        let covered = (0 < steps).then(|| f64::from(covered) / f64::from(steps));
        Calibration { quantile, covered, steps }
    });
    held.into()
}
