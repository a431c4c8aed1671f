//! What `prescale import prometheus` promises.

use super::*;

/// A range answer with one series of these labels and values.
fn answer(series: &[(&str, &str)]) -> String {
    let series: Vec<String> = series
        .iter()
        .map(|(metric, values)| format!(r#"{{"metric":{{{metric}}},"values":[{values}]}}"#))
        .collect();
    let matrix = series.join(",");
    format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{matrix}]}}}}"#)
}

#[test]
fn series_of_prometheus_become_signals_named_by_what_tells_them_apart() {
    let one = answer(&[
        (r#""__name__":"http","job":"web","pod":"a""#, r#"[1783450800,"1.5"],[1783450860,"NaN"]"#),
        (r#""__name__":"http","job":"web","pod":"b""#, r#"[1783450860,"4"]"#),
    ]);
    let two =
        answer(&[(r#""__name__":"http","job":"web","pod":"a""#, r#"[1783450860,"NaN"],[1783450920,"2"]"#)]);
    let import = Import::of(&[("one.json", &one), ("two.json", &two)]);
    let refused = import.run("prometheus one.json two.json").unwrap_err();
    assert!(refused.contains("--demand must say which series to provision for: http-a, http-b"), "{refused}");
    import.run("prometheus one.json two.json --demand http-a").unwrap();
    assert_eq!(cells(&import.recording(), "http-a"), [Some(1.5), None, Some(2.0)]);
    assert_eq!(cells(&import.recording(), "http-b"), [None, Some(4.0), None]);
}

#[test]
fn an_answer_of_prometheus_that_cannot_be_used_is_refused() {
    let prometheus = "prometheus in.csv";
    check_refused(prometheus, "{", &["in.csv is not the answer of /api/v1/query_range"]);
    check_refused(prometheus, r#"{"status":"error","error":"bad query"}"#, &["status \"error\": bad query"]);
    let vector =
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}]}}"#;
    check_refused(prometheus, vector, &["resultType \"vector\""]);
    check_refused(prometheus, &answer(&[]), &["holds no samples"]);
    check_refused(prometheus, &answer(&[("", r#"[1,"2"],[61,"+Inf"]"#)]), &["at time 61", "\"+Inf\""]);
    check_refused(prometheus, &answer(&[("", r#"[60,"2"],[120,"-3"]"#)]), &["-3 at 1970-01-01T00:02:00Z"]);
}
