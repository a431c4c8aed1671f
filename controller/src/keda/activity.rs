//! Whether a workload is to run at all: it does while demand is there, or is forecast for the moment at which pods
//! asked for now are Ready. That is how a workload that sleeps is awake when its demand arrives.

use std::time::Instant;

use prescale_model::Mode;

use crate::board::{Board, Metric, ScalerKey, Unanswered};

/// Whether demand of `key` is above `activation`, or is forecast to be in [`Mode::Active`]; in the other modes
/// forecasts move nothing.
///
/// Silence is not zero: while nothing is observed, the plan that still holds counts. Better awake without need than
/// asleep in need.
pub(super) fn is_active(
    board: &Board,
    (key, mode): (&ScalerKey, Mode),
    activation: f64,
    now: Instant,
) -> Result<bool, Unanswered> {
    let value = |metric| board.answer(key, metric, now).map(|answer| answer.value);
    let observed = value(Metric::Observed).ok();
    let forecast = match mode {
        Mode::Active => value(Metric::Forecast).ok(),
        Mode::Shadow | Mode::Paused => None,
    };
    let is_wanted = [observed, forecast].into_iter().flatten().any(|demand| activation < demand);
    match observed {
        _ if is_wanted => Ok(true),
        Some(_) => Ok(false),
        None => value(Metric::Demand).map(|held| activation < held),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{Notice, Observed};
    use jiff::{SignedDuration, Timestamp};
    use prescale_model::{Driver, Plan, Reason, lead_time::LeadTime};

    const HOLD: SignedDuration = SignedDuration::from_mins(5);

    fn now() -> Timestamp {
        Timestamp::from_second(1_780_000_000).unwrap()
    }

    fn board(observed: Option<f64>, forecast: Option<f64>, served: Option<f64>) -> Board {
        let (board, key) = (Board::default(), ScalerKey::new("live", "gateway"));
        if let Some(demand) = observed {
            board.observe(&key, Observed { at: now(), demand, told: Some(demand), hold_for: HOLD });
        }
        let lead_time = LeadTime { pod: SignedDuration::from_secs(20), node: SignedDuration::from_secs(130) };
        let driver = Driver::Observed { demand: 0.0 };
        let plan = Plan {
            made_at: now(),
            replicas: 1,
            headroom: 0,
            demand: served,
            observed,
            lead_time,
            late: None,
            reason: Reason {
                driver,
                capacity: None,
                wanted: 1,
                replicas: 1,
                limit: None,
                withheld: None,
                going: 0,
            },
        };
        board.publish(Notice { key, plan, forecast, lag: None, hold_for: HOLD });
        board
    }

    fn check(board: &Board, mode: Mode, activation: f64, active: Option<bool>) {
        let key = ScalerKey::new("live", "gateway");
        assert_eq!(
            is_active(board, (&key, mode), activation, Instant::now()).ok(),
            active,
            "{mode:?} above {activation}"
        );
    }

    #[test]
    fn demand_that_is_here_or_forecast_wakes() {
        // Served demand is at least that of minReplicas, and does not keep awake what nobody needs.
        let served = Some(250.0);
        check(&board(Some(3.0), Some(0.0), served), Mode::Active, 0.0, Some(true));
        check(&board(Some(0.0), Some(3.0), served), Mode::Active, 0.0, Some(true));
        check(&board(Some(0.0), Some(0.0), served), Mode::Active, 0.0, Some(false));
        check(&board(Some(0.0), None, served), Mode::Active, 0.0, Some(false));
        check(&board(Some(9.0), Some(10.0), served), Mode::Active, 10.0, Some(false));
    }

    #[test]
    fn in_shadow_forecasts_wake_nobody() {
        check(&board(Some(0.0), Some(3.0), Some(0.0)), Mode::Shadow, 0.0, Some(false));
        check(&board(Some(3.0), Some(0.0), Some(3.0)), Mode::Paused, 0.0, Some(true));
    }

    #[test]
    fn a_silent_source_puts_nobody_to_sleep() {
        check(&board(None, None, Some(250.0)), Mode::Active, 0.0, Some(true));
        check(&board(None, Some(0.0), Some(250.0)), Mode::Active, 0.0, Some(true));
        check(&board(None, None, None), Mode::Active, 0.0, None);
    }
}
