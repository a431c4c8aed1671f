//! What `check` refuses, one row a refusal: an object that is accepted, a fragment of it written otherwise, and
//! the problems in words.

use prescale_controller::api::{Manifest, Problems, read_manifests};

const SCALER: &str = "
apiVersion: prescale.dev/v1alpha1
kind: PredictiveScaler
metadata: {name: gateway}
spec:
  scaleTargetRef: {name: gateway}
  minReplicas: 2
  maxReplicas: 20
  demand: {push: {step: 30s}}
  signals: [{name: orders, push: {}}, {name: joins, kafka: {topic: joins}}]
  events: {selector: {matchExpressions: [{key: team, operator: Exists}]}}
  capacity: {perReplica: 250}
  leadTime: {pod: 30s, node: 2m}
  risk: {quantile: 0.95}
  hold: 2m
  hpa: {create: true}
  fallback: {staleAfter: 1m}
  scaling: {up: {pods: 4}}
  drain: {within: 2m, partitions: 24}
";

const EVENT: &str = "
apiVersion: prescale.dev/v1alpha1
kind: DemandEvent
metadata: {name: semi-final}
spec:
  type: kick-off
  startsAt: 2026-07-07T19:00:00
  timeZone: Europe/Paris
  endsAt: 2026-07-07T21:00:00
  magnitude: 2.5e6
  confidence: 0.9
  expectedDemand: {peak: 40000, rampUp: 10m}
";

/// Checks `object` with `from` written as `to`: the problems, one a line, are `expected`; none is accepted.
fn check(object: &str, from: &str, to: &str, expected: &str) {
    assert!(object.contains(from), "{from}");
    let text = object.replacen(from, to, 1);
    let manifests = read_manifests(&text, "f.yaml").unwrap_or_else(|error| panic!("{to}: {error}"));
    let problems = match &manifests[..] {
        [Manifest::PredictiveScaler(scaler)] => scaler.check().err(),
        [Manifest::DemandEvent(event)] => event.check().err(),
        other => panic!("{other:?}"),
    };
    assert_eq!(problems.map_or(String::new(), |problems| problems.to_string()), expected, "{to}");
}

fn check_scaler(from: &str, to: &str, expected: &str) {
    check(SCALER, from, to, expected);
}

fn check_event(from: &str, to: &str, expected: &str) {
    check(EVENT, from, to, expected);
}

#[test]
fn what_is_well_written_is_accepted() {
    check_scaler("", "", "");
    check_event("", "", "");
    check_event("endsAt: 2026-07-07T21:00:00", "duration: 2h", "");
    check_event("confidence: 0.9", "cancelled: true", "");
    check_scaler("create: true", "attachTo: mine, create: false", "");
}

#[test]
fn limits_that_contradict_each_other_are_refused() {
    check_scaler("minReplicas: 2", "minReplicas: 29", "spec.minReplicas 29 is above spec.maxReplicas 20");
    check_scaler("minReplicas: 2", "minReplicas: 0", "spec.minReplicas 0 is below 1");
    let large = "spec.maxReplicas 200000 is above 150000, the pods of the largest cluster";
    check_scaler("maxReplicas: 20", "maxReplicas: 200000", large);
}

#[test]
fn names_that_could_not_be_followed_are_refused() {
    check_scaler("{name: gateway}", "{labels: {}}", "metadata.name is missing");
    let long = "g".repeat(64);
    let refusal = format!("metadata.name {long} is longer than the 63 characters of a label value");
    check_scaler("{name: gateway}", &format!("{{name: {long}}}"), &refusal);
    let target = "spec.scaleTargetRef.name `` must not be empty";
    check_scaler("scaleTargetRef: {name: gateway}", "scaleTargetRef: {name: ''}", target);
}

#[test]
fn a_source_that_is_not_exactly_one_is_refused() {
    check_scaler("{push: {step: 30s}}", "{}", "spec.demand names none of prometheus, kafka and push");
    let two = "spec.demand names kafka and push: one source is enough";
    check_scaler("{push: {step: 30s}}", "{push: {}, kafka: {topic: t}}", two);
    check_scaler("{topic: joins}", "{topic: ' '}", "spec.signals[1].kafka.topic ` ` must not be empty");
    let group = "spec.signals[1].kafka.consumerGroup `` must not be empty";
    check_scaler("{topic: joins}", "{topic: joins, consumerGroup: ''}", group);
    let query = "spec.demand.prometheus.query `` must not be empty";
    check_scaler("{push: {step: 30s}}", "{prometheus: {query: '', step: 30s}}", query);
    let step = "must be whole seconds from 1s to 1h";
    check_scaler("step: 30s", "step: 1500ms", &format!("spec.demand.push.step 1s500ms {step}"));
    check_scaler("step: 30s", "step: 0s", &format!("spec.demand.push.step 0s {step}"));
    check_scaler(
        "name: joins, kafka: {topic: joins}",
        "name: joins, push: {step: 2h}",
        &format!("spec.signals[1].push.step 2h {step}"),
    );
}

