//! The frames of the socket: JSON text, an object each, told apart by `type`. Fields that are not known are passed over,
//! so that a newer client can talk to an older service.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Act, Problem, Reaction, RoomName, Update, limits, names::check_text};

/// The WebSocket subprotocol that both sides name.
pub const SUBPROTOCOL: &str = "realtime.v1";

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ClientFrame {
    /// The first frame: which room, and who where the request's headers did not say it.
    Hello {
        /// The room.
        room: RoomName,
        /// The token, for browsers, whose sockets cannot send headers.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        token: Option<String>,
        /// What the person likes to be called; otherwise the token's name.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        name: Option<String>,
        /// For its place in line, from [`ServerFrame::Goodbye`].
        #[serde(skip_serializing_if = "Option::is_none", default)]
        ticket: Option<Uuid>,
    },
    /// A question.
    Ask {
        /// The interaction.
        id: Uuid,
        /// The question.
        text: String,
    },
    /// A vote for a question.
    Vote {
        /// The interaction.
        id: Uuid,
        /// The question.
        question: Uuid,
    },
    /// A reaction.
    React {
        /// The interaction.
        id: Uuid,
        /// Which.
        reaction: Reaction,
    },
    /// The client goes.
    Leave,
}

impl ClientFrame {
    /// Reads a frame, and refuses what breaks a limit.
    ///
    /// # Errors
    ///
    /// A [`Problem`] that says what is wrong where.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if limits::FRAME_BYTES < text.len() {
            return Err(Problem::too_large(limits::FRAME_BYTES));
        }
        let frame: Self =
            serde_json::from_str(text).map_err(|error| Problem::malformed(error.to_string()))?;
        match &frame {
            Self::Hello { name: Some(name), .. } => check_text("name", name, limits::NAME_LETTERS)?,
            Self::Ask { text, .. } => check_text("text", text, limits::TEXT_LETTERS)?,
            Self::Hello { name: None, .. } | Self::Vote { .. } | Self::React { .. } | Self::Leave => {}
        }
        Ok(frame)
    }

    /// The interaction that it asks for, if it is one.
    #[must_use]
    pub fn into_act(self) -> Option<(Uuid, Act)> {
        match self {
            Self::Ask { id, text } => Some((id, Act::Ask(text))),
            Self::Vote { id, question } => Some((id, Act::Vote(question))),
            Self::React { id, reaction } => Some((id, Act::React(reaction))),
            Self::Hello { .. } | Self::Leave => None,
        }
    }

    /// As it is sent.
    ///
    /// # Panics
    ///
    /// Never: a frame has no map whose keys are not text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a frame is made of text and numbers")
    }
}

/// What the service says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ServerFrame {
    /// The client is in the room.
    Welcome {
        /// The room.
        room: RoomName,
        /// This stay, for logs.
        session: Uuid,
        /// What the gateway knows of the room, in [`Update::version`].
        version: u64,
    },
    /// The place is full; the client is let in in turn.
    Waiting {
        /// 1 is next.
        position: u32,
        /// How many are before it.
        ahead: u32,
    },
    /// Kafka has the interaction, on all in-sync replicas.
    Ack {
        /// The interaction.
        id: Uuid,
    },
    /// Something was refused.
    Refused {
        /// The interaction, where it had one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        id: Option<Uuid>,
        /// Why.
        problem: Problem,
    },
    /// The room has changed.
    Update(Update),
    /// The service closes the socket after this.
    Goodbye {
        /// Why, in words.
        reason: String,
        /// How long to wait before connecting again, milliseconds.
        retry_after_ms: u32,
        /// To be shown in the next hello, within a minute and once: it keeps the place in line.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        ticket: Option<Uuid>,
    },
}

impl ServerFrame {
    /// Reads what the service sent.
    ///
    /// # Errors
    ///
    /// What `serde_json` says.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// As it is sent.
    ///
    /// # Panics
    ///
    /// Never: a frame has no map whose keys are not text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a frame is made of text and numbers")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0192f0c1-2345-7890-abcd-ef0123456789";

    #[track_caller]
    fn check_refused(text: &str, detail: &str) {
        let problem = ClientFrame::parse(text).unwrap_err();
        assert!(problem.detail.contains(detail), "{}", problem.detail);
    }

    #[test]
    fn a_client_is_understood() {
        let frame =
            ClientFrame::parse(&format!(r#"{{"type":"ask","id":"{ID}","text":"Why?","later":1}}"#)).unwrap();
        let id = ID.parse().unwrap();
        assert_eq!(frame, ClientFrame::Ask { id, text: "Why?".into() });
        let frame =
            ClientFrame::parse(&format!(r#"{{"type":"react","id":"{ID}","reaction":"clap"}}"#)).unwrap();
        assert_eq!(frame.into_act(), Some((id, Act::React(Reaction::Clap))));
        assert_eq!(ClientFrame::parse(r#"{"type":"leave"}"#).unwrap().into_act(), None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        check_refused("{", "EOF");
        check_refused("[]", "missing field `type`");
        check_refused(r#"{"type":"shout"}"#, "unknown variant `shout`");
        check_refused(r#"{"type":"ask","text":"Why?"}"#, "missing field `id`");
        check_refused(r#"{"type":"hello","room":"a b"}"#, "room \"a b\"");
        check_refused(&format!(r#"{{"type":"ask","id":"{ID}","text":" "}}"#), "text \" \" must not be empty");
        check_refused(
            &format!(r#"{{"type":"react","id":"{ID}","reaction":"boo"}}"#),
            "unknown variant `boo`",
        );
        check_refused(&" ".repeat(5000), "at most 4096 bytes");
    }

    #[test]
    fn what_the_service_says_is_written_as_promised() {
        let said = |frame: ServerFrame| {
            let json = frame.to_json();
            assert_eq!(ServerFrame::parse(&json).unwrap(), frame);
            json
        };
        let id = ID.parse().unwrap();
        assert_eq!(said(ServerFrame::Ack { id }), format!(r#"{{"type":"ack","id":"{ID}"}}"#));
        let waiting = ServerFrame::Waiting { position: 3, ahead: 2 };
        assert_eq!(said(waiting), r#"{"type":"waiting","position":3,"ahead":2}"#);
        let goodbye = ServerFrame::Goodbye { reason: "moves".into(), retry_after_ms: 250, ticket: None };
        assert_eq!(said(goodbye), r#"{"type":"goodbye","reason":"moves","retryAfterMs":250}"#);
        let goodbye = ServerFrame::Goodbye { reason: "room".into(), retry_after_ms: 1, ticket: Some(id) };
        let expected = format!(r#"{{"type":"goodbye","reason":"room","retryAfterMs":1,"ticket":"{ID}"}}"#);
        assert_eq!(said(goodbye), expected);
        let update = Update {
            room: RoomName::new("final").unwrap(),
            version: 7,
            folded: 5,
            at: 1,
            questions: vec![],
            reactions: [(Reaction::Clap, 2)].into(),
            leaderboard: vec![],
            people: None,
        };
        let expected = concat!(
            r#"{"type":"update","room":"final","version":7,"folded":5,"at":1,"questions":[],"#,
            r#""reactions":{"clap":2},"leaderboard":[],"people":null}"#
        );
        assert_eq!(said(ServerFrame::Update(update)), expected);
    }
}
