//! The figures of a calendar beside those of the right one, in the words that terminal and page share.

use crate::figures::{count, difference, money, share, tenths};
use crate::outcome::late_share;
use crate::result::CalendarResult;

/// Late, failed, late or failed, replica-hours and their change, cost and its change.
pub(super) fn figures(calendar: &CalendarResult, right: &CalendarResult) -> [String; 7] {
    let (run, right) = (&calendar.run, &right.run);
    [
        count(run.late_requests),
        count(run.failed_requests),
        share(late_share(run)),
        tenths(run.replica_hours),
        difference(run.replica_hours, right.replica_hours, tenths),
        money(run.cost),
        difference(run.cost, right.cost, money),
    ]
}
