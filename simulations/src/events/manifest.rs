//! DemandEvents of an import: checked as the controller checks them, and written as people write them, with what is left
//! at its default left out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use prescale_controller::api::{
    API_VERSION, DemandEvent, DemandEventSpec, EffectSpec, ExpectedDemandSpec, Problems, WrittenDuration,
};
use serde::Serialize;

use super::options::Options;
use crate::calendar::{IMPORTED_FROM, SUMMARY, UID};
use crate::import::event_yaml::dns_name;

/// An event that passes its check.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The event as it is written.
    pub event: DemandEvent,
    /// When it starts.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// The line that it comes from.
    pub(super) line: u64,
    /// The file that it comes from.
    pub(super) file: String,
}

/// What is said about an event beside its spec.
#[derive(Clone, Debug, Default)]
pub(super) struct Description<'a> {
    pub(super) file: &'a str,
    pub(super) line: u64,
    pub(super) summary: Option<&'a str>,
    pub(super) uid: Option<&'a str>,
    pub(super) categories: &'a [String],
}

impl Imported {
    /// Checks an event, cancelled or not.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub(super) fn check(
        name: &str,
        spec: DemandEventSpec,
        description: &Description<'_>,
        options: &Options,
    ) -> Result<Self, Problems> {
        let metadata = ObjectMeta {
            name: Some(name.to_owned()),
            namespace: options.namespace.clone(),
            labels: filled(labels(description, options)),
            annotations: filled(annotations(description)),
            ..ObjectMeta::default()
        };
        let event = DemandEvent { metadata, spec, status: None };
        // A cancelled event has no times to forecast with; ours are for the order and the window.
        let standing = DemandEventSpec { cancelled: false, ..event.spec.clone() };
        let standing = DemandEvent { metadata: event.metadata.clone(), spec: standing, status: None };
        let checked = standing.check()?.expect("an event that is not cancelled runs");
        Ok(Self {
            event,
            starts_at: checked.starts_at,
            ends_at: checked.ends_at,
            line: description.line,
            file: description.file.to_owned(),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.event.metadata.name.as_deref().unwrap_or_default()
    }
}

fn filled(map: BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    (!map.is_empty()).then_some(map)
}

/// Those that were asked for, and one for each category, so that scalers can select by it.
fn labels(description: &Description<'_>, options: &Options) -> BTreeMap<String, String> {
    let categories = description.categories.iter().map(|category| dns_name(category));
    let categories = categories.filter(|category| !category.is_empty());
    let categories = categories.map(|category| (format!("category.prescale.dev/{category}"), "true".into()));
    categories.chain(options.labels.clone()).collect()
}

fn annotations(description: &Description<'_>) -> BTreeMap<String, String> {
    // Without its folder, so that the same file gives the same bytes wherever it lies.
    let file = description.file.rsplit('/').next().unwrap_or(description.file);
    let known = [(IMPORTED_FROM, Some(file)), (SUMMARY, description.summary), (UID, description.uid)];
    let known = known.into_iter().filter_map(|(key, text)| Some((key.to_owned(), plain(text?))));
    known.filter(|(_, text)| !text.is_empty()).collect()
}

/// One line of text that any YAML holds: what cannot be printed becomes a space.
fn plain(text: &str) -> String {
    let printable = |c: char| {
        !(c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}'..='\u{ffff}'))
    };
    let text: String = text.chars().map(|c| if printable(c) { c } else { ' ' }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All events as one YAML stream.
///
/// # Errors
/// What the writer says; it knows no reason to.
pub(super) fn yaml(events: &[Imported]) -> Result<String, serde_saphyr::ser::Error> {
    let documents: Result<Vec<String>, _> =
        events.iter().map(|event| serde_saphyr::to_string(&Document::of(&event.event))).collect();
    Ok(documents?.join("---\n"))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'a str,
    kind: &'a str,
    metadata: Metadata<'a>,
    spec: Spec<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<&'a BTreeMap<String, String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(rename = "type")]
    class: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<EffectSpec>,
    starts_at: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<WrittenDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    magnitude: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_demand: Option<ExpectedDemandSpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled: Option<bool>,
}

impl<'a> Document<'a> {
    fn of(event: &'a DemandEvent) -> Self {
        let DemandEvent { metadata, spec, .. } = event;
        Self {
            api_version: API_VERSION,
            kind: "DemandEvent",
            metadata: Metadata {
                name: metadata.name.as_deref(),
                namespace: metadata.namespace.as_deref(),
                labels: metadata.labels.as_ref(),
                annotations: metadata.annotations.as_ref(),
            },
            spec: Spec {
                class: &spec.class,
                effect: (spec.effect != EffectSpec::Demand).then_some(spec.effect),
                starts_at: &spec.starts_at,
                ends_at: spec.ends_at.as_deref(),
                duration: spec.duration,
                time_zone: spec.time_zone.as_deref(),
                magnitude: spec.magnitude,
                confidence: Some(spec.confidence).filter(|confidence| *confidence < 1.0),
                expected_demand: spec.expected_demand,
                cancelled: spec.cancelled.then_some(true),
            },
        }
    }
}
