//! The realtime service as processes on this machine, and people who use it: what tests and benches are made of. The service's
//! binary is built before (`cargo build --bin realtime-svc`).

mod person;
mod service;

pub use person::{Calls, Person};
pub use service::{Gateway, Service, TOKEN_KEY, binary, token};