#[test]
fn signals_that_could_be_mistaken_are_refused() {
    check_scaler("name: joins", "name: orders", "spec.signals[1].name orders is also spec.signals[0].name");
    check_scaler("name: orders", "name: demand", "spec.signals[0].name demand is the name of demand itself");
    let label = "spec.signals[0].name `Orders_1` must be lower-case letters, digits and dashes, begin and end \
                 without a dash, 63 characters at most";
    check_scaler("name: orders", "name: Orders_1", label);
    let many = (0..33).map(|n| format!("{{name: s{n}, push: {{}}}}")).collect::<Vec<_>>().join(", ");
    let refusal = "spec.signals with 33 entries has more than 32";
    check_scaler(
        "[{name: orders, push: {}}, {name: joins, kafka: {topic: joins}}]",
        &format!("[{many}]"),
        refusal,
    );
    let field = "spec.events.selector.matchExpressions[0].values";
    check_scaler("operator: Exists", "operator: In", &format!("{field} [] must not be empty for In"));
    let exists = format!("{field} [\"a\"] must be empty for Exists");
    check_scaler("operator: Exists", "operator: Exists, values: [a]", &exists);
    let key = "spec.events.selector.matchExpressions[0].key `` must not be empty";
    check_scaler("key: team, operator: Exists", "key: '', operator: DoesNotExist", key);
}

#[test]
fn a_capacity_that_nothing_can_be_divided_by_is_refused() {
    let field = "spec.capacity.perReplica";
    for written in ["0", "-1.5"] {
        let refusal = format!("{field} {written} must be a finite number above 0");
        check_scaler("perReplica: 250", &format!("perReplica: {written}"), &refusal);
    }
    check_scaler(
        "perReplica: 250",
        "perReplica: 0.0005",
        &format!("{field} 0.0005 must be from 0.001 to 1e12"),
    );
}

#[test]
fn a_capacity_that_is_not_exactly_one_of_given_and_learned_is_refused() {
    let learn = "learn: {latencyObjective: 200ms, query: p99}";
    let check_capacity = |written: &str, refusal: &str| check_scaler("perReplica: 250", written, refusal);
    check_capacity(learn, "");
    check_capacity("", "spec.capacity names none of perReplica and learn");
    let both = "spec.capacity names perReplica and learn: one is enough";
    check_capacity(&format!("perReplica: 250, {learn}"), both);
    let objective = "spec.capacity.learn.latencyObjective 0s must be above 0s";
    check_capacity("learn: {latencyObjective: 0s, query: p99}", objective);
    let query = "spec.capacity.learn.query ` ` must not be empty";
    check_capacity("learn: {latencyObjective: 200ms, query: ' '}", query);
    let start = "spec.capacity.learn.startWith 0 must be a finite number above 0";
    check_capacity("learn: {latencyObjective: 200ms, query: p99, startWith: 0}", start);
}

#[test]
fn risk_outside_of_zero_and_one_is_refused() {
    for written in ["0", "1", "1.5", "-0.1"] {
        let refusal = format!("spec.risk.quantile {written} must give a quantile above 0 and below 1");
        check_scaler("quantile: 0.95", &format!("quantile: {written}"), &refusal);
    }
    let cost = "spec.risk.shortageToIdleCost 0 must give a quantile above 0 and below 1";
    check_scaler("quantile: 0.95", "shortageToIdleCost: 0", cost);
    check_scaler("quantile: 0.95", "", "spec.risk names none of quantile and shortageToIdleCost");
    let both = "spec.risk names quantile and shortageToIdleCost: one is enough";
    check_scaler("quantile: 0.95", "quantile: 0.95, shortageToIdleCost: 20", both);
}

#[test]
fn times_that_no_plan_can_keep_are_refused() {
    check_scaler("pod: 30s", "pod: 0s", "spec.leadTime.pod 0s must be above 0s");
    check_scaler("pod: 30s", "pod: 5m", "spec.leadTime.node 2m is below spec.leadTime.pod 5m");
    check_scaler("hold: 2m", "hold: 25h", "spec.hold 25h is longer than 24h");
    check_scaler(
        "staleAfter: 1m",
        "staleAfter: 20s",
        "spec.fallback.staleAfter 20s is below the step of spec.demand, 30s",
    );
    check_scaler("pods: 4", "period: 15s", "spec.scaling.up allows no change: write percent or pods above 0");
    check_scaler("pods: 4", "pods: 4, period: 0s", "spec.scaling.up.period 0s must be above 0s");
    check_scaler("within: 2m", "within: 0s", "spec.drain.within 0s must be above 0s");
    check_scaler("partitions: 24", "partitions: 0", "spec.drain.partitions 0 is below 1");
}

