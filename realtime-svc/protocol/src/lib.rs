//! What the realtime service, its clients and its Kafka topic say to each other: socket frames, problems, token claims,
//! and the protobuf schemas of version 1. Nothing here reads, waits or asks for the time; `PROTOCOL.md` tells the story.

mod claims;
mod envelope;
mod frame;
mod interaction;
pub mod limits;
mod names;
mod problem;
/// What protobuf's compiler made of the schemas under `proto/`.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::too_many_lines,
    clippy::semicolon_if_nothing_returned,
    clippy::wildcard_enum_match_arm,
    reason = "generated, with gRPC and without"
)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/realtime.v1.rs"));

    /// The schemas themselves, as a `FileDescriptorSet`: for reflection, and to compare with what was published.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));
}
mod update;

pub use claims::Claims;
pub use envelope::{Envelope, Fault, SCHEMA_VERSION};
pub use frame::{ClientFrame, SUBPROTOCOL, ServerFrame};
pub use interaction::{Act, Interaction, Reaction};
pub use names::RoomName;
pub use problem::Problem;
pub use update::{Leader, Question, Update};
pub use uuid::Uuid;
