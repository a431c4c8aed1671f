//! An interaction as it lies in Kafka, and what is refused of what lies there.

use prost::Message as _;
use uuid::Uuid;

use crate::{Act, Interaction, Problem, Reaction, RoomName, limits, v1};

/// The version of the schemas that is written, and the newest that is read.
pub const SCHEMA_VERSION: u32 = 1;

/// An interaction and the trace that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What was done.
    pub interaction: Interaction,
    /// W3C trace context of who sent it.
    pub trace_parent: Option<String>,
}

/// Why a record is none that can be folded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is longer than any of ours.
    #[error("the record has {0} bytes, at most {max} may be", max = limits::RECORD_BYTES)]
    TooLarge(usize),
    /// It is no protobuf message of ours.
    #[error("the record is no envelope: {0}")]
    NotProtobuf(String),
    /// It was written by somebody newer.
    #[error("schemaVersion {0} is newer than {SCHEMA_VERSION}, the newest that this worker reads")]
    FromTheFuture(u32),
    /// A field has a value that it must not have.
    #[error("{0}")]
    Field(String),
}

impl Fault {
    /// In one word, for metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too_large",
            Self::NotProtobuf(_) => "not_protobuf",
            Self::FromTheFuture(_) => "from_the_future",
            Self::Field(_) => "invalid",
        }
    }
}

impl Envelope {
    /// As it goes into Kafka.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let Interaction { id, room, user, name, occurred_at_ms, act } = &self.interaction;
        let envelope = v1::Envelope {
            schema_version: SCHEMA_VERSION,
            id: id.as_bytes().to_vec(),
            room: room.as_str().to_owned(),
            user: user.clone(),
            name: name.clone(),
            occurred_at_ms: *occurred_at_ms,
            trace_parent: self.trace_parent.clone(),
            interaction: Some(wire(act)),
        };
        envelope.encode_to_vec()
    }

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// A [`Fault`] that says why it cannot be folded.
    pub fn decode(record: &[u8]) -> Result<Self, Fault> {
        if limits::RECORD_BYTES < record.len() {
            return Err(Fault::TooLarge(record.len()));
        }
        let wire = v1::Envelope::decode(record).map_err(|error| Fault::NotProtobuf(error.to_string()))?;
        match wire.schema_version {
            0 => return Err(Fault::Field("schemaVersion 0 is none".to_owned())),
            1..=SCHEMA_VERSION => {}
            newer => return Err(Fault::FromTheFuture(newer)),
        }
        let interaction = Interaction {
            id: uuid("id", &wire.id)?,
            room: RoomName::new(&wire.room).map_err(field)?,
            user: wire.user,
            name: wire.name,
            occurred_at_ms: wire.occurred_at_ms,
            act: act(wire.interaction)?,
        };
        interaction.check().map_err(field)?;
        Ok(Self { interaction, trace_parent: wire.trace_parent })
    }
}

fn wire(act: &Act) -> v1::envelope::Interaction {
    match act {
        Act::Ask(text) => v1::envelope::Interaction::Ask(v1::Ask { text: text.clone() }),
        Act::Vote(question) => {
            v1::envelope::Interaction::Vote(v1::Vote { question: question.as_bytes().to_vec() })
        }
        Act::React(reaction) => {
            v1::envelope::Interaction::React(v1::React { reaction: v1::Reaction::from(*reaction).into() })
        }
        Act::People { gateway, count } => {
            v1::envelope::Interaction::People(v1::People { gateway: gateway.clone(), count: *count })
        }
    }
}

fn act(wire: Option<v1::envelope::Interaction>) -> Result<Act, Fault> {
    match wire {
        Some(v1::envelope::Interaction::Ask(ask)) => Ok(Act::Ask(ask.text)),
        Some(v1::envelope::Interaction::Vote(vote)) => Ok(Act::Vote(uuid("question", &vote.question)?)),
        Some(v1::envelope::Interaction::React(react)) => {
            let known =
                v1::Reaction::try_from(react.reaction).ok().and_then(|one| Reaction::try_from(one).ok());
            let refused = || Fault::Field(format!("reaction {} is none that is known", react.reaction));
            Ok(Act::React(known.ok_or_else(refused)?))
        }
        Some(v1::envelope::Interaction::People(people)) => {
            Ok(Act::People { gateway: people.gateway, count: people.count })
        }
        None => Err(Fault::Field("the envelope has no interaction that is known".to_owned())),
    }
}

