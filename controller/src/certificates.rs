//! The certificates of the metrics API and of fellow replicas. The controller is its own authority: the aggregator
//! trusts it by the bundle that is patched into our APIService. Where a Secret is given (cert-manager's), it is served
//! from that instead. Rotation drops no connection.

mod authority;
mod bundle;
mod follow;
mod given;
mod handover;
mod leaf;
mod peers;
mod serving;
mod store;
mod succession;

pub use authority::Authority;
pub use bundle::CaBundle;
pub use follow::{CertificateSettings, Certificates, Keeper};
pub use given::{Given, GivenError};
pub use leaf::Purpose;
pub use peers::{PEER_NAME, PeerIdentity, Peers};
pub use serving::Serving;
pub use succession::{Succession, SuccessionStep};
