//! Live rooms that people join by WebSocket, REST and gRPC: a gateway takes what they do into Kafka, a worker folds it into
//! Redis, and gateways tell everybody in the room. It knows nothing of Prescale. `README.md` shows the flow.

pub mod admin;
pub mod admission;
pub mod args;
pub mod gateway;
pub mod kafka;
pub mod lifecycle;
pub mod metrics;
pub mod redis;
pub mod secret;
pub mod serve;
pub mod telemetry;
pub mod token;
pub mod worker;
