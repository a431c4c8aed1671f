//! The rhythm of ordinary days: low at night, high in the evening, and another level at weekends.

use std::f64::consts::TAU;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::TIME_ZONE;
use super::crowd::climbing;

/// Ordinary traffic without events.
pub(super) struct Rhythm {
    zone: TimeZone,
    /// Requests a second in the depth of the night and at the top of the day.
    low: f64,
    high: f64,
    /// Hour of the top, by local clocks.
    top_hour: f64,
    /// Level of Saturdays and Sundays beside that of working days.
    weekend: f64,
}

impl Rhythm {
    pub(super) fn new(low: f64, high: f64, top_hour: f64, weekend: f64) -> Self {
        let zone = TimeZone::get(TIME_ZONE).expect("the zone is a constant that every zone database knows");
        Self { zone, low, high, top_hour, weekend }
    }

    /// Expected requests a second.
    pub(super) fn rate_at(&self, at: Timestamp) -> f64 {
        let local = self.zone.to_datetime(at);
        let hour =
            f64::from(local.hour()) + f64::from(local.minute()) / 60.0 + f64::from(local.second()) / 3600.0;
        let of_day = (1.0 + (TAU * (hour - self.top_hour) / 24.0).cos()) / 2.0;
        // People end one day and begin the next between two and six in the morning, not at midnight.
        let today = climbing(hour - 2.0, 4.0);
        let yesterday = local.date().yesterday().unwrap_or(local.date());
        let of_week = today * self.level_of(local.date()) + (1.0 - today) * self.level_of(yesterday);
        (self.low + (self.high - self.low) * of_day) * of_week
    }

    fn level_of(&self, date: Date) -> f64 {
        let is_weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        if is_weekend { self.weekend } else { 1.0 }
    }
}
