//! What is kept, by whom it is of: a series by its scaler, its name and its source, so that samples of another query are
//! never taken for those of the new one.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{api::CheckedScaler, sources::Source};

/// A series: demand or a signal of one scaler, from one source, on one step.
///
/// It goes by the scaler's name and not by its uid, so that a scaler that is deleted and made again finds its history.
/// 64 bits of a digest: of 40,000 series, two have the same once in 20 billion stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeriesId(u64);

/// A scaler, by its namespace and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScalerId(u64);

/// All that a forecaster learns from: the series of a scaler, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcesId(u64);

impl SeriesId {
    /// The series of a scaler, demand first, then its signals in their order.
    #[must_use]
    pub fn all_of(spec: &CheckedScaler) -> Vec<Self> {
        let demand = ("demand", &spec.demand);
        let signals = spec.signals.iter().map(|(name, source)| (name.as_str(), source));
        let scaler = (spec.namespace.as_str(), spec.name.as_str());
        std::iter::once(demand)
            .chain(signals)
            .map(|(name, source)| Self::new(scaler, name, source, spec.settings.step))
            .collect()
    }

    /// The debug text of a source has all of it: a release that changes what a source is made of begins its history
    /// anew, rather than take another quantity for the same.
    fn new((namespace, scaler): (&str, &str), name: &str, source: &Source, step: SignedDuration) -> Self {
        let (source, step) = (format!("{source:?}"), step.as_millis().to_string());
        Self(digest(&["series", namespace, scaler, name, &source, &step]))
    }

    pub(super) fn number(self) -> u64 {
        self.0
    }
}

impl ScalerId {
    /// The scaler of a spec.
    #[must_use]
    pub fn of(spec: &CheckedScaler) -> Self {
        Self(digest(&["scaler", &spec.namespace, &spec.name]))
    }

    pub(super) fn number(self) -> u64 {
        self.0
    }
}

impl SourcesId {
    /// Those series together.
    #[must_use]
    pub fn of(series: &[SeriesId]) -> Self {
        let texts: Vec<_> = series.iter().map(|series| series.0.to_string()).collect();
        Self(digest(&texts.iter().map(String::as_str).collect::<Vec<_>>()))
    }
}

/// The same on every machine and in every release. Each part is ended by a byte that no text has.
fn digest(parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0xff]);
    }
    let digest = hash.finalize();
    u64::from_le_bytes(std::array::from_fn(|index| digest[index]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Manifest, read_manifests};

    fn series(name: &str, demand: &str, signals: &str) -> Vec<SeriesId> {
        let text = format!(
            "apiVersion: prescale.dev/v1alpha1\nkind: PredictiveScaler\nmetadata: {{name: {name}, namespace: live}}\n\
             spec: {{scaleTargetRef: {{name: web}}, maxReplicas: 20, demand: {demand}, signals: {signals}, \
             capacity: {{perReplica: 100}}}}"
        );
        let [Manifest::PredictiveScaler(written)] = &read_manifests(&text, "test").unwrap()[..] else {
            panic!("another kind")
        };
        SeriesId::all_of(&written.check().unwrap())
    }

    #[test]
    fn another_scaler_name_query_or_step_is_another_series() {
        let known = series("web", "{prometheus: {query: up}}", "[{name: joins, push: {}}]");
        assert_eq!(known, series("web", "{prometheus: {query: up}}", "[{name: joins, push: {}}]"));
        assert_eq!(known[0], series("web", "{prometheus: {query: up}}", "[]")[0]);
        let others = [
            series("api", "{prometheus: {query: up}}", "[{name: joins, push: {}}]"),
            series("web", "{prometheus: {query: down}}", "[{name: orders, push: {}}]"),
            series("web", "{prometheus: {query: up, step: 30s}}", "[{name: joins, push: {}}]"),
            series("web", "{kafka: {topic: up}}", "[{name: joins, prometheus: {query: up}}]"),
        ];
        for other in others {
            assert!(known.iter().zip(&other).all(|(known, other)| known != other), "{known:?} {other:?}");
            assert_ne!(SourcesId::of(&known), SourcesId::of(&other));
        }
    }

    #[test]
    fn an_identity_outlives_a_release() {
        assert_eq!(digest(&["scaler", "live", "web"]), digest(&["scaler", "live", "web"]));
        assert_ne!(digest(&["a", "bc"]), digest(&["ab", "c"]));
        // The first bytes of `printf 'scaler\xfflive\xffweb\xff' | sha256sum`, the least first.
        assert_eq!(digest(&["scaler", "live", "web"]), DIGEST);
    }

    const DIGEST: u64 = 0xefda_52f8_227b_7926;
}
