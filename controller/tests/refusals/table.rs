//! Objects and what is wrong with them, one row a refusal: an object that is accepted, a fragment of it written
//! otherwise, and the problems in words. The tests on the real control plane apply the same rows.

pub(crate) const SCALER: &str = "
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

pub(crate) const EVENT: &str = "
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

/// An object as it is written, and all that is wrong with it.
pub(crate) struct Row {
    /// One document of YAML.
    pub(crate) text: String,
    /// One problem a line; empty where nothing is wrong.
    pub(crate) problems: String,
}

pub(crate) fn well_written() -> Vec<Row> {
    vec![
        scaler("", "", ""),
        scaler("create: true", "attachTo: mine, create: false", ""),
        event("", "", ""),
        event("endsAt: 2026-07-07T21:00:00", "duration: 2h", ""),
        event("confidence: 0.9", "cancelled: true", ""),
    ]
}

pub(crate) fn limits() -> Vec<Row> {
    let large = "spec.maxReplicas 200000 is above 150000, the pods of the largest cluster";
    vec![
        scaler("minReplicas: 2", "minReplicas: 29", "spec.minReplicas 29 is above spec.maxReplicas 20"),
        scaler("minReplicas: 2", "minReplicas: 0", "spec.minReplicas 0 is below 1"),
        scaler("maxReplicas: 20", "maxReplicas: 200000", large),
    ]
}

pub(crate) fn names() -> Vec<Row> {
    let long = "g".repeat(64);
    let refusal = format!("metadata.name {long} is longer than the 63 characters of a label value");
    let target = "spec.scaleTargetRef.name `` must not be empty";
    vec![
        scaler("{name: gateway}", "{labels: {}}", "metadata.name is missing"),
        scaler("{name: gateway}", &format!("{{name: {long}}}"), &refusal),
        scaler("scaleTargetRef: {name: gateway}", "scaleTargetRef: {name: ''}", target),
        event("{name: semi-final}", "{}", "metadata.name is missing"),
    ]
}

pub(crate) fn sources() -> Vec<Row> {
    let none = "spec.demand names none of prometheus, kafka and push";
    let two = "spec.demand names kafka and push: one source is enough";
    let topic = "spec.signals[1].kafka.topic ` ` must not be empty";
    let group = "spec.signals[1].kafka.consumerGroup `` must not be empty";
    let path = "must be names joined by dots, such as order.tickets, in 256 characters at most";
    let blank = format!("spec.signals[1].kafka.sum `a..b` {path}");
    let both = "spec.signals[1].kafka.consumerGroup `g` has a lag in messages, beside a value in the unit of sum: name \
                one of the two";
    let query = "spec.demand.prometheus.query `` must not be empty";
    let step = |field: &str| format!("{field} must be whole seconds from 1s to 1h");
    let hours = step("spec.signals[1].push.step 2h");
    vec![
        scaler("{push: {step: 30s}}", "{}", none),
        scaler("{push: {step: 30s}}", "{push: {}, kafka: {topic: t}}", two),
        scaler("{topic: joins}", "{topic: ' '}", topic),
        scaler("{topic: joins}", "{topic: joins, consumerGroup: ''}", group),
        scaler("{topic: joins}", "{topic: joins, sum: a..b}", &blank),
        scaler("{topic: joins}", "{topic: joins, sum: a.b, consumerGroup: g}", both),
        scaler("{push: {step: 30s}}", "{prometheus: {query: '', step: 30s}}", query),
        scaler("step: 30s", "step: 1500ms", &step("spec.demand.push.step 1s500ms")),
        scaler("step: 30s", "step: 0s", &step("spec.demand.push.step 0s")),
        scaler("name: joins, kafka: {topic: joins}", "name: joins, push: {step: 2h}", &hours),
    ]
}

pub(crate) fn signals() -> Vec<Row> {
    let twice = "spec.signals[1].name orders is also spec.signals[0].name";
    let demand = "spec.signals[0].name demand is the name of demand itself";
    let label = "spec.signals[0].name `Orders_1` must be lower-case letters, digits and dashes, begin and end \
                 without a dash, 63 characters at most";
    let listed = "[{name: orders, push: {}}, {name: joins, kafka: {topic: joins}}]";
    let many = (0..33).map(|n| format!("{{name: s{n}, push: {{}}}}")).collect::<Vec<_>>().join(", ");
    vec![
        scaler("name: joins", "name: orders", twice),
        scaler("name: orders", "name: demand", demand),
        scaler("name: orders", "name: Orders_1", label),
        scaler(listed, &format!("[{many}]"), "spec.signals with 33 entries has more than 32"),
    ]
}

