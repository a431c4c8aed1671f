//! Reads events from CSV: columns are named as the fields of a DemandEvent, and a row is checked as one.

use csv::{ReaderBuilder, StringRecord};
use jiff::civil::{Date, Time};
use prescale_controller::api::{
    DemandEventSpec, EffectSpec, ExpectedDemandSpec, Problem, WrittenDuration, nearest,
};

use super::error::{EventsError, Unusable};
use super::manifest::{Description, Imported};
use super::options::Options;
use super::source::Source;
use crate::import::csv::delimiter;
use crate::import::event_yaml::dns_name;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Name,
    Class,
    Start,
    End,
    Duration,
    TimeZone,
    Effect,
    Magnitude,
    Confidence,
    Peak,
    RampUp,
    Cancelled,
    Summary,
}

/// The names of columns, the one that we teach first. Capitals, spaces, dashes and underscores do not matter.
const NAMES: [(&str, Column); 18] = [
    ("name", Column::Name),
    ("type", Column::Class),
    ("start", Column::Start),
    ("startsAt", Column::Start),
    ("end", Column::End),
    ("endsAt", Column::End),
    ("duration", Column::Duration),
    ("timeZone", Column::TimeZone),
    ("effect", Column::Effect),
    ("magnitude", Column::Magnitude),
    ("confidence", Column::Confidence),
    ("peak", Column::Peak),
    ("expectedDemand.peak", Column::Peak),
    ("rampUp", Column::RampUp),
    ("expectedDemand.rampUp", Column::RampUp),
    ("cancelled", Column::Cancelled),
    ("summary", Column::Summary),
    ("title", Column::Summary),
];

/// The columns that fields of a spec come from, for the words of its check.
const FIELDS: [(&str, Column); 10] = [
    ("spec.type", Column::Class),
    ("spec.startsAt", Column::Start),
    ("spec.endsAt", Column::End),
    ("spec.duration", Column::Duration),
    ("spec.timeZone", Column::TimeZone),
    ("spec.magnitude", Column::Magnitude),
    ("spec.confidence", Column::Confidence),
    ("spec.expectedDemand.peak", Column::Peak),
    ("spec.expectedDemand.rampUp", Column::RampUp),
    ("metadata.name", Column::Name),
];

/// The rows of a file: those that can be used, and why the others cannot.
///
/// # Errors
/// A header that cannot be used.
pub(super) fn read(
    source: &Source,
    options: &Options,
) -> Result<(Vec<Imported>, Vec<Unusable>), EventsError> {
    let text = source.text.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(text.as_bytes()))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let refuse =
        |line: u64, problem: String| Unusable { file: source.name.clone(), line: Some(line), problem };
    let header = reader.headers().map_err(|error| EventsError::File(refuse(1, error.to_string())))?.clone();
    let columns = columns(&header).map_err(|problem| EventsError::File(refuse(1, problem)))?;
    let (mut events, mut unusable) = (vec![], vec![]);
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                unusable.push(refuse(line, format!("has not the {} cells of the header", header.len())));
                continue;
            }
        };
        let line = record.position().map_or(1, csv::Position::line);
        let row = Row { header: &header, columns: &columns, record: &record };
        match row.event(source, line, options) {
            Ok(event) => events.push(event),
            Err(problem) => unusable.push(refuse(line, problem)),
        }
    }
    Ok((events, unusable))
}

/// What each column holds.
fn columns(header: &StringRecord) -> Result<Vec<Column>, String> {
    let mut columns: Vec<Column> = vec![];
    for name in header {
        let known = NAMES.iter().find(|(known, _)| plain(known) == plain(name));
        let (_, column) = known.ok_or_else(|| unknown(name))?;
        if columns.contains(column) {
            return Err(format!("column `{name}` says again what another column says"));
        }
        columns.push(*column);
    }
    match columns.contains(&Column::Start) {
        true => Ok(columns),
        false => Err(format!("no column `start` among `{}`", header.iter().collect::<Vec<_>>().join("`, `"))),
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !" _-".contains(*c)).collect::<String>().to_lowercase()
}

fn unknown(name: &str) -> String {
    let known = || NAMES.iter().map(|(known, _)| *known);
    match nearest(name, known()) {
        Some(near) => format!("column `{name}` is not known, did you mean `{near}`?"),
        None => format!(
            "column `{name}` is not known: write one of `{}`",
            known().collect::<Vec<_>>().join("`, `")
        ),
    }
}

/// One row, read by columns.
struct Row<'a> {
    header: &'a StringRecord,
    columns: &'a [Column],
    record: &'a StringRecord,
}

