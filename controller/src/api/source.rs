//! Where demand and its leading signals are observed, as people write it: Prometheus, Kafka or a push.
//!
//! A source is exactly one of the three. They are written as three optional fields, not as an enum, so that
//! naming none or two is refused in words, beside every other problem of the object.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    WrittenDuration,
    limits::{LONGEST_LABEL, LONGEST_PATH, LONGEST_STEP, MOST_SIGNALS},
    problems::Problems,
};
use crate::sources::{Origin, Source};

/// The demand that is provisioned for. Exactly one of `prometheus`, `kafka` and `push`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.prometheus), has(self.kafka), has(self.push)].exists_one(x, x)")
    .message("name exactly one of prometheus, kafka and push"))]
pub struct DemandSpec {
    /// A query whose value is the demand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<PrometheusSpec>,
    /// A topic whose arrival rate is the demand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kafka: Option<KafkaSpec>,
    /// Values that a client sends to Prescale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushSpec>,
}

/// A signal that runs ahead of demand. A name and exactly one of `prometheus`, `kafka` and `push`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.prometheus), has(self.kafka), has(self.push)].exists_one(x, x)")
    .message("name exactly one of prometheus, kafka and push"))]
pub struct SignalSpec {
    /// Its name, unique within the scaler, in lower-case letters, digits and dashes. Not `demand`.
    #[schemars(regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), length(min = 1, max = 63))]
    pub name: String,
    /// A query whose value is the signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<PrometheusSpec>,
    /// A topic whose arrival rate is the signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kafka: Option<KafkaSpec>,
    /// Values that a client sends to Prescale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushSpec>,
}

/// A query to the Prometheus that Prescale is configured with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PrometheusSpec {
    /// PromQL that gives one series, such as `sum(rate(http_requests_total[1m]))`.
    #[schemars(length(min = 1))]
    pub query: String,
    /// Time between two samples, in whole seconds, from 1s to 1h.
    #[serde(default = "default_step")]
    pub step: WrittenDuration,
}

/// A Kafka topic: its arrival rate in messages per second, and the lag of a consumer group on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KafkaSpec {
    /// The topic.
    #[schemars(length(min = 1))]
    pub topic: String,
    /// The consumer group whose lag is read. Without it, only arrivals are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub consumer_group: Option<String>,
    /// The number field of its JSON records whose sum a second is the value, such as `order.tickets`. Left out, records
    /// are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub sum: Option<String>,
    /// Time between two samples, in whole seconds, from 1s to 1h.
    #[serde(default = "default_step")]
    pub step: WrittenDuration,
}

/// Values that a client sends to Prescale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PushSpec {
    /// Time between two samples, in whole seconds, from 1s to 1h.
    #[serde(default = "default_step")]
    pub step: WrittenDuration,
}

impl DemandSpec {
    /// The one source that is named; `None`, with the problem noted, where none or several are.
    pub(super) fn check(&self, problems: &mut Problems) -> Option<Source> {
        let candidates = candidates(&self.prometheus, &self.kafka, &self.push);
        only_source("spec.demand", candidates, problems)
    }
}

impl SignalSpec {
    fn check(&self, field: &str, problems: &mut Problems) -> Option<Source> {
        let candidates = candidates(&self.prometheus, &self.kafka, &self.push);
        only_source(field, candidates, problems)
    }
}

/// The signals by name, in the order of the list; those that are refused are noted and left out.
pub(super) fn check_signals(signals: &[SignalSpec], problems: &mut Problems) -> Vec<(String, Source)> {
    if MOST_SIGNALS < signals.len() {
        problems.refuse("spec.signals", format!("with {} entries", signals.len()), "has more than 32");
    }
    let mut checked = Vec::<(String, Source)>::new();
    for (index, signal) in signals.iter().enumerate() {
        let field = format!("spec.signals[{index}]");
        check_name(&format!("{field}.name"), &signal.name, problems);
        if let Some(first) = signals[..index].iter().position(|earlier| earlier.name == signal.name) {
            problems.refuse(
                format!("{field}.name"),
                &signal.name,
                format!("is also spec.signals[{first}].name"),
            );
        }
        if let Some(source) = signal.check(&field, problems) {
            checked.push((signal.name.clone(), source));
        }
    }
    checked
}

