//! What a room looks like, as all people in it are told once a second at most.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Reaction, RoomName};

/// A room as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// The room.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub room: RoomName,
    /// Interactions folded into it. It grows with each, also where that had no effect.
    pub version: u64,
    /// Interactions of people that were folded, each id once, whether or not they changed what is shown.
    pub folded: u64,
    /// When it was read, milliseconds since 1970.
    pub at: i64,
    /// The questions with the most votes, the most first.
    pub questions: Vec<Question>,
    /// How often each reaction came.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, u64>))]
    pub reactions: BTreeMap<Reaction, u64>,
    /// The people with the most points, the most first.
    pub leaderboard: Vec<Leader>,
    /// People in the room, through all gateways; missing while none has said it.
    pub people: Option<u64>,
}

/// A question in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// The id of the interaction that asked it.
    pub id: Uuid,
    /// Who asked.
    pub user: String,
    /// What that person likes to be called.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The question.
    pub text: String,
    /// People who voted for it.
    pub votes: u64,
}

/// A person on the leaderboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Leader {
    /// Who.
    pub user: String,
    /// What that person likes to be called.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// 3 for a question, 1 for a vote or a reaction, 2 for a vote that one's question got.
    pub points: u64,
}
