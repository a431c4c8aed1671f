//! One scaler as it is shown: what its last tick left, and its trail.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use prescale_model::{Event, Plan, Workload, Worths};

use super::{Living, Look, RoomLook, found::Found, reasons::Reasons, row, trail::Columns};
use crate::{
    api::CheckedScaler,
    headroom::By,
    nodes::PoolSeen,
    web::wire::{ScalerRow, Trail},
};

/// Of the bytes that a scaler has, one part of so many is for reasons, and the rest for numbers.
const REASONS_PART: usize = 5;

/// What signals and events are worth is reckoned so often at most: it takes tenths of a second, and moves with the day.
const WORTH_EVERY: Duration = Duration::from_secs(120);

/// A row that looks the same is told again after so long, for its time.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// What signals and events are worth.
struct Worth {
    begun_at: Instant,
    worths: Option<Worths>,
}

/// What is kept of room.
pub(super) struct Room {
    pub(super) by: Option<By>,
    pub(super) ready: Option<u32>,
    pub(super) pods: Option<(u32, u32)>,
    pub(super) pools: Box<[PoolSeen]>,
}

impl Room {
    fn of(look: &RoomLook<'_>) -> Self {
        Self { by: look.by, ready: look.ready, pods: look.pods, pools: look.pools.into() }
    }

    fn take(&mut self, look: &RoomLook<'_>) {
        (self.by, self.ready, self.pods) = (look.by, look.ready, look.pods);
        if *self.pools != *look.pools {
            self.pools = look.pools.into();
        }
    }
}

/// One scaler.
pub(in crate::web) struct Exhibit {
    pub(super) row: ScalerRow,
    /// The number of the last change in its row.
    pub(super) changed: u64,
    pub(super) spec: Arc<CheckedScaler>,
    pub(super) events: Arc<[Event]>,
    /// The most demand observed during each event.
    pub(super) peaks: Box<[Option<f64>]>,
    pub(super) plan: Plan,
    pub(super) workload: Option<Workload>,
    pub(super) lag: Option<f64>,
    pub(super) nodes: Option<u32>,
    pub(super) room: Room,
    pub(super) found: Found,
    pub(super) signal_problems: Box<[Option<String>]>,
    pub(super) hpa: Option<String>,
    pub(super) living: Arc<dyn Living>,
    pub(super) columns: Columns,
    pub(super) reasons: Reasons,
    /// What its signals and events are worth; `None` before somebody has asked.
    worth: Option<Box<Worth>>,
    /// When it ticked last.
    pub(super) ticked_at: Timestamp,
    /// When its row changed last, or was told again.
    told_at: Timestamp,
}

impl Exhibit {
    /// A scaler that is looked at for the first time; [`Self::look`] has to follow.
    pub(super) fn new(look: &Look<'_>) -> Self {
        let found = Found::new(look);
        Self {
            row: row::row(look, &found),
            changed: 0,
            spec: Arc::clone(look.spec),
            events: Arc::clone(look.events),
            peaks: peaks(look),
            plan: look.plan.clone(),
            workload: look.workload,
            lag: look.lag,
            nodes: look.nodes,
            room: Room::of(&look.room),
            found,
            signal_problems: look.signals.into(),
            hpa: look.hpa.map(str::to_owned),
            living: Arc::clone(look.living),
            columns: Columns::new(look.spec),
            reasons: Reasons::default(),
            worth: None,
            ticked_at: Timestamp::MIN,
            told_at: Timestamp::MIN,
        }
    }

    /// Takes in a tick; whether something changed in the row that people see. `budget` is the bytes that it may keep.
    pub(super) fn look(&mut self, look: &Look<'_>, budget: usize) -> bool {
        let is_due = AGAIN_AFTER <= look.now.duration_since(self.told_at).abs();
        self.found.take(look);
        let row = row::row(look, &self.found);
        let has_changed = is_due || row::differ(&self.row, &row);
        if has_changed {
            self.told_at = look.now;
        }
        self.row = row;
        if !Arc::ptr_eq(&self.spec, look.spec) {
            if row::is_another_series(&self.spec, look.spec) {
                self.columns = Columns::new(look.spec);
            }
            self.worth = None;
            self.spec = Arc::clone(look.spec);
        }
        self.events = Arc::clone(look.events);
        self.peaks = peaks(look);
        self.plan = look.plan.clone();
        (self.workload, self.lag, self.nodes) = (look.workload, look.lag, look.nodes);
        self.room.take(&look.room);
        if *self.signal_problems != *look.signals {
            self.signal_problems = look.signals.into();
        }
        if self.hpa.as_deref() != look.hpa {
            self.hpa = look.hpa.map(str::to_owned);
        }
        // Another scaler of the same name may have come.
        self.living = Arc::clone(look.living);
        let for_reasons = budget / REASONS_PART;
        self.columns.take(look, budget - for_reasons);
        self.reasons.take(look, &self.row.reason, for_reasons);
        self.ticked_at = look.now;
        has_changed
    }

    /// Its past from one time to another.
    pub(super) fn trail(&self, (from, to): (Timestamp, Timestamp)) -> Trail {
        let mut trail = self.columns.trail((from, to.min(self.ticked_at)));
        trail.reasons = self.reasons.within(from, to);
        trail
    }

    /// Since when the trail has demand.
    pub(super) fn kept_since(&self) -> Option<Timestamp> {
        self.columns.first_demand()
    }

    /// Whether what signals and events are worth is to be reckoned now; it is not due again before it may have changed.
    pub(super) fn begin_worths(&mut self, now: Instant) -> bool {
        let is_due =
            self.worth.as_ref().is_none_or(|worth| WORTH_EVERY <= now.duration_since(worth.begun_at));
        if is_due {
            let worths = self.worth.take().and_then(|worth| worth.worths);
            self.worth = Some(Box::new(Worth { begun_at: now, worths }));
        }
        is_due
    }

    /// Takes in what was reckoned, unless it was of another spec.
    pub(super) fn end_worths(&mut self, worths: Worths) {
        if let Some(worth) = &mut self.worth {
            worth.worths = Some(worths);
        }
    }

    /// What signals and events are worth, as it was reckoned last.
    pub(super) fn worths(&self) -> Option<&Worths> {
        self.worth.as_ref()?.worths.as_ref()
    }

    pub(super) fn trail_bytes(&self) -> usize {
        self.columns.bytes() + self.reasons.bytes()
    }

    /// When it ticked last.
    pub(in crate::web) fn ticked_at(&self) -> Timestamp {
        self.ticked_at
    }
}

fn peaks(look: &Look<'_>) -> Box<[Option<f64>]> {
    look.events.iter().map(|event| look.peaks.get(&event.name).copied()).collect()
}