pub(crate) fn selectors() -> Vec<Row> {
    let field = "spec.events.selector.matchExpressions[0]";
    let some = format!("{field}.values [\"a\"] must be empty for Exists");
    let none = format!("{field}.values [] must not be empty for In");
    let empty = format!("{field}.key `` must not be empty");
    let no_value =
        "is not the value of a label: letters, digits, `-`, `_` and `.` within, 63 characters at most";
    let no_key = "is not a label, such as team or example.org/team";
    let labels = "{matchExpressions: [{key: team, operator: Exists}]}";
    let by_label = |key: &str, value: &str, problem: &str| {
        scaler(labels, &format!("{{matchLabels: {{'{key}': '{value}'}}}}"), problem)
    };
    let key =
        |key: &str| by_label(key, "live", &format!("spec.events.selector.matchLabels `{key}` {no_key}"));
    let value = |value: &str| {
        by_label("team", value, &format!("spec.events.selector.matchLabels.team `{value}` {no_value}"))
    };
    vec![
        scaler("operator: Exists", "operator: In", &none),
        scaler("operator: Exists", "operator: Exists, values: [a]", &some),
        scaler("key: team, operator: Exists", "key: '', operator: DoesNotExist", &empty),
        scaler("key: team", "key: team/", &format!("{field}.key `team/` {no_key}")),
        scaler(
            "operator: Exists",
            "operator: In, values: [live, on sale]",
            &format!("{field}.values[1] `on sale` {no_value}"),
        ),
        by_label("example.org/Team_1", "Live.2", ""),
        by_label("team", "", ""),
        key("on sale"),
        key("-team"),
        key("Example.org/team"),
        key("example..org/team"),
        key(&"k".repeat(64)),
        value("on sale"),
        value("live-"),
        value(&"v".repeat(64)),
    ]
}

pub(crate) fn capacities() -> Vec<Row> {
    let refusal = |value: &str| format!("spec.capacity.perReplica {value}");
    let above = |value: &str| refusal(&format!("{value} must be a finite number above 0"));
    vec![
        scaler("perReplica: 250", "perReplica: 0", &above("0")),
        scaler("perReplica: 250", "perReplica: -1.5", &above("-1.5")),
        scaler("perReplica: 250", "perReplica: 0.0005", &refusal("0.0005 must be from 0.001 to 1e12")),
    ]
}

pub(crate) fn learned_capacities() -> Vec<Row> {
    let learn = "learn: {latencyObjective: 200ms, query: p99}";
    let objective = "spec.capacity.learn.latencyObjective 0s must be above 0s";
    let query = "spec.capacity.learn.query ` ` must not be empty";
    let start = "spec.capacity.learn.startWith 0 must be a finite number above 0";
    let capacity = |written: &str, problems: &str| scaler("perReplica: 250", written, problems);
    vec![
        capacity(learn, ""),
        capacity("", "spec.capacity names none of perReplica and learn"),
        capacity(
            &format!("perReplica: 250, {learn}"),
            "spec.capacity names perReplica and learn: one is enough",
        ),
        capacity("learn: {latencyObjective: 0s, query: p99}", objective),
        capacity("learn: {latencyObjective: 200ms, query: ' '}", query),
        capacity("learn: {latencyObjective: 200ms, query: p99, startWith: 0}", start),
    ]
}

pub(crate) fn risks() -> Vec<Row> {
    let outside = |value: &str| {
        let refusal = format!("spec.risk.quantile {value} must give a quantile above 0 and below 1");
        scaler("quantile: 0.95", &format!("quantile: {value}"), &refusal)
    };
    let cost = "spec.risk.shortageToIdleCost 0 must give a quantile above 0 and below 1";
    let both = "spec.risk names quantile and shortageToIdleCost: one is enough";
    vec![
        outside("0"),
        outside("1"),
        outside("1.5"),
        outside("-0.1"),
        scaler("quantile: 0.95", "shortageToIdleCost: 0", cost),
        scaler("quantile: 0.95", "", "spec.risk names none of quantile and shortageToIdleCost"),
        scaler("quantile: 0.95", "quantile: 0.95, shortageToIdleCost: 20", both),
    ]
}

pub(crate) fn times() -> Vec<Row> {
    let stale = "spec.fallback.staleAfter 20s is below the step of spec.demand, 30s";
    let rate = "spec.scaling.up allows no change: write percent or pods above 0";
    vec![
        scaler("pod: 30s", "pod: 0s", "spec.leadTime.pod 0s must be above 0s"),
        scaler("pod: 30s", "pod: 5m", "spec.leadTime.node 2m is below spec.leadTime.pod 5m"),
        scaler("hold: 2m", "hold: 25h", "spec.hold 25h is longer than 24h"),
        scaler("staleAfter: 1m", "staleAfter: 20s", stale),
        scaler("pods: 4", "period: 15s", rate),
        scaler("pods: 4", "pods: 4, period: 0s", "spec.scaling.up.period 0s must be above 0s"),
        scaler("within: 2m", "within: 0s", "spec.drain.within 0s must be above 0s"),
        scaler("partitions: 24", "partitions: 0", "spec.drain.partitions 0 is below 1"),
        scaler(
            "partitions: 24",
            "partitions: 24, beyondPartitions: true",
            "spec.drain.partitions 24 limits nothing beside spec.drain.beyondPartitions",
        ),
    ]
}

