//! How much of everything there may be. Both sides know it, and what is more is refused in words.

/// Bytes of a frame from a client: a question in four-byte letters, with room for ids and a token of 2 KiB.
pub const FRAME_BYTES: usize = 4096;
/// Letters of a question.
pub const TEXT_LETTERS: usize = 280;
/// Letters of the name that a person likes to be called.
pub const NAME_LETTERS: usize = 40;
/// Bytes of the name of a room.
pub const ROOM_BYTES: usize = 64;
/// Bytes of a user, the subject of a token.
pub const USER_BYTES: usize = 64;
/// Bytes of a record in Kafka: what the others sum up to, and room for fields to come.
pub const RECORD_BYTES: usize = 8192;
/// Questions that an update shows, those with the most votes.
pub const QUESTIONS_SHOWN: usize = 5;
/// People that an update shows, those with the most points.
pub const LEADERS_SHOWN: usize = 5;
