//! The real control plane of Kubernetes on one machine, for tests and for trying things: etcd, kube-apiserver with
//! aggregation, kube-controller-manager with its HPA controller, kube-scheduler, and kwok, whose nodes and pods are
//! simulated. Everything else is what runs in people's clusters.
//!
//! ```no_run
//! # async fn example() -> Result<(), prescale_testbed::Error> {
//! use prescale_testbed::{Settings, Testbed};
//!
//! let bed = Testbed::start(Settings { nodes: 3, ..Settings::default() }).await?;
//! let client = bed.client().await?;
//! println!("{}", bed.kubectl(&["get", "nodes"]).await?.success()?);
//! # Ok(())
//! # }
//! ```
//!
//! A testbed lives in a temporary folder and ends with its owner, however that ends: see [`keeper`].

mod background;
pub mod brokers;
mod certificates;
mod clock;
mod commands;
mod dashboard;
mod egress;
mod error;
mod exporter;
pub mod host_node;
pub mod karpenter;
pub mod keeper;
mod kubeconfig;
mod logs;
mod nodes;
mod onlooker;
pub mod parts;
mod ports;
mod prescale;
mod programs;
mod prometheus;
mod reads;
pub mod redis;
mod services;
mod settings;
mod stages;
mod testbed;
mod users;
mod wait;

pub use brokers::Brokers;
pub use certificates::{Authorities, Authority, CertificateFiles, Life, Subject};
pub use clock::Clock;
pub use commands::Ran;
pub use dashboard::Dashboard;
pub use error::Error;
pub use exporter::Exporter;
pub use host_node::{Balancer, HostNode, HostNodeSettings};
pub use karpenter::KarpenterSettings;
pub use keeper::{Process, Signal};
pub use onlooker::Onlooker;
pub use ports::Ports;
pub use prescale::{NAMESPACE, Prescale, RELEASE, Replica};
pub use programs::{Programs, build};
pub use reads::{Reads, Tally};
pub use redis::Redis;
pub use settings::{NodeSize, Settings};
pub use testbed::Testbed;
pub use wait::until;
