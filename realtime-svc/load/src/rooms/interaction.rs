//! What people do in a room, and how often which.

use std::str::FromStr;
use std::time::Duration;

use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use uuid::Uuid;

/// One thing that a person does. Its id is its identity, however often it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interaction {
    pub(crate) id: Uuid,
    /// When it was intended, since the begin.
    pub(crate) at: Duration,
    pub(crate) deed: Deed,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Ask,
    /// For the question with this id.
    Vote(Uuid),
    React,
}

/// An interaction that was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acked {
    /// Its id.
    pub id: Uuid,
    /// The number of its room.
    pub room: u32,
}

/// How often people do what: parts of a whole that need not be 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Reactions.
    pub react: u32,
    /// Votes for a question; a reaction where the room has none.
    pub vote: u32,
    /// Questions.
    pub ask: u32,
}

/// What is not a mix.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a mix such as react=70,vote=25,ask=5")]
pub struct MixError(String);

/// What is drawn of a mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ask,
    Vote,
    React,
}

impl Default for Mix {
    fn default() -> Self {
        Self { react: 70, vote: 25, ask: 5 }
    }
}

impl Mix {
    pub(crate) fn draw(self, chance: &mut Pcg64Mcg) -> Kind {
        let Self { react, vote, ask } = self;
        match chance.random_range(0..react + vote + ask) {
            drawn if drawn < react => Kind::React,
            drawn if drawn < react + vote => Kind::Vote,
            _ => Kind::Ask,
        }
    }
}

impl FromStr for Mix {
    type Err = MixError;

    fn from_str(words: &str) -> Result<Self, MixError> {
        let refuse = || MixError(words.into());
        let mut mix = Self { react: 0, vote: 0, ask: 0 };
        for word in words.split(',') {
            let (kind, parts) = word.trim().split_once('=').ok_or_else(refuse)?;
            let parts: u16 = parts.parse().map_err(|_| refuse())?;
            let of = match kind {
                "react" => &mut mix.react,
                "vote" => &mut mix.vote,
                "ask" => &mut mix.ask,
                _ => return Err(refuse()),
            };
            *of = u32::from(parts);
        }
        if mix.react + mix.vote + mix.ask == 0 { Err(refuse()) } else { Ok(mix) }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn kinds_are_drawn_by_their_parts() {
        let (mut chance, mut counts) = (Pcg64Mcg::seed_from_u64(2), [0; 3]);
        for _ in 0..10_000 {
            counts[match Mix::default().draw(&mut chance) {
                Kind::React => 0,
                Kind::Vote => 1,
                Kind::Ask => 2,
            }] += 1;
        }
        // Four standard deviations of 10,000 draws are 184, 174 and 88.
        for (count, expected, off) in [(counts[0], 7_000, 184), (counts[1], 2_500, 174), (counts[2], 500, 88)]
        {
            assert!((expected - off..=expected + off).contains(&count), "{counts:?}");
        }
    }

    #[test]
    fn a_mix_is_read_or_refused_in_words() {
        assert_eq!("vote=1".parse::<Mix>().unwrap(), Mix { react: 0, vote: 1, ask: 0 });
        for wrong in ["", "dance=1", "react", "react=0", "react=-1", "react=99999999999"] {
            assert!(wrong.parse::<Mix>().unwrap_err().to_string().contains("is not a mix"), "{wrong}");
        }
    }
}