/// Refuses what is no DNS label, and `demand`, which is the column of demand itself in every recording.
fn check_name(field: &str, name: &str, problems: &mut Problems) {
    if name == "demand" {
        problems.refuse(field, name, "is the name of demand itself");
    }
    if !is_dns_label(name) {
        problems.refuse(
            field,
            format!("`{name}`"),
            "must be lower-case letters, digits and dashes, begin and end without a dash, 63 characters at most",
        );
    }
}

/// Whether `word` is a DNS label, RFC 1123.
pub(super) fn is_dns_label(word: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=LONGEST_LABEL).contains(&word.len())
        && word.chars().all(allowed)
        && !word.starts_with('-')
        && !word.ends_with('-')
}

/// A source that was named, of whichever kind.
#[derive(Clone, Copy)]
enum Candidate<'a> {
    Prometheus(&'a PrometheusSpec),
    Kafka(&'a KafkaSpec),
    Push(&'a PushSpec),
}

impl Candidate<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Prometheus(_) => "prometheus",
            Self::Kafka(_) => "kafka",
            Self::Push(_) => "push",
        }
    }

    fn check(self, field: &str, problems: &mut Problems) -> Source {
        let (origin, step) = match self {
            Self::Prometheus(PrometheusSpec { query, step }) => {
                not_blank(&format!("{field}.query"), query, problems);
                (Origin::Prometheus { query: query.clone() }, step)
            }
            Self::Kafka(KafkaSpec { topic, consumer_group, sum, step }) => {
                not_blank(&format!("{field}.topic"), topic, problems);
                if let Some(group) = consumer_group {
                    not_blank(&format!("{field}.consumerGroup"), group, problems);
                }
                if let Some(path) = sum {
                    check_path(&format!("{field}.sum"), path, problems);
                    if let Some(group) = consumer_group {
                        let problem =
                            "has a lag in messages, beside a value in the unit of sum: name one of the two";
                        problems.refuse(format!("{field}.consumerGroup"), format!("`{group}`"), problem);
                    }
                }
                let (topic, consumer_group) = (topic.clone(), consumer_group.clone());
                (Origin::Kafka { topic, consumer_group, sum: sum.clone() }, step)
            }
            Self::Push(PushSpec { step }) => (Origin::Push, step),
        };
        check_step(&format!("{field}.step"), *step, problems);
        Source { origin, step: step.get() }
    }
}

fn candidates<'a>(
    prometheus: &'a Option<PrometheusSpec>,
    kafka: &'a Option<KafkaSpec>,
    push: &'a Option<PushSpec>,
) -> [Option<Candidate<'a>>; 3] {
    [
        prometheus.as_ref().map(Candidate::Prometheus),
        kafka.as_ref().map(Candidate::Kafka),
        push.as_ref().map(Candidate::Push),
    ]
}

fn only_source(
    field: &str,
    candidates: [Option<Candidate<'_>>; 3],
    problems: &mut Problems,
) -> Option<Source> {
    let named = candidates.into_iter().flatten().collect::<Vec<_>>();
    match named.as_slice() {
        [one] => Some(one.check(&format!("{field}.{}", one.name()), problems)),
        [] => {
            problems.lacking(field, "names none of prometheus, kafka and push");
            None
        }
        several => {
            let names = several.iter().map(|candidate| candidate.name()).collect::<Vec<_>>().join(" and ");
            problems.lacking(field, format!("names {names}: one source is enough"));
            None
        }
    }
}

pub(super) fn not_blank(field: &str, text: &str, problems: &mut Problems) {
    if text.trim().is_empty() {
        problems.refuse(field, format!("`{text}`"), "must not be empty");
    }
}

/// A field is found by the names that lead to it.
fn check_path(field: &str, path: &str, problems: &mut Problems) {
    let names_all = path.split('.').all(|name| !name.trim().is_empty());
    if !names_all || LONGEST_PATH < path.len() {
        let problem = "must be names joined by dots, such as order.tickets, in 256 characters at most";
        problems.refuse(field, format!("`{path}`"), problem);
    }
}

/// Steps are whole seconds: a Prometheus range begins and ends on one.
fn check_step(field: &str, step: WrittenDuration, problems: &mut Problems) {
    let whole_seconds = step.get().subsec_nanos() == 0;
    if !whole_seconds || step.get().is_zero() || LONGEST_STEP < step.get() {
        problems.refuse(field, step, "must be whole seconds from 1s to 1h");
    }
}

/// One minute: the resolution of most recorded traffic, and four HPA syncs.
fn default_step() -> WrittenDuration {
    WrittenDuration::from_secs(60)
}