impl Row<'_> {
    fn event(&self, source: &Source, line: u64, options: &Options) -> Result<Imported, String> {
        let spec = self.spec(options)?;
        let name = match self.cell(Column::Name) {
            Some(name) => dns_name(name),
            None => dns_name(&format!("{} {}", spec.class, spec.starts_at)),
        };
        if name.is_empty() {
            return Err(self.refuse(Column::Name, "has no letter or digit of a name"));
        }
        let original = self.cell(Column::Name).filter(|original| **original != name);
        let summary = self.cell(Column::Summary).or(original);
        let description = Description { file: &source.name, line, summary, ..Description::default() };
        Imported::check(&name, spec, &description, options).map_err(|problems| {
            problems.0.iter().map(|problem| self.words(problem)).collect::<Vec<_>>().join("; ")
        })
    }

    fn spec(&self, options: &Options) -> Result<DemandEventSpec, String> {
        let class = options.class.clone().or_else(|| self.cell(Column::Class).map(str::to_owned));
        let start = self.cell(Column::Start).ok_or("column start is empty")?;
        let duration = self.parsed::<WrittenDuration>(Column::Duration, "a duration such as 90m")?;
        let end = self.cell(Column::End).map(time);
        let given = options.length.map(|length| WrittenDuration::from_secs(whole_seconds(length)));
        let duration = duration.or_else(|| given.filter(|_| end.is_none()));
        let given_zone = options.zone.as_ref().and_then(|zone| zone.iana_name());
        let peak = self.parsed::<f64>(Column::Peak, "a number")?;
        let ramp_up = self.parsed::<WrittenDuration>(Column::RampUp, "a duration such as 10m")?;
        let expected_demand = match (peak, ramp_up) {
            (Some(peak), ramp_up) => {
                Some(ExpectedDemandSpec { peak, ramp_up: ramp_up.unwrap_or(WrittenDuration::from_secs(600)) })
            }
            (None, Some(_)) => return Err(self.refuse(Column::RampUp, "leads to no peak: fill its column")),
            (None, None) => None,
        };
        Ok(DemandEventSpec {
            class: class.ok_or("has no type: fill its column, or give --type")?,
            effect: self.effect()?.unwrap_or(options.effect),
            starts_at: time(start),
            time_zone: self.cell(Column::TimeZone).or(given_zone).map(str::to_owned),
            ends_at: end,
            duration,
            magnitude: self.parsed(Column::Magnitude, "a number")?,
            confidence: self.parsed(Column::Confidence, "a number")?.unwrap_or(1.0),
            expected_demand,
            cancelled: self.is_cancelled()?,
        })
    }

    fn effect(&self) -> Result<Option<EffectSpec>, String> {
        let Some(text) = self.cell(Column::Effect) else { return Ok(None) };
        match text.to_lowercase().as_str() {
            "demand" => Ok(Some(EffectSpec::Demand)),
            "holiday" => Ok(Some(EffectSpec::Holiday)),
            "exclusion" => Ok(Some(EffectSpec::Exclusion)),
            _ => Err(self.refuse(Column::Effect, "is none of Demand, Holiday and Exclusion")),
        }
    }

    fn is_cancelled(&self) -> Result<bool, String> {
        let Some(text) = self.cell(Column::Cancelled) else { return Ok(false) };
        match text.to_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(true),
            "false" | "no" | "0" => Ok(false),
            _ => Err(self.refuse(Column::Cancelled, "is neither true nor false")),
        }
    }

    fn parsed<T: std::str::FromStr>(&self, column: Column, wanted: &str) -> Result<Option<T>, String> {
        let parsed = self.cell(column).map(str::parse).transpose();
        parsed.map_err(|_| self.refuse(column, &format!("is not {wanted}")))
    }

    /// What the row holds in a column; `None` where that is nothing.
    fn cell(&self, column: Column) -> Option<&str> {
        let index = self.columns.iter().position(|other| *other == column)?;
        self.record.get(index).filter(|cell| !cell.is_empty())
    }

    fn refuse(&self, column: Column, problem: &str) -> String {
        format!("column {}: `{}` {problem}", self.named(column), self.cell(column).unwrap_or_default())
    }

    /// A problem of the check, with columns for the fields of YAML.
    fn words(&self, problem: &Problem) -> String {
        let mut text = problem.to_string();
        for (field, column) in FIELDS {
            text = text.replace(field, self.named(column));
        }
        format!("column {text}")
    }

    /// The name of a column in this file, or the one that we teach.
    fn named(&self, column: Column) -> &str {
        let index = self.columns.iter().position(|other| *other == column);
        let taught = NAMES.iter().find(|(_, known)| *known == column).map_or("", |(name, _)| *name);
        index.and_then(|index| self.header.get(index)).unwrap_or(taught)
    }
}

/// A time as a DemandEvent writes it: people leave a space for the T, and write a day for its midnight.
fn time(text: &str) -> String {
    if let Ok(day) = text.parse::<Date>()
        && text.len() == 10
    {
        return day.to_datetime(Time::midnight()).to_string();
    }
    match text.split_once(' ') {
        Some((day, time)) if day.len() == 10 => format!("{day}T{}", time.trim_start()),
        Some(_) | None => text.to_owned(),
    }
}

fn whole_seconds(length: jiff::SignedDuration) -> u32 {
    u32::try_from(length.as_secs()).unwrap_or(u32::MAX)
}
