//! Holidays against days that are known from elsewhere: laws, almanacs, the published calendars of states.

use super::*;
use crate::events::{Options, import};

fn asked(country: &str, subdivision: Option<&str>, years: (i16, i16)) -> EventsHolidaysArgs {
    EventsHolidaysArgs {
        country: country.to_owned(),
        subdivision: subdivision.map(str::to_owned),
        from: years.0,
        to: years.1,
        namespace: None,
        labels: vec![],
        time_zone: None,
        ical: false,
        out: None,
    }
}

/// Claims that a place has a holiday of this name on these days of a year, and on no others.
fn check(country: &str, subdivision: Option<&str>, year: i16, name: &str, days: &[&str]) {
    let table = table();
    let country = Country::find(&table, country).unwrap();
    let subdivision = subdivision.map(|name| country.subdivision(name).unwrap());
    let holidays = country.holidays(subdivision.as_ref());
    let found = holidays.iter().filter(|one| one.day.year() == year && one.name == name);
    let found: Vec<_> = found.map(|one| one.day.to_string()).collect();
    assert_eq!(found, days, "{name} in {}", country.name);
}

#[test]
fn days_are_those_that_are_published() {
    // Easter of the Gregorian and of the Julian calendar.
    check("FR", None, 2027, "Easter Monday", &["2027-03-29"]);
    check("GR", None, 2027, "Easter Monday", &["2027-05-03"]);
    check("France", None, 2028, "National Day", &["2028-07-14"]);
    // Golden Week of 2026, with the day in place of a Sunday's.
    check("JP", None, 2026, "Showa Day", &["2026-04-29"]);
    check("JP", None, 2026, "Constitution Day", &["2026-05-03"]);
    check("JP", None, 2026, "Greenery Day", &["2026-05-04"]);
    check("JP", None, 2026, "Children's Day", &["2026-05-05"]);
    check("JP", None, 2026, "Substitute Holiday", &["2026-05-06"]);
    // The fourth Thursday of November; a Sunday's that is kept on the Monday after.
    check("US", None, 2026, "Thanksgiving Day", &["2026-11-26"]);
    check("US", None, 2027, "Independence Day (observed)", &["2027-07-05"]);
}

#[test]
fn a_subdivision_has_days_beside_its_country_s_and_lacks_some() {
    check("DE", None, 2027, "Epiphany", &[]);
    check("DE", Some("BY"), 2027, "Epiphany", &["2027-01-06"]);
    check("DE", Some("Bayern"), 2027, "German Unity Day", &["2027-10-03"]);
    check("FR", Some("Alsace"), 2027, "Good Friday", &["2027-03-26"]);
    check("GB", Some("SCT"), 2027, "Easter Monday", &[]);
    check("GB", Some("ENG"), 2027, "Easter Monday", &["2027-03-29"]);
}

#[test]
fn days_that_the_moon_decides_are_called_estimated() {
    check("AE", None, 2027, "Eid al-Fitr (estimated)", &["2027-03-09"]);
    check("AE", None, 2027, "Eid al-Fitr", &[]);
    let holidays = Holidays::find(&asked("AE", None, (2027, 2027))).unwrap();
    assert!(0 < holidays.estimated && holidays.source.text.contains("SUMMARY:Eid al-Fitr (estimated)"));
    let uid = "UID:AE-2027-Eid al-Fitr@holidays.prescale.dev";
    assert!(holidays.source.text.contains(uid), "{}", holidays.source.text);
}

#[test]
fn what_is_not_in_the_table_is_refused_with_what_is() {
    let refused = |country, subdivision, years| {
        Holidays::find(&asked(country, subdivision, years)).unwrap_err().to_string()
    };
    let within = (2026, 2027);
    assert_eq!(refused("Frence", None, within), "--country `Frence` is not known, did you mean France?");
    let words = "--country `?` is not known: give its code of two letters, such as FR";
    assert_eq!(refused("?", None, within), words);
    let words = "--subdivision `Bayren` is not known of Germany, did you mean Bayern?";
    assert_eq!(refused("DE", Some("Bayren"), within), words);
    let words = "--subdivision `x` is not known of Japan: it has none with holidays of their own";
    assert_eq!(refused("JP", Some("x"), within), words);
    let words = "--to 2041 is not known of France: its years are 2020 to 2040";
    assert_eq!(refused("FR", None, (2026, 2041)), words);
    assert_eq!(refused("FR", None, (2027, 2026)), "--to 2026 is before --from 2027");
}

#[test]
fn every_line_of_the_table_is_days_of_a_place() {
    let table = table();
    let countries: Vec<_> = Country::all(&table).collect();
    assert!(200 < countries.len(), "{} countries", countries.len());
    for country in &countries {
        assert_eq!(country.code.len(), 2);
        for zone in &country.zones {
            assert!(jiff::tz::TimeZone::get(zone).is_ok(), "{zone}");
        }
        assert!(country.holidays(None).iter().all(|one| country.years.contains(&one.day.year())));
    }
    let written = table.lines().filter(|line| !line.starts_with(['#', '@', '/']));
    for line in written {
        let (_, days) = line.split_once('|').unwrap();
        let read = countries[0].days(line).len();
        assert!(days.split(' ').count() <= read, "{line}: {read} days");
    }
}

#[test]
fn all_of_a_place_become_events_under_names_of_their_own() {
    for country in ["FR", "AE", "ES", "JP", "IN", "LB"] {
        let years = (2024, 2028);
        let holidays = Holidays::find(&asked(country, None, years)).unwrap();
        let zone = Some(jiff::tz::TimeZone::get(holidays.zone.as_deref().unwrap_or("UTC")).unwrap());
        let options = Options { class: Some("holiday".into()), zone, ..Options::default() };
        let import = import(std::slice::from_ref(&holidays.source), &[], &options).unwrap();
        let table = table();
        let days = Country::find(&table, country).unwrap().holidays(None);
        let days = days.iter().filter(|one| (years.0..=years.1).contains(&one.day.year()));
        assert_eq!(import.events.len(), days.count(), "{country}");
    }
}
