//! What a token says of who shows it. A JSON Web Token, HS256 or `EdDSA`; signing and verifying are the service's.

use serde::{Deserialize, Serialize};

use crate::{Problem, RoomName, limits, names::check_text};

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user. 1 to 64 bytes.
    pub sub: String,
    /// Until when it holds, seconds since 1970.
    pub exp: u64,
    /// From when it holds, seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nbf: Option<u64>,
    /// What the person likes to be called.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The rooms that it opens; missing is all of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rooms: Option<Vec<String>>,
}

impl Claims {
    /// Refuses claims that cannot be worked with.
    ///
    /// # Errors
    ///
    /// A [`Problem`] that names the claim.
    pub fn check(&self) -> Result<(), Problem> {
        if self.sub.is_empty()
            || limits::USER_BYTES < self.sub.len()
            || self.sub.chars().any(char::is_control)
        {
            let why = format!("the token's sub has to be 1 to {} bytes of text", limits::USER_BYTES);
            return Err(Problem::unauthenticated(why));
        }
        match &self.name {
            Some(name) => check_text("name", name, limits::NAME_LETTERS),
            None => Ok(()),
        }
    }

    /// Whether they open this room.
    ///
    /// # Errors
    ///
    /// A [`Problem`] where they do not.
    pub fn opens(&self, room: &RoomName) -> Result<(), Problem> {
        match &self.rooms {
            Some(rooms) if !rooms.iter().any(|one| one == room.as_str()) => {
                Err(Problem::forbidden(format!("the token does not open room \"{room}\"")))
            }
            Some(_) | None => Ok(()),
        }
    }
}