#[test]
fn an_hpa_that_is_neither_created_nor_named_is_refused() {
    let both = "spec.hpa.create true and spec.hpa.attachTo mine: one is enough";
    check_scaler("create: true", "create: true, attachTo: mine", both);
    let none = "spec.hpa.create false leaves none to follow: name one in spec.hpa.attachTo";
    check_scaler("create: true", "create: false", none);
    check_scaler("create: true", "attachTo: ''", "spec.hpa.attachTo `` must not be empty");
    check_scaler("create: true", "tolerance: 1", "spec.hpa.tolerance 1 must be at least 0 and below 1");
    check_scaler("create: true", "syncPeriod: 0s", "spec.hpa.syncPeriod 0s must be above 0s");
}

#[test]
fn an_event_out_of_time_is_refused() {
    let order = "spec.endsAt 2026-07-07T18:00:00 is not after spec.startsAt 2026-07-07T19:00:00";
    check_event("T21:", "T18:", order);
    check_event("T21:", "T19:", &order.replace("T18", "T19"));
    let zone = "spec.timeZone `Europe/Pari` is not an IANA time zone such as Europe/Paris\n\
                spec.startsAt 2026-07-07T19:00:00 has no offset, and spec.timeZone is not known\n\
                spec.endsAt 2026-07-07T21:00:00 has no offset, and spec.timeZone is not known";
    check_event("Europe/Paris", "Europe/Pari", zone);
    let twice = "spec.startsAt 2026-10-25T02:30:00 happens twice in Europe/Paris: \
                 write 2026-10-25T02:30:00+02 or 2026-10-25T02:30:00+01";
    check_event("2026-07-07T19:00:00", "2026-10-25T02:30:00", twice);
    check_event("  endsAt: 2026-07-07T21:00:00\n", "", "spec.endsAt is missing: write it, or spec.duration");
    let both = "spec.endsAt 2026-07-07T21:00:00 and spec.duration 2h: one is enough";
    check_event("timeZone:", "duration: 2h\n  timeZone:", both);
    let zero = "spec.duration 0s must be above 0s, and end before the year 9999";
    check_event("endsAt: 2026-07-07T21:00:00", "duration: 0s", zero);
    check_event(
        "endsAt: 2026-07-07T21:00:00",
        "duration: 999999999h",
        &zero.replace(" 0s must", " 999999999h must"),
    );
}

#[test]
fn an_event_of_impossible_size_is_refused() {
    check_event(
        "magnitude: 2.5e6",
        "magnitude: -1",
        "spec.magnitude -1 must be a finite number of at least 0",
    );
    check_event("confidence: 0.9", "confidence: 0", "spec.confidence 0 must be above 0 and at most 1");
    check_event("confidence: 0.9", "confidence: 1.1", "spec.confidence 1.1 must be above 0 and at most 1");
    check_event("peak: 40000", "peak: 0", "spec.expectedDemand.peak 0 must be a finite number above 0");
    check_event("rampUp: 10m", "rampUp: 0s", "spec.expectedDemand.rampUp 0s must be above 0s");
    let class = "spec.type `Kick Off` must be lower-case letters, digits and dashes, such as kick-off";
    check_event("type: kick-off", "type: Kick Off", class);
    check_event("{name: semi-final}", "{}", "metadata.name is missing");
}

/// YAML and JSON cannot hold these, so the reader has refused them; an object made in code can.
#[test]
fn numbers_that_are_none_are_refused() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let [Manifest::PredictiveScaler(scaler), Manifest::DemandEvent(event)] =
            &mut read_manifests(&format!("{SCALER}---{EVENT}"), "f.yaml").unwrap()[..]
        else {
            panic!("other kinds")
        };
        scaler.spec.capacity.per_replica = Some(number);
        scaler.spec.risk.quantile = Some(number);
        scaler.spec.hpa.tolerance = Some(number);
        event.spec.magnitude = Some(number);
        event.spec.confidence = number;
        event.spec.expected_demand.as_mut().unwrap().peak = number;
        let refused = |problems: Problems| problems.0.into_iter().map(|p| p.field).collect::<Vec<_>>();
        let of_scaler = ["spec.capacity.perReplica", "spec.risk.quantile", "spec.hpa.tolerance"];
        assert_eq!(scaler.check().map_err(refused).unwrap_err(), of_scaler, "{number}");
        let of_event = ["spec.magnitude", "spec.confidence", "spec.expectedDemand.peak"];
        assert_eq!(event.check().map_err(refused).unwrap_err(), of_event, "{number}");
    }
}

#[test]
fn all_problems_are_named_at_once_in_the_order_of_the_fields() {
    let written = "minReplicas: 0\n  maxReplicas: 20\n  demand: {}";
    let expected = "spec.minReplicas 0 is below 1\nspec.demand names none of prometheus, kafka and push";
    check_scaler("minReplicas: 2\n  maxReplicas: 20\n  demand: {push: {step: 30s}}", written, expected);
}
