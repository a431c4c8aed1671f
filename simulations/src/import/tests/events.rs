//! What `--events` promises.

use prescale_controller::api::DemandEvent;

use super::*;

const TRAFFIC: &str = "timestamp,value\n1998-06-10T15:00:00Z,1\n1998-06-10T15:01:00Z,2\n";

#[test]
fn simultaneous_events_of_a_csv_calendar_are_distinct() {
    let calendar = "timestamp,kind,stage,team1,team2\n\
                    1998-06-23T14:00:00Z,group,Group B,Italy,Austria\n\
                    1998-06-23T14:00:00Z,group,Group B,Chile,Cameroon\n\
                    1998-06-23T14:00:00Z,group,Group B,Chile,Cameroon\n";
    let import = Import::of(&[("in.csv", TRAFFIC), ("events.csv", calendar)]);
    let summary =
        import.run("csv in.csv --events events.csv --event-type kick-off --event-duration 115m").unwrap();
    assert_eq!(summary.events, 3);
    let yaml = import.recording().events_yaml.unwrap();
    let first = "apiVersion: prescale.dev/v1alpha1\nkind: DemandEvent\nmetadata:\n  \
                 name: kick-off-1998-06-23-1400-group-b-italy-austria\nspec:\n  type: kick-off\n  \
                 startsAt: \"1998-06-23T14:00:00\"\n  endsAt: \"1998-06-23T15:55:00\"\n  timeZone: UTC\n---\n";
    assert!(yaml.starts_with(first), "{yaml}");
    for document in yaml.split("---\n") {
        serde_saphyr::from_str::<DemandEvent>(document).unwrap().check().unwrap();
    }
    assert!(yaml.contains("name: kick-off-1998-06-23-1400-group-b-chile-cameroon\n"), "{yaml}");
    assert!(yaml.contains("name: kick-off-1998-06-23-1400-group-b-chile-cameroon-2\n"), "{yaml}");
}

#[test]
fn an_event_keeps_the_end_class_name_and_size_of_its_row() {
    let calendar = "start,end,type,name,magnitude\n2026-07-07 21:00,2026-07-07 23:00,on-sale,Big Tour,5e4\n";
    let import = Import::of(&[("in.csv", TRAFFIC), ("events.csv", calendar)]);
    import.run("csv in.csv --events events.csv --time-zone Europe/Paris").unwrap();
    let yaml = import.recording().events_yaml.unwrap();
    for line in [
        "name: big-tour",
        "type: on-sale",
        "endsAt: \"2026-07-07T23:00:00\"",
        "timeZone: Europe/Paris",
        "magnitude: 50000",
    ] {
        assert!(yaml.contains(line), "{line} is not in {yaml}");
    }
}

#[test]
fn an_event_keeps_when_it_was_announced_and_withdrawn() {
    let calendar = "start,name,announced_at,withdrawn_at\n\
                    2026-07-07 21:00,as planned,,2026-07-07 20:00\n\
                    2026-07-07 21:30,moved,2026-07-07 20:00,\n\
                    2026-07-08 21:00,known,,\n";
    let import = Import::of(&[("in.csv", TRAFFIC), ("events.csv", calendar)]);
    import.run("csv in.csv --events events.csv --time-zone Europe/Paris").unwrap();
    let yaml = import.recording().events_yaml.unwrap();
    let events = crate::calendar::read(&yaml, Path::new("events.yaml")).unwrap();
    let announced: Vec<_> = events.into_iter().map(|(_, announced)| announced.unwrap()).collect();
    let eight = Some("2026-07-07T18:00:00Z".parse().unwrap());
    let times: Vec<_> = announced.iter().map(|one| (one.announced_at, one.withdrawn_at)).collect();
    assert_eq!(times, [(None, eight), (eight, None), (None, None)]);
    assert_eq!(announced[1].event.name, "moved");
}

#[test]
fn a_calendar_of_yaml_is_taken_as_it_is() {
    let calendar = "# with a comment\napiVersion: prescale.dev/v1alpha1\nkind: DemandEvent\n\
                    metadata: {name: final}\nspec:\n  type: kick-off\n  startsAt: 2026-07-07T19:00:00Z\n  \
                    duration: 2h\n";
    let import = Import::of(&[("in.csv", TRAFFIC), ("events.yaml", calendar)]);
    assert_eq!(import.run("csv in.csv --events events.yaml").unwrap().events, 1);
    assert_eq!(import.recording().events_yaml.as_deref(), Some(calendar));
}

#[test]
fn a_calendar_that_cannot_be_used_is_refused_at_its_line_and_column() {
    let check = |calendar: &str, words: &str| {
        let import = Import::of(&[("in.csv", TRAFFIC), ("events.csv", calendar)]);
        let message = import.run("csv in.csv --events events.csv").unwrap_err();
        assert!(message.contains("events.csv") && message.contains(words), "{message}");
        assert!(!Path::new(&import.path("rec")).exists());
    };
    check("when,name\n1,a\n", "line 1 has none of the columns start");
    check(
        "start,end\n2026-07-07T19:00:00Z,2026-07-07T18:00:00Z\n",
        "line 2, column end: \"2026-07-07T18:00:00Z\" is not after",
    );
    check(
        "start,duration\n2026-07-07T19:00:00Z,long\n",
        "line 2, column duration: \"long\" is not a duration",
    );
    check("start,magnitude\n2026-07-07T19:00:00Z,many\n", "line 2, column magnitude: \"many\"");
    check("start,name\nsoon,a\n", "line 2, column start: \"soon\" is not a time");
    check(
        "start,announced_at\n2026-07-07T19:00:00Z,soon\n",
        "line 2, column announced_at: \"soon\" is not a time",
    );
    check(
        "start,announced_at,withdrawn_at\n2026-07-07T19:00:00Z,2026-07-02,2026-07-01\n",
        "line 2, column withdrawn_at: \"2026-07-01\" is not after the announcement",
    );
}
