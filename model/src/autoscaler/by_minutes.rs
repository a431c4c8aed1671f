//! What tests of the autoscaler share: settings that step by the minute, and a sale.

use jiff::{SignedDuration, Timestamp};

use crate::{
    Event, ExpectedDemand,
    events::Effect,
    settings::{
        CapacitySettings, Fallback, HpaLaws, LeadTimeSettings, Limits, Mode, Rates, Settings, SilentThen,
    },
};

pub(super) const MINUTE: SignedDuration = SignedDuration::from_mins(1);

pub(super) fn settings() -> Settings {
    Settings {
        mode: Mode::Active,
        limits: Limits { min: 1, max: 100 },
        step: MINUTE,
        capacity: CapacitySettings::Given { per_replica: 100.0 },
        signals: vec![],
        lead_time: LeadTimeSettings { pod: Some(MINUTE), node: Some(MINUTE * 3) },
        risk: 0.9,
        hold: SignedDuration::ZERO,
        headroom: true,
        fallback: Fallback { stale_after: MINUTE * 3, hold_for: MINUTE * 5, then: SilentThen::Reactive },
        rates: Rates { up: None, down: None, down_window: SignedDuration::ZERO },
        drain: None,
        hpa: HpaLaws { tolerance: 0.1, doubles: false, sync_period: SignedDuration::from_secs(15) },
    }
}

pub(super) fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + 60 * minute).unwrap()
}

/// A sale to which 4,000 are expected.
pub(super) fn on_sale(starts_at: Timestamp, lasts: SignedDuration) -> Event {
    Event {
        name: "on-sale".to_owned(),
        class: "on-sale".to_owned(),
        effect: Effect::Demand,
        starts_at,
        ends_at: starts_at + lasts,
        magnitude: None,
        confidence: 1.0,
        expected: Some(ExpectedDemand { peak: 4_000.0, ramp_up: MINUTE * 2 }),
    }
}
