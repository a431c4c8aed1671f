//! Reads our objects from YAML files: several documents, or the list that `kubectl get -o yaml` prints. A
//! recording's `events.yaml` is read by the same function.
//!
//! Unknown keys are refused, since a misspelt `cancelled` would otherwise scale a fleet. What cannot be read is
//! named with file, line, column and field.

use std::{fmt, marker::PhantomData};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    API_VERSION, DemandEvent, DemandEventSpec, DemandEventStatus, PredictiveScaler, PredictiveScalerSpec,
    PredictiveScalerStatus,
    read_error::{ReadError, read},
};

/// One object of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Manifest {
    /// A `PredictiveScaler`.
    PredictiveScaler(Box<PredictiveScaler>),
    /// A `DemandEvent`.
    DemandEvent(Box<DemandEvent>),
}

impl fmt::Display for Manifest {
    /// Kind and name, as in `DemandEvent semi-final`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, metadata) = match self {
            Self::PredictiveScaler(scaler) => ("PredictiveScaler", &scaler.metadata),
            Self::DemandEvent(event) => ("DemandEvent", &event.metadata),
        };
        write!(f, "{kind} {}", metadata.name.as_deref().unwrap_or("without a name"))
    }
}

/// The objects of `text` in their order, lists taken apart. Empty documents are passed over; a file without
/// any object is empty, which is for the caller to judge. `origin` is the name of the file in errors.
///
/// # Errors
///
/// The first thing that cannot be read: bad YAML, another kind, an unknown key, a value of another type.
pub fn read_manifests(text: &str, origin: &str) -> Result<Vec<Manifest>, ReadError> {
    let mut manifests = Vec::new();
    for document in documents(text) {
        let read = read_document(document.text);
        manifests.extend(read.map_err(|error| error.within(origin, document.lines_before))?);
    }
    Ok(manifests)
}

/// One document of a file.
struct Document<'a> {
    text: &'a str,
    lines_before: u64,
}

/// Splits at each line that begins with `---`. YAML allows such a line nowhere else, not even in a block of
/// text (1.2.2, `c-forbidden`), so that each document can be read on its own.
fn documents(text: &str) -> Vec<Document<'_>> {
    let mut documents = Vec::new();
    let (mut start, mut lines_before) = (0, 0);
    let mut end = 0;
    for (index, line) in (0..).zip(text.split_inclusive('\n')) {
        if is_document_start(line) && start < end {
            documents.push(Document { text: &text[start..end], lines_before });
            (start, lines_before) = (end, index);
        }
        end += line.len();
    }
    documents.push(Document { text: &text[start..], lines_before });
    documents
}

fn is_document_start(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

fn read_document(text: &str) -> Result<Vec<Manifest>, ReadError> {
    let Some(head) = read(text, PhantomData::<Option<Head>>)? else {
        return Ok(Vec::new());
    };
    match head.items {
        Some(items) if head.is_list() => {
            let kinds = items.iter().map(Head::kind).collect::<Result<Vec<_>, _>>()?;
            read(text, List(&kinds))
        }
        Some(_) | None => {
            let kind = head.kind()?;
            read(text, kind).map(|manifest| vec![manifest])
        }
    }
}

/// What says how the rest is to be read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    api_version: Option<String>,
    kind: Option<String>,
    items: Option<Vec<Head>>,
}

impl Head {
    fn is_list(&self) -> bool {
        (self.api_version.as_deref(), self.kind.as_deref()) == (Some("v1"), Some("List"))
    }

    fn kind(&self) -> Result<Kind, ReadError> {
        let Some(kind) = &self.kind else {
            return Err(ReadError::of_field("kind", "is missing: write PredictiveScaler or DemandEvent"));
        };
        let known = match kind.as_str() {
            "PredictiveScaler" => Kind::PredictiveScaler,
            "DemandEvent" => Kind::DemandEvent,
            other => {
                let message = format!("`{other}` is neither PredictiveScaler nor DemandEvent");
                return Err(ReadError::of_field("kind", message));
            }
        };
        match self.api_version.as_deref() {
            Some(API_VERSION) => Ok(known),
            Some(other) => {
                let message = format!("`{other}` of {kind} is not {API_VERSION}");
                Err(ReadError::of_field("apiVersion", message))
            }
            None => Err(ReadError::of_field("apiVersion", format!("is missing: write {API_VERSION}"))),
        }
    }
}

/// A kind that we read. As a seed, it reads an object of itself.
#[derive(Clone, Copy)]
enum Kind {
    PredictiveScaler,
    DemandEvent,
}

impl<'de> DeserializeSeed<'de> for Kind {
    type Value = Manifest;

    fn deserialize<D: Deserializer<'de>>(self, yaml: D) -> Result<Manifest, D::Error> {
        match self {
            Self::PredictiveScaler => {
                let object = Object::<PredictiveScalerSpec, PredictiveScalerStatus>::deserialize(yaml)?;
                let Object { metadata, spec, status, .. } = object;
                Ok(Manifest::PredictiveScaler(Box::new(PredictiveScaler { metadata, spec, status })))
            }
            Self::DemandEvent => {
                let object = Object::<DemandEventSpec, DemandEventStatus>::deserialize(yaml)?;
                let Object { metadata, spec, status, .. } = object;
                Ok(Manifest::DemandEvent(Box::new(DemandEvent { metadata, spec, status })))
            }
        }
    }
}

/// The outer keys of an object. kube's derived types pass unknown ones over, and a spec under `specs` with
/// them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Object<Spec, Status> {
    #[serde(rename = "apiVersion")]
    _api_version: IgnoredAny,
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    #[serde(default)]
    metadata: ObjectMeta,
    spec: Spec,
    #[serde(default = "no_status")]
    status: Option<Status>,
}

fn no_status<Status>() -> Option<Status> {
    None
}

/// Reads `items`, the n-th as the n-th kind.
struct List<'a>(&'a [Kind]);

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Vec<Manifest>;

    fn deserialize<D: Deserializer<'de>>(self, yaml: D) -> Result<Vec<Manifest>, D::Error> {
        yaml.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Vec<Manifest>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut list: M) -> Result<Vec<Manifest>, M::Error> {
        let mut manifests = Vec::new();
        while let Some(key) = list.next_key::<String>()? {
            if key == "items" {
                manifests = list.next_value_seed(Items(self.0))?;
            } else {
                list.next_value::<IgnoredAny>()?;
            }
        }
        Ok(manifests)
    }
}

struct Items<'a>(&'a [Kind]);

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = Vec<Manifest>;

    fn deserialize<D: Deserializer<'de>>(self, yaml: D) -> Result<Vec<Manifest>, D::Error> {
        yaml.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = Vec<Manifest>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Vec<Manifest>, S::Error> {
        let mut manifests = Vec::with_capacity(self.0.len());
        for kind in self.0 {
            manifests.extend(items.next_element_seed(*kind)?);
        }
        Ok(manifests)
    }
}
