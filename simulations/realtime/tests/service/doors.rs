//! The happy path, from each door to everybody in the room.

use realtime_e2e::{Calls, Person, TOKEN_KEY, token};
use realtime_protocol::{
    ClientFrame, Reaction, ServerFrame, Update, Uuid,
    v1::{self, rooms_client::RoomsClient},
};
use tonic::{Request, metadata::MetadataValue};

use crate::fixture::small;

/// The next update for which `is` holds.
async fn update(person: &mut Person, is: impl Fn(&Update) -> bool) -> Update {
    let looked_for = |frame| match frame {
        ServerFrame::Update(update) if is(&update) => Some(update),
        _ => None,
    };
    person.until(looked_for).await.unwrap()
}

fn grpc<T>(user: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let token: MetadataValue<_> = format!("Bearer {}", token(user, TOKEN_KEY)).parse().unwrap();
    request.metadata_mut().insert("authorization", token);
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_through_each_door_is_told_through_all() {
    let (service, gateway) = small(&[]).await;
    let mut ada = Person::join(&gateway, "ada", "doors").await.unwrap();
    let question = ada.ask("Why does it rain?").await.unwrap();

    let bob = Calls::of(&gateway, "bob");
    let vote = format!(r#"{{"question":"{question}"}}"#);
    let vote_id = Uuid::now_v7().to_string();
    let (status, body) = bob.post("/v1/rooms/doors/votes", &vote_id, vote).await.unwrap();
    assert_eq!((status, body), (202, format!(r#"{{"id":"{vote_id}"}}"#)));

    let mut eve = RoomsClient::connect(format!("http://{}", gateway.grpc)).await.unwrap();
    let watch = v1::WatchRequest { room: "doors".to_owned(), name: None, ticket: None };
    let mut events = eve.watch(grpc("eve", watch)).await.unwrap().into_inner();
    let id = Uuid::now_v7().to_string();
    let react = v1::PostReactionRequest {
        id: id.clone(),
        room: "doors".to_owned(),
        reaction: v1::Reaction::Clap.into(),
    };
    assert_eq!(eve.post_reaction(grpc("eve", react)).await.unwrap().into_inner().id, id);

    let told = update(&mut ada, |update| update.folded == 3 && update.people == Some(2)).await;
    assert_eq!(told.questions.len(), 1);
    let first = &told.questions[0];
    assert_eq!((first.id, first.text.as_str(), first.votes), (question, "Why does it rain?", 1));
    assert_eq!(told.reactions, [(Reaction::Clap, 1)].into());
    let points: Vec<_> = told.leaderboard.iter().map(|one| (one.user.as_str(), one.points)).collect();
    assert_eq!(points, [("ada", 5), ("eve", 1), ("bob", 1)]);

    let (status, body) = bob.get("/v1/rooms/doors").await.unwrap();
    let ServerFrame::Update(read) = ServerFrame::parse(&body).unwrap() else { panic!("{body}") };
    assert_eq!((status, read.folded), (200, 3));
    loop {
        let event = events.message().await.unwrap().unwrap().event.unwrap();
        if let v1::room_event::Event::Update(state) = event
            && state.folded == 3
            && state.people == Some(2)
        {
            assert_eq!(state.questions[0].votes, 1);
            break;
        }
    }
    ada.say(&ClientFrame::Leave).await.unwrap();
    while ada.hear().await.unwrap().is_some() {}
    // The correlation ID is on lines of both.
    for process in ["gateway", "worker"] {
        let log = service.log(process);
        let needle = format!("correlation_id={question}");
        assert!(log.lines().any(|line| line.contains(&needle)), "{process}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_comes_again_has_one_effect() {
    let (service, gateway) = small(&[]).await;
    let mut ada = Person::join(&gateway, "ada", "twice").await.unwrap();
    let id = ada.react(Reaction::Heart).await.unwrap();
    // On the same socket, on another one, and through another door: acknowledged each time.
    for mut person in [ada, Person::join(&gateway, "ada", "twice").await.unwrap()] {
        person.say(&ClientFrame::React { id, reaction: Reaction::Heart }).await.unwrap();
        person.acknowledged(id).await.unwrap();
    }
    let bob = Calls::of(&gateway, "ada");
    let (status, _) =
        bob.post("/v1/rooms/twice/reactions", &id.to_string(), r#"{"reaction":"heart"}"#).await.unwrap();
    assert_eq!(status, 202);
    let mut bob = Person::join(&gateway, "bob", "twice").await.unwrap();
    let last = bob.react(Reaction::Wow).await.unwrap();
    assert_ne!(last, id);
    let told = update(&mut bob, |update| update.reactions.contains_key(&Reaction::Wow)).await;
    assert_eq!(told.reactions, [(Reaction::Heart, 1), (Reaction::Wow, 1)].into());
    assert_eq!(told.folded, 2);
    assert!(service.log("worker").contains(&id.to_string()));
}
