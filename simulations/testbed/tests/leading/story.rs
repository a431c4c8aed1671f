//! What happened, and what will: people join a queue, and ten minutes later they are served. A week of it is in the
//! history store, as a controller that ran for a week would have left it there.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use prescale_controller::api::{Manifest, read_manifests};
use prescale_controller::store::{SeriesId, Store, StoreSettings};
use prescale_controller::telemetry::Metrics;
use prescale_model::Sample;
use tokio_util::sync::CancellationToken;

/// The scalers of the manifest, and its step.
pub(crate) const SCALERS: &str = include_str!("../manifests/leading.yaml");
const STEP_S: i64 = 30;
/// Joins run ahead of demand by so much.
pub(crate) const LEAD: SignedDuration = SignedDuration::from_mins(10);
/// Demand before a rush, and in it.
pub(crate) const BEFORE: f64 = 300.0;
pub(crate) const DURING: f64 = 1_500.0;
const JOINS: (f64, f64) = (20.0, 200.0);
const LASTS_S: i64 = 7 * 86_400;
/// A rush rises within two minutes, stays for 15, and falls as it rose. The next comes two and a half to five hours
/// after it, at no time that a calendar could know.
const RISES_S: i64 = 120;
const STAYS_S: i64 = 900;
const GAP_S: i64 = 9_000;

/// Rushes, by when people join for each.
pub(crate) struct Story {
    joined: Vec<Timestamp>,
}

impl Story {
    /// A week of rushes, and one more whose demand arrives at `arrives`.
    pub(crate) fn of(arrives: Timestamp) -> Self {
        let last = arrives - LEAD;
        let mut joined = vec![last];
        let mut before = last - seconds(2 * GAP_S);
        while last - seconds(LASTS_S) < before {
            joined.push(before);
            before -= seconds(GAP_S + (GAP_S as f64 * noise(joined.len() as i64, 3)) as i64);
        }
        Self { joined }
    }

    /// Demand at a time.
    pub(crate) fn demand(&self, at: Timestamp) -> f64 {
        BEFORE + (DURING - BEFORE) * self.rush(at - LEAD)
    }

    /// People who join a second, at a time.
    pub(crate) fn joins(&self, at: Timestamp) -> f64 {
        JOINS.0 + (JOINS.1 - JOINS.0) * self.rush(at)
    }

    /// How much of a rush there is: 0 is none, 1 all of it.
    fn rush(&self, at: Timestamp) -> f64 {
        let share = |joined: &Timestamp| {
            let since = at.duration_since(*joined).as_secs();
            let (up, down) = (since, 2 * RISES_S + STAYS_S - since);
            (up.min(down) as f64 / RISES_S as f64).clamp(0.0, 1.0)
        };
        self.joined.iter().map(share).fold(0.0, f64::max)
    }

    /// Leaves what happened up to `now` in the store at `path`.
    pub(crate) async fn keep(&self, path: &Path, now: Timestamp) {
        let (store, keeper) = Store::new(StoreSettings::new(path.to_owned()), Metrics::default());
        let end = CancellationToken::new();
        let kept = tokio::spawn(keeper.run(end.clone()));
        let last = now.as_second() - now.as_second().rem_euclid(STEP_S);
        let steps = (last - LASTS_S..=last).step_by(STEP_S as usize);
        let series = |value: &dyn Fn(Timestamp) -> f64, spread: f64, seed: u64| -> Vec<Sample> {
            let sample = |second: i64| {
                let at = Timestamp::from_second(second).unwrap();
                Sample::new(at, value(at) + spread * noise(second / STEP_S, seed)).unwrap()
            };
            steps.clone().map(sample).collect()
        };
        let demand = series(&|at| self.demand(at), 20.0, 1);
        let joins = series(&|at| self.joins(at), 4.0, 2);
        for manifest in read_manifests(SCALERS, "leading.yaml").unwrap() {
            let Manifest::PredictiveScaler(scaler) = manifest else { panic!("it has scalers alone") };
            let of = SeriesId::all_of(&scaler.check().unwrap());
            let samples = of.into_iter().zip([demand.clone(), joins.clone()]).collect();
            assert!(store.backfill(samples).await, "the store is stopped");
        }
        end.cancel();
        kept.await.unwrap();
    }
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// Noise within [0, 1), the same on every run.
fn noise(index: i64, seed: u64) -> f64 {
    let mut bits =
        (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed.wrapping_mul(0xd1b5_4a32_d192_ed03);
    bits = (bits ^ (bits >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((bits ^ (bits >> 29)) >> 11) as f64 / (1_u64 << 53) as f64
}
