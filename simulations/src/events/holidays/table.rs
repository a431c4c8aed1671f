//! The table of public holidays, which `scripts/holidays` makes: its format is told in `table.py` beside this file.

use std::collections::BTreeSet;
use std::io::Read;
use std::ops::RangeInclusive;

use flate2::read::GzDecoder;
use jiff::civil::Date;
use prescale_controller::api::nearest;

use super::super::error::EventsError;

static TABLE: &[u8] = include_bytes!("table.txt.gz");
/// The year that the table counts from.
const FIRST: i16 = 2020;

/// A country of the table.
#[derive(Clone, Debug)]
pub(super) struct Country<'a> {
    pub(super) code: &'a str,
    pub(super) name: &'a str,
    pub(super) years: RangeInclusive<i16>,
    pub(super) zones: Vec<&'a str>,
    /// What follows its head, up to the next country's.
    rest: &'a str,
}

/// A part of a country with holidays of its own.
#[derive(Clone, Debug)]
pub(super) struct Subdivision<'a> {
    pub(super) code: &'a str,
    aliases: Vec<&'a str>,
    lines: Vec<&'a str>,
}

/// A day and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Holiday<'a> {
    pub(super) day: Date,
    pub(super) name: &'a str,
}

/// The table as text.
pub(super) fn table() -> String {
    let mut text = String::new();
    GzDecoder::new(TABLE).read_to_string(&mut text).expect("it was packed when it was made");
    text
}

impl<'a> Country<'a> {
    /// Every country, in the order of codes.
    pub(super) fn all(table: &'a str) -> impl Iterator<Item = Self> {
        table.split("\n@").skip(1).map(Self::read)
    }

    /// The country of a code or a name.
    ///
    /// # Errors
    /// Says that there is none, and which is near.
    pub(super) fn find(table: &'a str, wanted: &str) -> Result<Self, EventsError> {
        let is_it = |country: &Self| [country.code, country.name].iter().any(|known| is_same(known, wanted));
        Self::all(table).find(is_it).ok_or_else(|| {
            let known: Vec<_> = Self::all(table).flat_map(|country| [country.name, country.code]).collect();
            let hint = match nearest(wanted, known.into_iter()) {
                Some(near) => format!(", did you mean {near}?"),
                None => ": give its code of two letters, such as FR".to_owned(),
            };
            EventsError::option("--country", format!("`{wanted}` is not known{hint}"))
        })
    }

    fn read(text: &'a str) -> Self {
        let (head, rest) = text.split_once('\n').unwrap_or((text, ""));
        let mut cells = head.split('|');
        let mut cell = || cells.next().unwrap_or_default();
        let (code, name, years, zones) = (cell(), cell(), cell(), cell());
        let (first, last) = years.split_once('-').unwrap_or_default();
        let year = |text: &str| text.parse().unwrap_or(FIRST);
        Self { code, name, years: year(first)..=year(last), zones: zones.split_whitespace().collect(), rest }
    }

    fn subdivisions(&self) -> Vec<Subdivision<'a>> {
        let mut all: Vec<Subdivision<'a>> = vec![];
        for line in self.rest.lines() {
            if let Some(head) = line.strip_prefix('/') {
                let mut names = head.split('|');
                let code = names.next().unwrap_or_default();
                all.push(Subdivision { code, aliases: names.collect(), lines: vec![] });
            } else if let Some(last) = all.last_mut() {
                last.lines.push(line);
            }
        }
        all
    }

    /// The subdivision of a code or a name.
    ///
    /// # Errors
    /// Says that the country has none of that name, and which it has.
    pub(super) fn subdivision(&self, wanted: &str) -> Result<Subdivision<'a>, EventsError> {
        let all = self.subdivisions();
        let names = |one: &Subdivision<'a>| [vec![one.code], one.aliases.clone()].concat();
        if let Some(found) = all.iter().find(|one| names(one).iter().any(|known| is_same(known, wanted))) {
            return Ok(found.clone());
        }
        let hint = match nearest(wanted, all.iter().flat_map(names)) {
            Some(near) => format!(", did you mean {near}?"),
            None if all.is_empty() => ": it has none with holidays of their own".to_owned(),
            None => {
                let codes: Vec<_> = all.iter().map(|one| one.code).collect();
                format!(": it has {}", codes.join(", "))
            }
        };
        let problem = format!("`{wanted}` is not known of {}{hint}", self.name);
        Err(EventsError::option("--subdivision", problem))
    }

    /// Its holidays in order of time, with those that a subdivision has beside them and without those that it lacks.
    pub(super) fn holidays(&self, subdivision: Option<&Subdivision<'a>>) -> Vec<Holiday<'a>> {
        let national = self.rest.lines().take_while(|line| !line.starts_with('/'));
        let mut days: BTreeSet<Holiday<'a>> = national.flat_map(|line| self.days(line)).collect();
        for line in subdivision.iter().flat_map(|subdivision| &subdivision.lines) {
            match line.strip_prefix('-') {
                Some(lacking) => {
                    let lacking = self.days(lacking);
                    days.retain(|day| !lacking.contains(day));
                }
                None => days.extend(self.days(line.strip_prefix('+').unwrap_or(line))),
            }
        }
        days.into_iter().collect()
    }

    /// `Name|0101 0302:0,4`.
    pub(super) fn days(&self, line: &'a str) -> Vec<Holiday<'a>> {
        let (name, days) = line.split_once('|').unwrap_or((line, ""));
        let read = |text: &'a str| {
            let (day, years) = text.split_once(':').unwrap_or((text, ""));
            let years: Vec<i16> = match years {
                "" => self.years.clone().collect(),
                some => some.split(',').filter_map(|year| Some(FIRST + year.parse::<i16>().ok()?)).collect(),
            };
            let month_and_day = day
                .split_at_checked(2)
                .and_then(|(month, day)| Some((month.parse::<i8>().ok()?, day.parse::<i8>().ok()?)));
            let (month, day) = month_and_day.unwrap_or_default();
            years.into_iter().filter_map(move |year| Date::new(year, month, day).ok())
        };
        days.split(' ').flat_map(read).map(|day| Holiday { day, name }).collect()
    }
}

/// Names as people write them: capitals, spaces and dashes do not matter.
fn is_same(known: &str, wanted: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace([' ', '-', '_'], "");
    plain(known) == plain(wanted)
}
