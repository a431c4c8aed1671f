//! Signals that clients push: one sample or a batch, as JSON, as line protocol, or as a stream of Prometheus remote
//! write. Who pushes is known by a token of the cluster or by an API key, and has the right for each scaler from
//! kube-apiserver. What was taken is kept in memory, a sample a step, and is on the leader before it is acknowledged.

mod answer;
mod door;
mod key;
mod pace;
pub mod parse;
mod problem;
mod remote;
mod routes;
mod series;
mod share;
mod store;
mod verdict;

pub use door::Door;
pub use key::{ApiKeys, SECRET as API_KEYS_SECRET};
pub use routes::{SIGNALS_PATH, Signals, WRITE_PATH, router};
pub use series::Taken;
pub use share::{Reach, Sharing, peer_routes};
pub use store::{Outcome, Parcel, Pushed, Unknown};
