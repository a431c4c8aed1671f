//! Pushing as clients see it: what is taken, and each way to be refused, in a router in this process. Tokens and rights
//! are told by an API server that answers reviews.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "push/refused.rs"]
mod refused;
#[path = "push/remote.rs"]
mod remote;
#[path = "push/shared.rs"]
mod shared;
#[path = "push/taken.rs"]
mod taken;
#[path = "push/world.rs"]
mod world;
