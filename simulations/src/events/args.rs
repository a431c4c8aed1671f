//! The words of `prescale events`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use prescale_controller::api::{EffectSpec, WrittenDuration};

/// Make DemandEvents from the calendars that people keep
#[derive(Clone, Debug, Args)]
pub struct EventsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: EventsCommand,
}

/// The words of `prescale events`.
#[derive(Clone, Debug, Subcommand)]
pub enum EventsCommand {
    /// Turn iCalendar files and CSV into DemandEvents, as YAML for Git
    Import(EventsImportArgs),
    /// Write the public holidays of a country as DemandEvents, as YAML for Git
    Holidays(EventsHolidaysArgs),
}

/// `prescale events holidays`
#[derive(Clone, Debug, Args)]
#[command(
    long_about = "Writes the public holidays of a country, or of a part of it, as DemandEvents of the effect holiday: \
                  days on which people behave as on weekends. The days are built in, for 2020 to 2040 where they can be \
                  reckoned; where the moon decides, or a government, they are called (estimated).",
    after_long_help = "\
Examples:
  prescale events holidays --country FR --from 2026 --to 2028 --namespace live --out holidays.yaml
  prescale events holidays --country DE --subdivision Bayern --time-zone Europe/Berlin --from 2026 --to 2027
  prescale events holidays --country FR --from 2026 --to 2028 --ical --out holidays-fr.ics
  prescale events import shows.ics --type show --until 2028-07-01 --skip-during holidays-fr.ics

Exit code 0: all holidays are written. 2: something is not known; then nothing was written."
)]
pub struct EventsHolidaysArgs {
    /// The country, by its code of two letters (ISO 3166-1), or its name
    #[arg(long, value_name = "CODE")]
    pub country: String,
    /// A part of it, such as a state or a region, by its code (ISO 3166-2) or its name
    #[arg(long, value_name = "CODE")]
    pub subdivision: Option<String>,
    /// The first year
    #[arg(long, value_name = "YEAR")]
    pub from: i16,
    /// The last year, which is included
    #[arg(long, value_name = "YEAR")]
    pub to: i16,
    /// Namespace of every event
    #[arg(long, value_name = "NS")]
    pub namespace: Option<String>,
    /// Label of every event, for the selectors of scalers; may be given again
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub labels: Vec<String>,
    /// Zone of the days. Needed where the country has several
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// Write an iCalendar of whole days, such as --skip-during of `prescale events import` reads
    #[arg(long, conflicts_with_all = ["namespace", "labels", "time_zone"])]
    pub ical: bool,
    /// The file to write, whole or not at all. Default: standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `prescale events import`
#[derive(Clone, Debug, Args)]
#[command(
    long_about = "Turns iCalendar files (.ics) and CSV into DemandEvents, as YAML for Git. Importing again gives the \
                  same names, so that applying it updates events in place: one that was moved keeps its name, one \
                  that was called off is written as cancelled. Nothing is left out unsaid: a summary on standard \
                  error counts what was left out and why, and an event that cannot be used is named with its line.",
    after_long_help = "\
Examples:
  prescale events import matches.ics --type kick-off --until 2027-07-01 --out events.yaml
  prescale events import sales.csv --time-zone Europe/Berlin --namespace live --label team=shop | kubectl apply -f -
  prescale events import holidays-de.ics --type holiday --effect holiday --time-zone Europe/Berlin --out holidays.yaml
  prescale events import shows.ics --type show --until 2027-07-01 --skip-during holidays-de.ics --out shows.yaml

Columns of a CSV are named as the fields of a DemandEvent: start (or startsAt), end (endsAt) or duration, type, name,
timeZone, magnitude, confidence, effect, cancelled, peak and rampUp (expectedDemand), summary:

  name,type,start,duration,timeZone,magnitude,cancelled
  autumn-tour,on-sale,2026-10-02T10:00,2h,Europe/Berlin,60000,
  semi-final,kick-off,2026-07-07T21:00:00+02:00,2h,,2.5e6,true

An event that repeats keeps its local time when clocks change. A local time that clocks show twice is the first of the
two, one that they skip is as much later as they skip (RFC 5545, 3.3.5); in a CSV, either is refused until it is written
with its offset.

Exit code 0: all events are written. 2: something cannot be used; then nothing was written."
)]
pub struct EventsImportArgs {
    /// Files, read as one calendar; `-` is standard input. What does not begin as iCalendar is CSV
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Type of every event, such as kick-off. Without it: the column type, or the first of an event's CATEGORIES
    #[arg(long = "type", value_name = "TYPE")]
    pub class: Option<String>,
    /// What events of an iCalendar, or rows of a CSV without a column effect, do
    #[arg(long, value_enum, default_value_t = Effect::Demand)]
    pub effect: Effect,
    /// Namespace of every event
    #[arg(long, value_name = "NS")]
    pub namespace: Option<String>,
    /// Label of every event, for the selectors of scalers; may be given again
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub labels: Vec<String>,
    /// Zone of times and days that name none, such as Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// How long an event lasts that has neither end nor duration, such as 2h
    #[arg(long, value_name = "DURATION")]
    pub duration: Option<WrittenDuration>,
    /// Leave out what is over by then: a day, or a time such as 2026-07-07T19:00:00Z
    #[arg(long, value_name = "T")]
    pub from: Option<String>,
    /// Leave out what starts then or later; needed where an event repeats for ever
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    /// Leave out repetitions that start during an event of this iCalendar, such as public holidays; may be given again.
    /// One that was moved, or is written on its own, stays
    #[arg(long = "skip-during", value_name = "FILE.ics")]
    pub skip_during: Vec<PathBuf>,
    /// Name events that cannot be used, and write the others
    #[arg(long)]
    pub skip_unusable: bool,
    /// The file to write, whole or not at all. Default: standard output
    #[arg(long, value_name = "FILE.yaml")]
    pub out: Option<PathBuf>,
}

/// What an event does to a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Effect {
    /// It moves demand
    Demand,
    /// Its days have the rhythm of a weekend
    Holiday,
    /// Nothing is learned from its time
    Exclusion,
}

impl From<Effect> for EffectSpec {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Demand => Self::Demand,
            Effect::Holiday => Self::Holiday,
            Effect::Exclusion => Self::Exclusion,
        }
    }
}
