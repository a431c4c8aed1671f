//! What people do in a room, checked: whatever door it came through, and whatever it was written in.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Problem, RoomName, limits, names::check_text};

/// How people react. A closed set, so that a room counts few things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Reaction {
    /// Applause.
    Clap,
    /// Love.
    Heart,
    /// Laughter.
    Laugh,
    /// Wonder.
    Wow,
    /// Excitement.
    Fire,
}

impl Reaction {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Clap, Self::Heart, Self::Laugh, Self::Wow, Self::Fire];

    /// As it is written, in frames and in Redis.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clap => "clap",
            Self::Heart => "heart",
            Self::Laugh => "laugh",
            Self::Wow => "wow",
            Self::Fire => "fire",
        }
    }
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A question; the interaction's id becomes the question's.
    Ask(String),
    /// A vote for the question of this id.
    Vote(Uuid),
    /// A reaction.
    React(Reaction),
    /// A gateway says how many people it has in the room.
    People {
        /// The gateway's name.
        gateway: String,
        /// How many.
        count: u32,
    },
}

impl Act {
    /// In one word, for logs and metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ask(_) => "ask",
            Self::Vote(_) => "vote",
            Self::React(_) => "react",
            Self::People { .. } => "people",
        }
    }
}

/// One interaction of one person with a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// Its identity, and the correlation ID from the socket to Redis.
    pub id: Uuid,
    /// The room.
    pub room: RoomName,
    /// Who: the subject of the token.
    pub user: String,
    /// What the person likes to be called.
    pub name: Option<String>,
    /// When the gateway took it, milliseconds since 1970.
    pub occurred_at_ms: i64,
    /// What.
    pub act: Act,
}

impl Interaction {
    /// Refuses what no door lets through.
    ///
    /// # Errors
    ///
    /// A [`Problem`] that names the field and the value.
    pub fn check(&self) -> Result<(), Problem> {
        if self.id.is_nil() {
            return Err(Problem::invalid("id", &self.id.to_string(), "has to be a UUID of the client's own"));
        }
        if limits::USER_BYTES < self.user.len() {
            let why = format!("has {} bytes, at most {} may be", self.user.len(), limits::USER_BYTES);
            return Err(Problem::invalid("user", &self.user, &why));
        }
        if let Some(name) = &self.name {
            check_text("name", name, limits::NAME_LETTERS)?;
        }
        match &self.act {
            Act::Ask(text) => check_text("text", text, limits::TEXT_LETTERS),
            Act::People { gateway, .. } => check_text("gateway", gateway, limits::ROOM_BYTES),
            Act::Vote(_) | Act::React(_) => Ok(()),
        }
    }
}
