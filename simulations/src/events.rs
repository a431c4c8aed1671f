//! `prescale events`: DemandEvents from the calendars that people keep. Everything is read and checked first; the file
//! appears when all of it was good, or not at all.

mod args;
mod content;
mod error;
mod holidays;
mod ical;
mod manifest;
mod moment;
mod name;
mod options;
mod recurrence;
mod series;
mod shape;
mod skip;
mod source;
mod summary;
mod table;
mod vevent;

use std::collections::BTreeMap;
use std::io::{self, Write};

pub use args::{Effect, EventsArgs, EventsCommand, EventsHolidaysArgs, EventsImportArgs};
pub use error::{EventsError, Unusable};
pub use holidays::Holidays;
pub use manifest::Imported;
pub use options::{Options, Window};
pub use source::Source;
pub use summary::{Counts, Summary};

use crate::failure::Failure;
use crate::run::{check_folder, write_whole};
use series::{Unrolling, unroll};
use skip::Skip;

/// The most events of one import: 55 a day for a year. A cluster keeps each as an object, and each controller all of them.
const MOST_EVENTS: usize = 20_000;

/// What an import gave.
#[derive(Clone, Debug)]
pub struct Import {
    /// The events by their start, then by their name.
    pub events: Vec<Imported>,
    /// What could not be used; empty unless that was asked to be left out.
    pub unusable: Vec<Unusable>,
    /// What it gave, and what was left out and why.
    pub summary: Summary,
}

impl Import {
    /// The events as one YAML stream; empty without any.
    ///
    /// # Errors
    /// What the writer says; it knows no reason to.
    pub fn yaml(&self) -> Result<String, serde_saphyr::ser::Error> {
        manifest::yaml(&self.events)
    }
}

/// Runs `prescale events`.
///
/// # Errors
/// Exit 2 for whatever cannot be used; then nothing was written.
pub fn run(args: &EventsArgs) -> Result<(), Failure> {
    match &args.command {
        EventsCommand::Import(args) => run_import(args),
        EventsCommand::Holidays(args) => run_holidays(args),
    }
}

fn run_import(args: &EventsImportArgs) -> Result<(), Failure> {
    let options = Options::check(args).map_err(Failure::input)?;
    if let Some(out) = &args.out {
        check_folder(out)?;
    }
    let open = |paths: &[std::path::PathBuf]| {
        paths.iter().map(|path| Source::open(path)).collect::<Result<Vec<_>, _>>().map_err(Failure::input)
    };
    let import = import(&open(&args.files)?, &open(&args.skip_during)?, &options).map_err(Failure::input)?;
    write(args.out.as_deref(), &import.yaml().map_err(Failure::input)?)?;
    import.unusable.iter().for_each(|unusable| eprintln!("prescale: left out: {unusable}"));
    eprintln!("prescale: {}", import.summary);
    Ok(())
}

fn run_holidays(args: &EventsHolidaysArgs) -> Result<(), Failure> {
    if let Some(out) = &args.out {
        check_folder(out)?;
    }
    let holidays = Holidays::find(args).map_err(Failure::input)?;
    if args.ical {
        write(args.out.as_deref(), &holidays.source.text)?;
    } else {
        let options = Options::of_holidays(args, holidays.zone.as_deref()).map_err(Failure::input)?;
        let import = import(std::slice::from_ref(&holidays.source), &[], &options).map_err(Failure::input)?;
        write(args.out.as_deref(), &import.yaml().map_err(Failure::input)?)?;
        eprintln!("prescale: {}", import.summary);
    }
    if 0 < holidays.estimated {
        eprintln!("prescale: {} of the days are estimated, and may move by a day or two", holidays.estimated);
    }
    Ok(())
}

/// To the file that is named, whole or not at all; else to standard output.
fn write(out: Option<&std::path::Path>, text: &str) -> Result<(), Failure> {
    match out {
        Some(out) => write_whole(out, |file| file.write_all(text.as_bytes())),
        None => print(text).map_err(Failure::input),
    }
}

