//! Snapshots: what a scaler's forecaster has learned, and up to when.

use std::collections::BTreeMap;

use jiff::Timestamp;
use prescale_model::lead_time::Starts;
use serde::{Deserialize, Serialize};

use super::{
    ScalerId, SourcesId,
    fault::Damaged,
    row::{seal, unseal},
};

/// What is kept of a scaler beside its samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Whose.
    pub scaler: ScalerId,
    /// What it has learned from: it is of no use to a scaler with other sources.
    pub sources: SourcesId,
    /// End of the newest step that it has learned.
    pub closed_to: Timestamp,
    /// What [`prescale_model::Autoscaler::snapshot`] gave.
    pub forecaster: Vec<u8>,
    /// The most demand observed during each event.
    pub peaks: BTreeMap<String, f64>,
    /// Starts of its pods. They lie behind the rest of the row, where those of earlier releases end.
    #[serde(skip)]
    pub starts: Starts,
}

impl Snapshot {
    pub(super) fn row(&self) -> Vec<u8> {
        let plain = "a snapshot is plain values, and memory is all it needs";
        let mut row = postcard::to_allocvec(self).expect(plain);
        row.extend(postcard::to_allocvec(&self.starts).expect(plain));
        seal(row)
    }

    pub(super) fn of_row(row: &[u8]) -> Result<Self, Damaged> {
        let (mut snapshot, rest) = postcard::take_from_bytes::<Self>(unseal(row)?).map_err(|_| Damaged)?;
        if !rest.is_empty() {
            snapshot.starts = postcard::from_bytes(rest).map_err(|_| Damaged)?;
        }
        Ok(snapshot)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn snapshot() -> Snapshot {
        let mut starts = Starts::default();
        starts.nodes.observe(Timestamp::UNIX_EPOCH, &[SignedDuration::from_secs(55); 3]);
        let spec = crate::api::read_manifests(
            "apiVersion: prescale.dev/v1alpha1\nkind: PredictiveScaler\nmetadata: {name: a}\nspec: {scaleTargetRef: \
             {name: w}, maxReplicas: 2, demand: {prometheus: {query: up}}, capacity: {perReplica: 1}}",
            "f.yaml",
        );
        let Ok([crate::api::Manifest::PredictiveScaler(scaler)]) = spec.as_deref() else {
            panic!("another kind")
        };
        let spec = scaler.check().unwrap();
        Snapshot {
            scaler: ScalerId::of(&spec),
            sources: SourcesId::of(&super::super::SeriesId::all_of(&spec)),
            closed_to: Timestamp::UNIX_EPOCH,
            forecaster: vec![1, 2, 3],
            peaks: [("final".to_owned(), 7.0)].into(),
            starts,
        }
    }

    #[test]
    fn starts_come_back_with_the_rest() {
        assert_eq!(Snapshot::of_row(&snapshot().row()), Ok(snapshot()));
    }

    #[test]
    fn a_row_of_an_earlier_release_has_no_starts() {
        let earlier = seal(postcard::to_allocvec(&snapshot()).unwrap());
        let expected = Snapshot { starts: Starts::default(), ..snapshot() };
        assert_eq!(Snapshot::of_row(&earlier), Ok(expected));
    }
}
