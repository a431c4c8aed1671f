//! The gRPC door: the same desk and the same rooms, for programs. Reflection and health are served beside it.

use std::sync::Arc;

use futures::{Stream, StreamExt as _, stream::BoxStream};
use realtime_protocol::{
    Act, Claims, Problem, Reaction, RoomName, Update, Uuid, limits,
    v1::{
        self, Acknowledged, GetRoomRequest, PostQuestionRequest, PostReactionRequest, PostVoteRequest,
        RoomEvent, RoomState, WatchRequest,
        room_event::Event,
        rooms_server::{Rooms, RoomsServer},
    },
};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, metadata::MetadataMap, transport::server::Router};

use super::{
    ENDS, Gateway, HAS_ROOM,
    desk::{Door, interaction},
    elsewhere,
    lobby::{Place, Standing},
    refusal::status,
};
use crate::metrics::Counted;

/// Events on their way to a caller; one that takes none for as long as a socket may is dropped.
const EVENTS: usize = 4;
/// Calls of one connection at once.
const CALLS: usize = 256;

/// The door.
#[derive(Clone, Debug)]
struct GrpcDoor(Arc<Gateway>);

/// The services of the port.
pub(super) async fn services(gateway: Arc<Gateway>) -> anyhow::Result<Router> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<RoomsServer<GrpcDoor>>().await;
    let draining = gateway.lifecycle.draining.clone();
    tokio::spawn(async move {
        draining.cancelled().await;
        health.set_not_serving::<RoomsServer<GrpcDoor>>().await;
    });
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(v1::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let rooms = RoomsServer::new(GrpcDoor(gateway)).max_decoding_message_size(limits::FRAME_BYTES);
    let mut server = tonic::transport::Server::builder()
        .concurrency_limit_per_connection(CALLS)
        .http2_keepalive_interval(Some(std::time::Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(std::time::Duration::from_secs(20)));
    Ok(server.add_service(rooms).add_service(health_service).add_service(reflection))
}

#[tonic::async_trait]
impl Rooms for GrpcDoor {
    async fn post_question(
        &self,
        asked: Request<PostQuestionRequest>,
    ) -> Result<Response<Acknowledged>, Status> {
        let claims = self.known(asked.metadata())?;
        let PostQuestionRequest { id, room, text } = asked.into_inner();
        self.take(&claims, &id, &room, Act::Ask(text)).await
    }

    async fn post_vote(&self, asked: Request<PostVoteRequest>) -> Result<Response<Acknowledged>, Status> {
        let claims = self.known(asked.metadata())?;
        let PostVoteRequest { id, room, question } = asked.into_inner();
        let question = uuid("question", &question).map_err(|problem| status(&problem))?;
        self.take(&claims, &id, &room, Act::Vote(question)).await
    }

    async fn post_reaction(
        &self,
        asked: Request<PostReactionRequest>,
    ) -> Result<Response<Acknowledged>, Status> {
        let claims = self.known(asked.metadata())?;
        let reaction = v1::Reaction::try_from(asked.get_ref().reaction).unwrap_or(v1::Reaction::Unspecified);
        let reaction = Reaction::try_from(reaction).map_err(|problem| status(&problem))?;
        let PostReactionRequest { id, room, .. } = asked.into_inner();
        self.take(&claims, &id, &room, Act::React(reaction)).await
    }

    async fn get_room(&self, asked: Request<GetRoomRequest>) -> Result<Response<RoomState>, Status> {
        let room = self.room(&self.known(asked.metadata())?, &asked.get_ref().room)?;
        let told = self.0.told(&room).await.map_err(|problem| status(&problem))?;
        Ok(Response::new(state(&told.json)?))
    }

    type WatchStream = BoxStream<'static, Result<RoomEvent, Status>>;

    async fn watch(&self, asked: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let claims = self.known(asked.metadata())?;
        let room = self.room(&claims, &asked.get_ref().room)?;
        if !self.0.lifecycle.is_open() {
            return Err(status(&self.0.closing()));
        }
        let ticket = asked.get_ref().ticket.as_deref().map(|ticket| uuid("ticket", ticket)).transpose();
        let ticket = ticket.map_err(|problem| status(&problem))?;
        let comer = elsewhere::comer(&self.0.redis, &claims.sub, ticket).await;
        let place = self.0.lobby.come(comer).map_err(|problem| status(&problem))?;
        let (events, stream) = mpsc::channel(EVENTS);
        let gateway = self.0.clone();
        self.0.sockets.spawn(async move {
            let _open = Counted::up(&gateway.metrics.connections);
            let caller = Caller { user: &claims.sub, room: &room };
            watch(&gateway, caller, place, &Events { events, gateway: &gateway }).await;
        });
        Ok(Response::new(received(stream).boxed()))
    }
}

fn received<T>(stream: mpsc::Receiver<T>) -> impl Stream<Item = T> {
    futures::stream::unfold(stream, async |mut stream| Some((stream.recv().await?, stream)))
}

impl GrpcDoor {
    fn known(&self, metadata: &MetadataMap) -> Result<Claims, Status> {
        let header = metadata.get("authorization").and_then(|value| value.to_str().ok());
        self.0.desk.known_by_header(header).map_err(|problem| status(&problem))
    }

    #[expect(clippy::unused_self, reason = "reads like the others")]
    fn room(&self, claims: &Claims, room: &str) -> Result<RoomName, Status> {
        let room = RoomName::new(room).map_err(|problem| status(&problem))?;
        claims.opens(&room).map_err(|problem| status(&problem))?;
        Ok(room)
    }

    async fn take(
        &self,
        claims: &Claims,
        id: &str,
        room: &str,
        act: Act,
    ) -> Result<Response<Acknowledged>, Status> {
        let room = self.room(claims, room)?;
        let id = uuid("id", id).map_err(|problem| status(&problem))?;
        if !self.0.lifecycle.is_open() {
            return Err(status(&self.0.closing()));
        }
        let taken = self.0.desk.take(Door::Grpc, interaction(claims.into(), &room, id, act)).await;
        let id = taken.map_err(|problem| status(&problem))?;
        Ok(Response::new(Acknowledged { id: id.to_string() }))
    }
}

fn uuid(field: &str, text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::invalid(field, text, "is no UUID"))
}