fn uuid(field: &str, bytes: &[u8]) -> Result<Uuid, Fault> {
    Uuid::from_slice(bytes)
        .map_err(|_| Fault::Field(format!("{field} has {} bytes, a UUID has 16", bytes.len())))
}

fn field(problem: Problem) -> Fault {
    Fault::Field(problem.detail)
}

impl From<Reaction> for v1::Reaction {
    fn from(reaction: Reaction) -> Self {
        match reaction {
            Reaction::Clap => Self::Clap,
            Reaction::Heart => Self::Heart,
            Reaction::Laugh => Self::Laugh,
            Reaction::Wow => Self::Wow,
            Reaction::Fire => Self::Fire,
        }
    }
}

impl TryFrom<v1::Reaction> for Reaction {
    type Error = Problem;

    fn try_from(reaction: v1::Reaction) -> Result<Self, Problem> {
        match reaction {
            v1::Reaction::Clap => Ok(Self::Clap),
            v1::Reaction::Heart => Ok(Self::Heart),
            v1::Reaction::Laugh => Ok(Self::Laugh),
            v1::Reaction::Wow => Ok(Self::Wow),
            v1::Reaction::Fire => Ok(Self::Fire),
            v1::Reaction::Unspecified => Err(Problem::invalid("reaction", "", "has to be given")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn envelope(act: Act) -> Envelope {
        let interaction = Interaction {
            id: Uuid::from_u128(7),
            room: RoomName::new("final").unwrap(),
            user: "ada".to_owned(),
            name: Some("Ada".to_owned()),
            occurred_at_ms: 1_700_000_000_000,
            act,
        };
        Envelope { interaction, trace_parent: None }
    }

    #[test]
    fn what_is_written_is_read() {
        let people = Act::People { gateway: "gateway-1".to_owned(), count: 12 };
        let acts = [Act::Ask("Why?".to_owned()), Act::Vote(Uuid::from_u128(3)), people];
        for act in acts.into_iter().chain(Reaction::ALL.map(Act::React)) {
            let envelope = envelope(act);
            assert_eq!(Envelope::decode(&envelope.encode()).unwrap(), envelope);
        }
    }

    #[test]
    fn a_record_of_version_1_is_read_as_it_was_written() {
        let record: &[u8] = include_bytes!("../proto/v1-ask.binpb");
        assert_eq!(Envelope::decode(record).unwrap(), envelope(Act::Ask("Why?".to_owned())));
    }

    #[track_caller]
    fn check_refused(change: impl FnOnce(&mut v1::Envelope), why: &str) {
        let mut wire = v1::Envelope::decode(&*envelope(Act::Ask("Why?".to_owned())).encode()).unwrap();
        change(&mut wire);
        assert_eq!(Envelope::decode(&wire.encode_to_vec()).unwrap_err().to_string(), why);
    }

    #[test]
    fn what_cannot_be_folded_is_refused_in_words() {
        let newer = "schemaVersion 2 is newer than 1, the newest that this worker reads";
        check_refused(|wire| wire.schema_version = 2, newer);
        check_refused(|wire| wire.id = vec![1, 2], "id has 2 bytes, a UUID has 16");
        check_refused(|wire| wire.room = "a b".into(), "room \"a b\" has to be 1 to 64 of a-z A-Z 0-9 . _ -");
        check_refused(|wire| wire.interaction = None, "the envelope has no interaction that is known");
        let react = v1::envelope::Interaction::React(v1::React { reaction: 99 });
        check_refused(|wire| wire.interaction = Some(react), "reaction 99 is none that is known");
        assert_eq!(Envelope::decode(&[0; 9000]).unwrap_err(), Fault::TooLarge(9000));
        assert!(
            Envelope::decode(b"{\"json\": 1}")
                .unwrap_err()
                .to_string()
                .starts_with("the record is no envelope")
        );
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(record in proptest::collection::vec(any::<u8>(), 0..512)) {
            if let Ok(envelope) = Envelope::decode(&record) {
                prop_assert_eq!(Envelope::decode(&envelope.encode()).unwrap(), envelope);
            }
        }
    }
}
