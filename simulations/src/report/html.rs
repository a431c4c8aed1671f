//! The page: one HTML file with its style, scripts, chart library and data in it, which opens without a network and
//! leaks nothing. Words and tables are HTML, so they can be read, printed and searched without a script; charts are
//! drawn by the scripts in `page/`.

use std::io::{self, Write};

use super::escape::{Text, script_json};
use super::parts;
use super::payload::Payload;
use super::sections;
use crate::figures::minute;
use crate::result::Comparison;

/// Writes the report. The page needs nothing beside it; `dashboard` is where the replay is shown for a while.
pub fn write_html(comparison: &Comparison, dashboard: Option<&str>, mut out: impl Write) -> io::Result<()> {
    let data = serde_json::to_string(&Payload::of(comparison))?;
    write!(
        out,
        include_str!("page/report.html"),
        title = Text(&comparison.scenario),
        from = minute(comparison.from),
        to = minute(comparison.to),
        seed = comparison.seed,
        summary = Text(&comparison.summary),
        traffic = sections::traffic(&comparison.recording),
        live = sections::live(dashboard),
        headline = sections::headline(&comparison.policies),
        policies = sections::policies(&comparison.policies),
        pools = sections::pools(&comparison.policies),
        headroom = sections::headroom(comparison),
        calendars = sections::calendars(comparison),
        frontier = sections::frontier(&comparison.frontier),
        turns = sections::turns(comparison),
        event_list = sections::event_list(comparison),
        events = sections::events(comparison),
        world = sections::world(comparison),
        library_style = parts::LIBRARY_STYLE,
        library_licence = parts::LIBRARY_LICENCE,
        library = parts::LIBRARY,
        style = parts::STYLE,
        data = script_json(&data),
        words_script = parts::WORDS_SCRIPT,
        data_script = include_str!("page/data.js"),
        tradeoff_script = include_str!("page/tradeoff.js"),
        charts_script = parts::CHARTS_SCRIPT,
        look_script = parts::LOOK_SCRIPT,
        timeline_script = include_str!("page/timeline.js"),
        report_script = include_str!("page/report.js"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn page(comparison: &Comparison) -> String {
        let mut bytes = Vec::new();
        write_html(comparison, None, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_page_asks_the_network_for_nothing() {
        let page = page(&fixture::night());
        for asks in ["src=\"http", "href=\"http", "url(http", "@import", "fetch(", "XMLHttpRequest"] {
            assert!(!page.contains(asks), "the page has {asks}");
        }
    }

    #[test]
    fn a_hostile_name_stays_a_name_wherever_it_is_printed() {
        let plain = page(&fixture::night()).matches("</script>").count();
        let mut night = fixture::night();
        let hostile = "</script><script>alert(1)</script>";
        night.scenario = hostile.to_owned();
        night.summary = hostile.to_owned();
        night.recording.title = hostile.to_owned();
        night.world[0].value = hostile.to_owned();
        night.frontier[0].settings = hostile.to_owned();
        night.calendars[1].run.settings = hostile.to_owned();
        night.calendars_summary = hostile.to_owned();
        night.headroom_summary = hostile.to_owned();
        night.headroom[0].settings = hostile.to_owned();
        for policy in &mut night.policies {
            policy.settings = hostile.to_owned();
            policy.events[0].name = hostile.to_owned();
            policy.turning_points.iter_mut().for_each(|turn| turn.reason = hostile.to_owned());
        }
        let page = page(&night);
        assert_eq!(page.matches("</script>").count(), plain);
        assert!(!page.contains("<script>alert"));
    }

    #[test]
    fn a_comparison_without_policies_is_still_a_page() {
        let mut night = fixture::night();
        night.policies.clear();
        night.frontier.clear();
        assert!(page(&night).ends_with("</html>\n"));
    }

    #[test]
    fn a_night_stays_under_a_megabyte() {
        let bytes = page(&fixture::night()).len();
        assert!(bytes < 1_000_000, "{bytes} bytes");
    }

    /// Buckets, not ticks, make the weight: eight weeks of nights weigh as much as any longer season.
    #[test]
    fn a_season_stays_under_three_megabytes() {
        let bytes = page(&fixture::season(56)).len();
        assert!(bytes < 3_000_000, "{bytes} bytes");
    }

    #[test]
    fn the_same_comparison_gives_the_same_bytes() {
        assert_eq!(page(&fixture::night()), page(&fixture::night()));
    }

    /// Leaves the page for looking at it: `cargo test -p prescale-simulations --lib look -- --ignored`.
    #[test]
    #[ignore = "writes a page for people to look at"]
    fn look_at_the_night() {
        let path = std::env::temp_dir().join("prescale-report.html");
        std::fs::write(&path, page(&fixture::night())).unwrap();
        let path = std::env::temp_dir().join("prescale-season.html");
        std::fs::write(&path, page(&fixture::season(56))).unwrap();
    }
}
