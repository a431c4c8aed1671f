//! From a `DemandEvent` as written to the event that the model forecasts with.

use jiff::{Timestamp, tz};
use prescale_model::{Event, ExpectedDemand};

use super::{
    DemandEvent, DemandEventSpec, ExpectedDemandSpec, WrittenDuration,
    limits::{above_zero, positive},
    moment,
    problems::Problems,
    source::is_dns_label,
};

impl DemandEvent {
    /// The event to forecast with, or `None` if it has been cancelled.
    ///
    /// # Errors
    ///
    /// All that is wrong with it; a cancelled event must still be written well.
    pub fn check(&self) -> Result<Option<Event>, Problems> {
        let mut problems = Problems::default();
        let spec = &self.spec;
        if self.metadata.name.is_none() {
            problems.lacking("metadata.name", "is missing");
        }
        if !is_dns_label(&spec.class) {
            let wanted = "must be lower-case letters, digits and dashes, such as kick-off";
            problems.refuse("spec.type", format!("`{}`", spec.class), wanted);
        }
        let period = check_period(spec, &mut problems);
        check_size(spec, &mut problems);
        let expected = spec.expected_demand.as_ref().map(|expected| expected.check(&mut problems));
        let Some((starts_at, ends_at)) = period.filter(|_| problems.is_empty()) else {
            return Err(problems);
        };
        let event = Event {
            name: self.metadata.name.clone().unwrap_or_default(),
            class: spec.class.clone(),
            effect: spec.effect.into(),
            starts_at,
            ends_at,
            magnitude: spec.magnitude,
            confidence: spec.confidence,
            expected,
        };
        Ok((!spec.cancelled).then_some(event))
    }
}

impl ExpectedDemandSpec {
    fn check(&self, problems: &mut Problems) -> ExpectedDemand {
        above_zero("spec.expectedDemand.peak", self.peak, problems);
        let ramp_up = positive("spec.expectedDemand.rampUp", self.ramp_up, problems);
        ExpectedDemand { peak: self.peak, ramp_up }
    }
}

fn check_size(spec: &DemandEventSpec, problems: &mut Problems) {
    if let Some(magnitude) = spec.magnitude.filter(|size| !size.is_finite() || *size < 0.0) {
        problems.refuse("spec.magnitude", magnitude, "must be a finite number of at least 0");
    }
    let probable = 0.0 < spec.confidence && spec.confidence <= 1.0;
    if !probable {
        problems.refuse("spec.confidence", spec.confidence, "must be above 0 and at most 1");
    }
}

/// Start and end; `None`, with the problems noted, unless both are known and in order.
fn check_period(spec: &DemandEventSpec, problems: &mut Problems) -> Option<(Timestamp, Timestamp)> {
    let zone = check_zone(spec, problems);
    let moment_of = |field: &str, text: &str, problems: &mut Problems| {
        moment::resolve(text, zone.as_ref()).map_err(|message| problems.refuse(field, text, message)).ok()
    };
    let starts_at = moment_of("spec.startsAt", &spec.starts_at, problems);
    let ends_at = match (&spec.ends_at, spec.duration) {
        (Some(text), None) => moment_of("spec.endsAt", text, problems),
        (None, Some(duration)) => starts_at.and_then(|start| end_after(start, duration, problems)),
        (Some(text), Some(duration)) => {
            problems.refuse("spec.endsAt", text, format!("and spec.duration {duration}: one is enough"));
            None
        }
        (None, None) => {
            problems.lacking("spec.endsAt", "is missing: write it, or spec.duration");
            None
        }
    };
    let (starts_at, ends_at) = starts_at.zip(ends_at)?;
    if ends_at <= starts_at {
        let written = spec.ends_at.as_deref().unwrap_or_default();
        problems.refuse("spec.endsAt", written, format!("is not after spec.startsAt {}", spec.starts_at));
    }
    Some((starts_at, ends_at))
}

fn end_after(start: Timestamp, duration: WrittenDuration, problems: &mut Problems) -> Option<Timestamp> {
    let end = start.checked_add(duration.get()).ok().filter(|end| start < *end);
    if end.is_none() {
        problems.refuse("spec.duration", duration, "must be above 0s, and end before the year 9999");
    }
    end
}

fn check_zone(spec: &DemandEventSpec, problems: &mut Problems) -> Option<tz::TimeZone> {
    let name = spec.time_zone.as_ref()?;
    let zone = moment::zone(name);
    if zone.is_none() {
        problems.refuse(
            "spec.timeZone",
            format!("`{name}`"),
            "is not an IANA time zone such as Europe/Paris",
        );
    }
    zone
}
