//! What came of a replay, as JSON and as a table.

use std::fmt;

use jiff::Timestamp;
use realtime_load::Report;
use serde::Serialize;

use super::Plan;

/// What was sent and answered.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    recording: String,
    signal: String,
    from: Timestamp,
    to: Timestamp,
    speed: f64,
    scale: f64,
    /// Each step of the recording that was played.
    steps: Vec<Step>,
    /// All of it together.
    #[serde(flatten)]
    pub(super) report: Report,
}

/// One step of the recording.
#[derive(Debug, Serialize)]
struct Step {
    /// Its stamp in the recording.
    time: Timestamp,
    /// What was recorded a second; missing in a gap.
    recorded: Option<f64>,
    /// Seconds that it was played in.
    played_s: f64,
    due: u64,
    acked: u64,
    late: u64,
    refused: u64,
    lost: u64,
    p99_ms: Option<f64>,
}

impl Outcome {
    pub(super) fn of(plan: &Plan, mut report: Report) -> Self {
        let rows = std::mem::take(&mut report.timeline);
        let steps = plan.recorded.iter().enumerate().map(|(index, recorded)| {
            let row = rows.get(index).cloned().unwrap_or_default();
            Step {
                time: plan.from + plan.recorded_step * index as i32,
                recorded: *recorded,
                played_s: plan.step.as_secs_f64(),
                due: row.due,
                acked: row.acked,
                late: row.late,
                refused: row.refused,
                lost: row.lost,
                p99_ms: row.p99_ms,
            }
        });
        Self {
            recording: plan.recording.clone(),
            signal: plan.signal.clone(),
            from: plan.from,
            to: plan.to,
            speed: plan.speed,
            scale: plan.scale,
            steps: steps.collect(),
            report,
        }
    }

    /// How many were refused or lost.
    pub(super) fn unanswered(&self) -> u64 {
        self.report.refusals() + self.report.losses()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.report)?;
        let worst = self.steps.iter().max_by_key(|step| step.late + step.refused + step.lost);
        match worst {
            Some(step) if 0 < step.late + step.refused + step.lost => {
                let Step { time, due, late, refused, lost, .. } = step;
                writeln!(f, "worst step {time}: {late} late, {refused} refused, {lost} lost of {due}")
            }
            Some(_) | None => Ok(()),
        }
    }
}