pub(crate) fn hpas() -> Vec<Row> {
    let both = "spec.hpa.create true and spec.hpa.attachTo mine: one is enough";
    let none = "spec.hpa.create false leaves none to follow: name one in spec.hpa.attachTo";
    let hpa = |written: &str, problems: &str| scaler("create: true", written, problems);
    vec![
        hpa("create: true, attachTo: mine", both),
        hpa("create: false", none),
        hpa("attachTo: ''", "spec.hpa.attachTo `` must not be empty"),
        hpa("tolerance: 1", "spec.hpa.tolerance 1 must be at least 0 and below 1"),
        hpa("syncPeriod: 0s", "spec.hpa.syncPeriod 0s must be above 0s"),
    ]
}

pub(crate) fn periods() -> Vec<Row> {
    let order = |end: &str| format!("spec.endsAt {end} is not after spec.startsAt 2026-07-07T19:00:00");
    let zone = "spec.timeZone `Europe/Pari` is not an IANA time zone such as Europe/Paris\n\
                spec.startsAt 2026-07-07T19:00:00 has no offset, and spec.timeZone is not known\n\
                spec.endsAt 2026-07-07T21:00:00 has no offset, and spec.timeZone is not known";
    let twice = "spec.startsAt 2026-10-25T02:30:00 happens twice in Europe/Paris: \
                 write 2026-10-25T02:30:00+02 or 2026-10-25T02:30:00+01";
    let both = "spec.endsAt 2026-07-07T21:00:00 and spec.duration 2h: one is enough";
    let duration =
        |value: &str| format!("spec.duration {value} must be above 0s, and end before the year 9999");
    let end = "endsAt: 2026-07-07T21:00:00";
    vec![
        event("T21:", "T18:", &order("2026-07-07T18:00:00")),
        event("T21:", "T19:", &order("2026-07-07T19:00:00")),
        event("Europe/Paris", "Europe/Pari", zone),
        event("2026-07-07T19:00:00", "2026-10-25T02:30:00", twice),
        event(&format!("  {end}\n"), "", "spec.endsAt is missing: write it, or spec.duration"),
        event("timeZone:", "duration: 2h\n  timeZone:", both),
        event(end, "duration: 0s", &duration("0s")),
        event(end, "duration: 999999999h", &duration("999999999h")),
    ]
}

pub(crate) fn sizes() -> Vec<Row> {
    let magnitude = "spec.magnitude -1 must be a finite number of at least 0";
    let confidence = |value: &str| format!("spec.confidence {value} must be above 0 and at most 1");
    let peak = "spec.expectedDemand.peak 0 must be a finite number above 0";
    let class = "spec.type `Kick Off` must be lower-case letters, digits and dashes, such as kick-off";
    vec![
        event("magnitude: 2.5e6", "magnitude: -1", magnitude),
        event("confidence: 0.9", "confidence: 0", &confidence("0")),
        event("confidence: 0.9", "confidence: 1.1", &confidence("1.1")),
        event("peak: 40000", "peak: 0", peak),
        event("rampUp: 10m", "rampUp: 0s", "spec.expectedDemand.rampUp 0s must be above 0s"),
        event("type: kick-off", "type: Kick Off", class),
    ]
}

pub(crate) fn several_problems() -> Vec<Row> {
    let fields = "minReplicas: 2\n  maxReplicas: 20\n  demand: {push: {step: 30s}}";
    let written = "minReplicas: 0\n  maxReplicas: 20\n  demand: {}";
    let problems = "spec.minReplicas 0 is below 1\nspec.demand names none of prometheus, kafka and push";
    vec![scaler(fields, written, problems)]
}

fn scaler(from: &str, to: &str, problems: &str) -> Row {
    row(SCALER, from, to, problems)
}

fn event(from: &str, to: &str, problems: &str) -> Row {
    row(EVENT, from, to, problems)
}

/// `object` with `from` written as `to`.
fn row(object: &str, from: &str, to: &str, problems: &str) -> Row {
    assert!(object.contains(from), "{from}");
    Row { text: object.replacen(from, to, 1), problems: problems.to_owned() }
}
