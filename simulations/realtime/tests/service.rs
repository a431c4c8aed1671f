//! The realtime service on a real Kafka broker and a real Redis: what people are promised, through all three doors.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one frame among others")]

#[path = "service/doors.rs"]
mod doors;
#[path = "service/fixture.rs"]
mod fixture;
#[path = "service/idle.rs"]
mod idle;
#[path = "service/losses.rs"]
mod losses;
#[path = "service/refusals.rs"]
mod refusals;
#[path = "service/secrets.rs"]
mod secrets;
#[path = "service/spike.rs"]
mod spike;
#[path = "service/traces.rs"]
mod traces;
