//! Load on live rooms by WebSocket: people who come and go by one shape, and interact by another, all in one process.
//!
//! A person keeps what was not acknowledged, and sends it again with the same id after being cut off or told to go
//! elsewhere. Latency is from the time that the shape meant, so a person who has no socket then is late, not left out; one
//! who has never been let in is so where everybody acts.

mod connect;
mod crowd;
mod interaction;
mod mailbox;
mod person;
mod seats;
mod target;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use realtime_protocol::RoomName;
use tokio::time::{Instant, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::files;
use crate::load::Load;
use crate::pace::pace;
use crate::report::Report;
use crate::shape::Shape;
use crate::tally::Tally;
use crate::trust::TrustError;
use connect::Door;
use crowd::Crowd;
pub use crowd::CrowdReport;
pub use interaction::{Acked, Mix, MixError};
pub use target::{Target, TargetError};
pub use tokens::{Tokens, TokensError};

/// How often people are sent in or home: 90 at a time where 18,000 come within ten seconds.
const CROWD_EVERY: Duration = Duration::from_millis(50);
/// People of the begin who are sent in each time: 2,000 a second.
const ASSEMBLE_AT_ONCE: usize = 100;
/// The clock begins then at the latest, with whoever is there.
const ASSEMBLE_WITHIN: Duration = Duration::from_secs(60);
/// To say good-bye on all sockets.
const LEAVE_WITHIN: Duration = Duration::from_secs(10);

/// Who comes, and what they do.
#[derive(Debug)]
pub struct Rooms {
    /// Where sockets are opened; with several, people are spread over them, and go to the next one when one fails.
    pub targets: Vec<Target>,
    /// How many people are there.
    pub people: Shape,
    /// Rooms that they are spread over, evenly.
    pub rooms: u32,
    /// The name of a room, before its number.
    pub room_prefix: String,
    /// What they do.
    pub mix: Mix,
    /// What they show at the door.
    pub tokens: Tokens,
    /// Who of them does it.
    pub actors: Actors,
    /// What they do with what is refused for now.
    pub retry: Retry,
    /// The chance by which people and what they do are drawn.
    pub seed: u64,
}

/// Who does what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actors {
    /// Those who have been let in: what the service carries.
    LetIn,
    /// All who are meant to be there; what is due of those who are shut out or in line waits for them, and is late: what people
    /// meet.
    Everybody,
}

/// What people do with an interaction that is refused for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// They send it again, under the same id, after the time that the service says.
    WhenTold,
    /// They leave it.
    Never,
}

/// What a run came to.
#[derive(Debug)]
pub struct Played {
    /// For people and machines.
    pub report: Report,
    /// Each interaction that was acknowledged, to be looked up.
    pub acked: Vec<Acked>,
}

/// What cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum RoomsError {
    /// A target that has no address.
    #[error("cannot look up {host}")]
    Host {
        /// Its host.
        host: String,
        /// Why.
        source: std::io::Error,
    },
    /// A name that no room has, or no server.
    #[error("{0}")]
    Name(String),
    /// TLS that cannot be spoken.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// Sends the people of `rooms`, who interact as `load` says, counting in `tally`, until it is over or `stop` is cancelled.
///
/// The people of the begin are there before the clock begins.
///
/// # Errors
/// A target that cannot be looked up, and names that no room has; what the service does wrong is in the report.
pub async fn run(
    rooms: Rooms,
    load: &Load,
    tally: Arc<Tally>,
    stop: &CancellationToken,
) -> Result<Played, RoomsError> {
    files::raise_limit();
    let target = rooms.targets.iter().map(Target::to_string).collect::<Vec<_>>().join(", ");
    let door = Door::look_up(rooms.targets, rooms.tokens).await?;
    let peak = rooms.people.peak(load.length).round() as usize;
    let names = (0..rooms.rooms).map(|room| RoomName::new(&format!("{}{room}", rooms.room_prefix)));
    let names = names.collect::<Result<Vec<_>, _>>().map_err(|problem| RoomsError::Name(problem.detail))?;
    let crowd = Arc::new(Crowd::new(peak, names, door, (rooms.actors, rooms.retry), Arc::clone(&tally)));
    let people = TaskTracker::new();
    assemble(&crowd, &people, rooms.people.level_at(Duration::ZERO).round() as usize, stop).await;
    let begin = crowd.begin();
    let mut chance = Pcg64Mcg::seed_from_u64(rooms.seed);
    let pacing = pace(load.arrivals(), begin, stop, |at| {
        crowd.interact(at, rooms.mix, &mut chance);
    });
    let background = background(&crowd, &people, &rooms.people, load);
    let ended = tokio::select! {
        ended = async {
            let ended = pacing.await;
            answered(&crowd, &tally, load.patience).await;
            ended
        } => ended,
        () = background => unreachable!("it goes on"),
    };
    let length = begin.elapsed().min(load.length);
    // What nobody waited for any more.
    crowd.give_up(Duration::MAX, Duration::ZERO);
    crowd.send_home(0);
    people.close();
    // Sockets that do not close are cut with the runtime.
    _ = timeout(LEAVE_WITHIN, people.wait()).await;
    let mut report = Report::of(&target, ended, length, &tally);
    report.crowd = Some(crowd.report());
    Ok(Played { report, acked: crowd.take_acked() })
}

/// Sends in the people of the begin, and returns when they are in rooms or waiting.
async fn assemble(crowd: &Arc<Crowd>, people: &TaskTracker, count: usize, stop: &CancellationToken) {
    let (began, mut ticks) = (Instant::now(), interval(CROWD_EVERY));
    while crowd.placed() < count && began.elapsed() < ASSEMBLE_WITHIN && !stop.is_cancelled() {
        ticks.tick().await;
        let next = (crowd.sent_in() + ASSEMBLE_AT_ONCE).min(count);
        crowd.send_in(next, people);
    }
}

/// Brings the crowd to its shape, gives up on what nobody answers, and looks at who is there each second.
async fn background(crowd: &Arc<Crowd>, people: &TaskTracker, shape: &Shape, load: &Load) {
    let (mut ticks, mut looked) = (interval(CROWD_EVERY), 0);
    loop {
        ticks.tick().await;
        let now = crowd.begin().elapsed();
        // After its length people stay until all is answered.
        let count = shape.level_at(now.min(load.length)).round() as usize;
        crowd.send_in(count, people);
        crowd.send_home(count);
        if looked < now.as_secs() {
            looked = now.as_secs();
            crowd.look(Duration::from_secs(looked - 1));
            crowd.give_up(now, load.patience);
        }
    }
}

/// Waits for what is due to end: to be answered, or given up.
async fn answered(crowd: &Crowd, tally: &Tally, patience: Duration) {
    let mut ticks = interval(CROWD_EVERY);
    let last = crowd.begin().elapsed() + patience + Duration::from_secs(2);
    while tally.counts().open() > 0 && crowd.begin().elapsed() < last {
        ticks.tick().await;
    }
}
