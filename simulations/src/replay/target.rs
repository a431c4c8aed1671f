//! Where the load goes, by the scheme of its URL.

use realtime_load::http::Requests;
use realtime_load::rooms::{self, Actors, Mix, Retry, Rooms, Tokens, TokensError};
use realtime_load::shape::{Knot, Shape};

use super::ReplayArgs;

/// Where the load goes.
#[derive(Debug)]
pub(super) enum Target {
    /// A request each.
    Http(Requests),
    /// An interaction each, of people in live rooms.
    Rooms(Rooms),
}

/// A target that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum TargetError {
    #[error("--target {0:?} does not begin with http://, https://, ws:// or wss://")]
    Scheme(String),
    #[error("--target {0:?} is not a URL")]
    Url(String),
    #[error("--method {0:?} is not a method such as GET")]
    Method(String),
    #[error("--header {0:?} is not NAME: VALUE")]
    Header(String),
    #[error("--target")]
    Rooms(#[from] rooms::TargetError),
    #[error("--token-key-file")]
    Tokens(#[from] TokensError),
}

impl Target {
    pub(super) fn of(args: &ReplayArgs) -> Result<Self, TargetError> {
        match args.target.split_once("://") {
            Some(("http" | "https", _)) => requests(args).map(Self::Http),
            Some(("ws" | "wss", _)) => people(args).map(Self::Rooms),
            Some(_) | None => Err(TargetError::Scheme(args.target.clone())),
        }
    }
}

fn requests(args: &ReplayArgs) -> Result<Requests, TargetError> {
    let url = args.target.parse().map_err(|_| TargetError::Url(args.target.clone()))?;
    let method = args.method.parse().map_err(|_| TargetError::Method(args.method.clone()))?;
    let headers = args.headers.iter().map(|words| {
        let (name, value) = words.split_once(':')?;
        Some((name.trim().parse().ok()?, value.trim().parse().ok()?))
    });
    let headers = headers
        .zip(&args.headers)
        .map(|(header, words)| header.ok_or_else(|| TargetError::Header(words.clone())));
    Ok(Requests { url, method, headers: headers.collect::<Result<_, _>>()?, body: args.body.clone() })
}

fn people(args: &ReplayArgs) -> Result<Rooms, TargetError> {
    let level = Knot { at: std::time::Duration::ZERO, level: f64::from(args.users) };
    let tokens = match &args.token_key_file {
        Some(file) => Tokens::signed(file, "load-")?,
        None => Tokens::None,
    };
    Ok(Rooms {
        targets: vec![args.target.parse()?],
        people: Shape::new(vec![level]).expect("a number of people is a level"),
        rooms: args.rooms,
        room_prefix: "room-".into(),
        mix: Mix::default(),
        tokens,
        actors: Actors::LetIn,
        retry: Retry::WhenTold,
        seed: args.seed,
    })
}