/// Where a watcher is told.
struct Events<'a> {
    events: mpsc::Sender<Result<RoomEvent, Status>>,
    gateway: &'a Gateway,
}

impl Events<'_> {
    /// `None` when the caller has gone or does not read.
    async fn tell(&self, event: Event) -> Option<()> {
        let event = RoomEvent { event: Some(event) };
        let told = self.events.send_timeout(Ok(event), self.gateway.settings.read_within_ms).await;
        told.inspect_err(|error| {
            if matches!(error, mpsc::error::SendTimeoutError::Timeout(_)) {
                self.gateway.metrics.dropped_readers.inc();
            }
        })
        .ok()
    }
}

/// Who watches what.
#[derive(Clone, Copy)]
struct Caller<'a> {
    user: &'a str,
    room: &'a RoomName,
}

/// `None` when the caller has gone, or was told goodbye.
async fn watch(gateway: &Gateway, caller: Caller<'_>, mut place: Place, events: &Events<'_>) -> Option<()> {
    let mut leave = std::pin::pin!(gateway.time_to_leave());
    let mut standing = place.standing();
    loop {
        match standing {
            Standing::Inside => break,
            Standing::InLine(position) => events.tell(Event::Waiting(v1::Waiting { position })).await?,
            // Nobody is sent away without a ticket.
            Standing::Elsewhere => {
                if let Some(ticket) = elsewhere::ticket(&gateway.redis, caller.user, place.since_us()).await {
                    return events.tell(goodbye(gateway, HAS_ROOM, Some(ticket))).await;
                }
            }
        }
        standing = tokio::select! {
            standing = place.moved() => standing,
            () = &mut leave => {
                let ticket = elsewhere::ticket(&gateway.redis, caller.user, place.since_us()).await;
                return events.tell(goodbye(gateway, ENDS, ticket)).await;
            }
            () = events.events.closed() => return None,
        };
    }
    let mut stay = gateway.rooms.enter(caller.room);
    gateway.metrics.registrations.inc();
    stay.watching.mark_changed();
    loop {
        tokio::select! {
            () = &mut leave => return events.tell(goodbye(gateway, ENDS, None)).await,
            () = events.events.closed() => return None,
            changed = stay.watching.changed() => changed.ok()?,
        }
        let told = stay.watching.borrow_and_update().told.clone();
        if let Some(told) = told {
            events.tell(Event::Update(state(&told.json).ok()?)).await?;
            gateway.metrics.updates_sent.inc();
        }
    }
}

fn goodbye(gateway: &Gateway, reason: &str, ticket: Option<Uuid>) -> Event {
    let retry_after_ms = gateway.retry_after_ms();
    let ticket = ticket.map(|ticket| ticket.to_string());
    Event::Goodbye(v1::Goodbye { reason: reason.to_owned(), retry_after_ms, ticket })
}

/// An update as protobuf says it.
fn state(json: &[u8]) -> Result<RoomState, Status> {
    let update: Update = serde_json::from_slice(json)
        .map_err(|error| Status::internal(format!("an update cannot be read: {error}")))?;
    let question = |one: realtime_protocol::Question| v1::Question {
        id: one.id.to_string(),
        user: one.user,
        name: one.name,
        text: one.text,
        votes: one.votes,
    };
    let leader =
        |one: realtime_protocol::Leader| v1::Leader { user: one.user, name: one.name, points: one.points };
    let reaction =
        |(reaction, count)| v1::ReactionCount { reaction: v1::Reaction::from(reaction).into(), count };
    Ok(RoomState {
        room: update.room.as_str().to_owned(),
        version: update.version,
        folded: update.folded,
        at_ms: update.at,
        questions: update.questions.into_iter().map(question).collect(),
        reactions: update.reactions.into_iter().map(reaction).collect(),
        leaderboard: update.leaderboard.into_iter().map(leader).collect(),
        people: update.people,
    })
}