/// A reader that has seen enough, such as `head`, is no failure.
fn print(yaml: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(yaml.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Makes DemandEvents of calendars: all `sources` are one calendar, and repetitions during events of `skips` are left out.
///
/// # Errors
/// A file that cannot be used, or all events that cannot, unless they are asked to be left out.
pub fn import(sources: &[Source], skips: &[Source], options: &Options) -> Result<Import, EventsError> {
    let skips = skips.iter().map(|source| read_skip(source, options)).collect::<Result<Vec<_>, _>>()?;
    let mut import = Gathered::default();
    let mut vevents = vec![];
    for source in sources {
        if source.is_icalendar() {
            let (events, unusable) = ical::read(source, options.zone.as_ref())?;
            vevents.extend(events);
            import.unusable.extend(unusable);
        } else {
            let (events, unusable) = table::read(source, options)?;
            import.unusable.extend(unusable);
            events.into_iter().for_each(|event| import.add_row(event, &options.window));
        }
    }
    let how = Unrolling { window: &options.window, length: options.length, skips: &skips };
    let unrolled = unroll(vevents, how);
    import.unusable.extend(unrolled.unusable);
    import.counts.add(unrolled.counts);
    for occurrence in &unrolled.occurrences {
        match ical::imported(occurrence, options) {
            Ok(event) => import.events.push(event),
            Err(unusable) => import.unusable.push(unusable),
        }
    }
    import.finish(options)
}

/// The times of a calendar of exclusions. A day of it is a day wherever the repetition is, so it needs no zone.
fn read_skip(source: &Source, options: &Options) -> Result<Skip, EventsError> {
    let zone = options.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
    let (events, mut unusable) = ical::read(source, Some(&zone))?;
    let window = Window { from: None, until: options.window.until };
    let unrolled = unroll(events, Unrolling { window: &window, length: options.length, skips: &[] });
    unusable.extend(unrolled.unusable);
    if unusable.is_empty() {
        Ok(Skip::of(&source.name, &unrolled.occurrences))
    } else {
        // A holiday that is passed over would let an event stand that is not.
        Err(EventsError::Events(unusable))
    }
}

/// What has been read so far.
#[derive(Default)]
struct Gathered {
    events: Vec<Imported>,
    unusable: Vec<Unusable>,
    counts: Counts,
}

impl Gathered {
    fn add_row(&mut self, event: Imported, window: &Window) {
        if window.holds(event.starts_at, event.ends_at) {
            self.counts.rows += 1;
            self.events.push(event);
        } else {
            self.counts.outside += 1;
        }
    }

    fn finish(mut self, options: &Options) -> Result<Import, EventsError> {
        let mut events = self.distinct();
        self.unusable.sort();
        self.unusable.dedup();
        if !(self.unusable.is_empty() || options.skip_unusable) {
            return Err(EventsError::Events(self.unusable));
        }
        if MOST_EVENTS < events.len() {
            let problem =
                format!("leads to {} events, more than {MOST_EVENTS}: give a nearer one", events.len());
            return Err(EventsError::option("--until", problem));
        }
        self.counts.unusable = self.unusable.len();
        events.sort_by(|a, b| (a.starts_at, a.name()).cmp(&(b.starts_at, b.name())));
        let summary = Summary {
            events: events.len(),
            cancelled: events.iter().filter(|event| event.event.spec.cancelled).count(),
            from: events.iter().map(|event| event.starts_at).min(),
            to: events.iter().map(|event| event.ends_at).max(),
            counts: self.counts,
        };
        Ok(Import { events, unusable: self.unusable, summary })
    }

    /// The events with a name of their own; of two with the same, a cluster would keep one.
    fn distinct(&mut self) -> Vec<Imported> {
        let mut named: BTreeMap<String, Imported> = BTreeMap::new();
        for event in std::mem::take(&mut self.events) {
            let Some(first) = named.get(event.name()) else {
                named.insert(event.name().to_owned(), event);
                continue;
            };
            let (name, file, line) = (event.name(), &first.file, first.line);
            let problem =
                format!("its name `{name}` is that of {file} line {line}: give each a name of its own");
            self.unusable.push(Unusable { file: event.file.clone(), line: Some(event.line), problem });
        }
        named.into_values().collect()
    }
}

#[cfg(test)]
mod tests;
