//! People who interact while something dies.

use std::sync::Arc;
use std::time::Duration;

use realtime_e2e::{Gateway, Service};
use realtime_load::rooms::{Actors, Mix, Played, Retry, Rooms, Tokens, run};
use realtime_load::{Load, Spacing, Tally};
use tokio_util::sync::CancellationToken;

/// How much comes: what two busy cores carry beside other tests.
pub(crate) struct Crowd {
    pub(crate) people: u64,
    pub(crate) rooms: u32,
    pub(crate) interactions: u64,
    length: Duration,
    /// What dies, dies when so many are acknowledged.
    before: u64,
}

pub(crate) const PLAYED: Crowd =
    Crowd { people: 120, rooms: 12, interactions: 1_200, length: Duration::from_secs(12), before: 200 };

/// Plays people at these gateways, and has `die` happen while they are at it. Whoever comes meanwhile is awaited for a minute:
/// elections and failovers take seconds, and a busy machine doubles them.
pub(crate) async fn play(
    service: &Service,
    gateways: &[&Gateway],
    rooms: &str,
    die: impl AsyncFnOnce(),
) -> Played {
    let rate = format!("{}", PLAYED.interactions / PLAYED.length.as_secs());
    let load = Load {
        rate: rate.parse().unwrap(),
        length: PLAYED.length,
        spacing: Spacing::Even,
        objective: Duration::from_secs(1),
        patience: Duration::from_secs(60),
    };
    let targets = gateways.iter().map(|gateway| format!("ws://{}/ws/v1", gateway.address).parse().unwrap());
    let people = Rooms {
        targets: targets.collect(),
        people: PLAYED.people.to_string().parse().unwrap(),
        rooms: PLAYED.rooms,
        room_prefix: rooms.into(),
        mix: Mix::default(),
        tokens: Tokens::signed(&service.token_key_file(), "load-").unwrap(),
        actors: Actors::LetIn,
        retry: Retry::WhenTold,
        seed: 1,
    };
    let tally = Arc::new(Tally::new(load.objective));
    let stop = CancellationToken::new();
    let playing = run(people, &load, Arc::clone(&tally), &stop);
    let dying = async {
        while tally.counts().acked < PLAYED.before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        die().await;
    };
    let (played, ()) = tokio::join!(playing, dying);
    let played = played.unwrap();
    println!("{}", played.report);
    played
}
