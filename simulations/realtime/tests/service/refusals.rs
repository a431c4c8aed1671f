//! What is refused, in words, and who is not disturbed by it.

use std::time::Duration;

use prescale_testbed::{brokers::Record, until};
use prost::Message as _;
use realtime_e2e::{Calls, Gateway, Person, TOKEN_KEY, token};
use realtime_protocol::{ClientFrame, Problem, Reaction, RoomName, ServerFrame, Uuid, v1};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::OnceCell,
};
use tokio_tungstenite::tungstenite::Message;
use tonic::{Code, Request};

use crate::fixture::{brokers, redis, small, topic};

static GATEWAY: OnceCell<(realtime_e2e::Service, Gateway)> = OnceCell::const_new();
const WITHIN: Duration = Duration::from_secs(60);

async fn gateway() -> Gateway {
    GATEWAY.get_or_init(|| small(&["--hello-within-ms", "3000"])).await.1.clone()
}

/// The problem that is said next, and whether the socket is still open after it.
async fn refused(person: &mut Person) -> (Problem, bool) {
    let refused = |frame| match frame {
        ServerFrame::Refused { problem, .. } => Some(problem),
        _ => None,
    };
    let problem = person.until(refused).await.unwrap();
    let is_open =
        person.say(&ClientFrame::React { id: Uuid::now_v7(), reaction: Reaction::Clap }).await.is_ok()
            && person.until(|frame| matches!(frame, ServerFrame::Ack { .. }).then_some(())).await.is_ok();
    (problem, is_open)
}

#[track_caller]
fn check((problem, is_open): (Problem, bool), status: u16, detail: &str, stays: bool) {
    assert!(problem.detail.contains(detail), "{problem:?}");
    assert_eq!((problem.status, is_open), (status, stays), "{problem:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_told_what_is_wrong_and_goes_on_where_it_can() {
    let gateway = gateway().await;
    let mut ada = Person::join(&gateway, "ada", "refused").await.unwrap();
    for (text, status, detail) in [
        ("{\"type\":", 400, "EOF while parsing"),
        ("{\"type\":\"shout\"}", 400, "unknown variant `shout`"),
        ("{\"type\":\"hello\",\"room\":\"other\"}", 409, "hello was said already"),
        (
            "{\"type\":\"ask\",\"id\":\"0192f0c1-2345-7890-abcd-ef0123456789\",\"text\":\"\"}",
            422,
            "text \"\" must not be empty",
        ),
        ("{\"type\":\"vote\",\"id\":\"1\",\"question\":\"2\"}", 400, "UUID parsing failed"),
    ] {
        ada.send(Message::text(text)).await.unwrap();
        check(refused(&mut ada).await, status, detail, true);
    }
    ada.send(Message::text(" ".repeat(5000))).await.unwrap();
    check(refused(&mut ada).await, 413, "at most 4096 bytes", false);
    let mut bob = Person::join(&gateway, "bob", "refused").await.unwrap();
    bob.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    check(refused(&mut bob).await, 400, "not binary", false);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_nobody_we_know_does_not_come_in() {
    let gateway = gateway().await;
    let room = RoomName::new("refused").unwrap();
    let hello =
        |token: Option<String>| ClientFrame::Hello { room: room.clone(), token, name: None, ticket: None };
    for (first, detail) in [
        (hello(None), "a token is needed"),
        (hello(Some("nonsense".to_owned())), "the token cannot be read"),
        (
            hello(Some(token("ada", "another-key-of-the-tests-of-32-bytes"))),
            "no key of ours has signed the token",
        ),
        (hello(Some(token("", TOKEN_KEY))), "the token's sub has to be"),
    ] {
        let mut person = Person::connect(&gateway).await.unwrap();
        person.say(&first).await.unwrap();
        check(refused(&mut person).await, 401, detail, false);
    }
    let mut person = Person::connect(&gateway).await.unwrap();
    person.say(&ClientFrame::React { id: Uuid::now_v7(), reaction: Reaction::Clap }).await.unwrap();
    check(refused(&mut person).await, 409, "the first frame has to be hello", false);
    let mut person = Person::connect_with(&gateway, Some(&token("ada", TOKEN_KEY)), None).await.unwrap();
    person.say(&hello(None)).await.unwrap();
    person.until(|frame| matches!(frame, ServerFrame::Welcome { .. }).then_some(())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_or_speaks_drop_by_drop_is_sent_away() {
    let gateway = gateway().await;
    let mut silent = Person::connect(&gateway).await.unwrap();
    check(refused(&mut silent).await, 408, "no hello within 3s", false);
    // A head that does not end, and a body that does not come.
    let heads = ["GET /ws/v1 HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_owned(), "GET / HTT".to_owned()];
    for head in heads {
        let mut stream = TcpStream::connect(&gateway.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(WITHIN, stream.read_to_end(&mut rest)).await;
        ended.expect("the connection is closed").ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_says_problems() {
    let gateway = gateway().await;
    let ada = Calls::of(&gateway, "ada");
    let id = Uuid::now_v7().to_string();
    let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(300));
    let huge = format!(r#"{{"text":"{}"}}"#, "x".repeat(9000));
    for (path, id, body, status, detail) in [
        ("/v1/rooms/rest/questions", &*id, "{", 400, "EOF while parsing"),
        ("/v1/rooms/rest/questions", &id, r#"{"word":"x"}"#, 400, "missing field `text`"),
        ("/v1/rooms/rest/questions", &id, &long, 422, "has 300 letters, at most 280 may be"),
        ("/v1/rooms/rest/questions", &id, &huge, 413, "at most 4096 bytes"),
        ("/v1/rooms/a%20b/questions", &id, r#"{"text":"x"}"#, 422, "room \"a b\" has to be"),
        ("/v1/rooms/rest/reactions", "1", r#"{"reaction":"clap"}"#, 422, "Idempotency-Key \"1\" is no UUID"),
        ("/v1/rooms/rest/reactions", &id, r#"{"reaction":"boo"}"#, 400, "unknown variant `boo`"),
        ("/v1/rooms", &id, "{}", 404, "no such path"),
        ("/v1/rooms/rest", &id, "{}", 405, "does not know this method"),
    ] {
        let (answered, said) = ada.post(path, id, body).await.unwrap();
        let problem: Problem = serde_json::from_str(&said).unwrap();
        assert!(problem.detail.contains(detail), "{path}: {said}");
        assert_eq!((answered, problem.status), (status, status), "{said}");
    }
    let (status, said) = ada.clone().with_token("x").get("/v1/rooms/rest").await.unwrap();
    assert!(status == 401 && said.contains("the token cannot be read"), "{status} {said}");
    let (status, said) = ada.get("/v1/rooms/never-used").await.unwrap();
    assert!(status == 404 && said.contains("nothing has been done in room"), "{status} {said}");
    let (status, said) = ada.get("/ws/v1").await.unwrap();
    assert!(status == 400 && said.contains("\"detail\""), "{status} {said}");
    let (status, document) = ada.get("/openapi.json").await.unwrap();
    assert!(status == 200 && document.contains("/v1/rooms/{room}/questions"), "{status} {document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_says_codes() {
    let gateway = gateway().await;
    let mut client =
        v1::rooms_client::RoomsClient::connect(format!("http://{}", gateway.grpc)).await.unwrap();
    let ask = |id: &str, room: &str, text: &str, token: Option<String>| {
        let question =
            v1::PostQuestionRequest { id: id.to_owned(), room: room.to_owned(), text: text.to_owned() };
        let mut request = Request::new(question);
        if let Some(token) = token {
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        request
    };
    let known = Some(token("ada", TOKEN_KEY));
    let id = Uuid::now_v7().to_string();
    for (request, code, detail) in [
        (ask(&id, "grpc", "x", None), Code::Unauthenticated, "a token is needed"),
        (ask("1", "grpc", "x", known.clone()), Code::InvalidArgument, "id \"1\" is no UUID"),
        (ask(&id, "a b", "x", known.clone()), Code::InvalidArgument, "room \"a b\""),
        (ask(&id, "grpc", "", known.clone()), Code::InvalidArgument, "text \"\" must not be empty"),
    ] {
        let status = client.post_question(request).await.unwrap_err();
        assert_eq!(status.code(), code, "{status:?}");
        assert!(status.message().contains(detail), "{status:?}");
    }
    client.post_question(ask(&id, "grpc", "x", known)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_can_ask_what_grpc_speaks_and_whether_it_serves() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let address = format!("http://{}", gateway().await.grpc);
    let channel = tonic::transport::Endpoint::new(address).unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel.clone());
    let asked = HealthCheckRequest { service: "realtime.v1.Rooms".to_owned() };
    assert_eq!(health.check(asked).await.unwrap().into_inner().status, 1);
    let mut reflection = ServerReflectionClient::new(channel);
    let list = MessageRequest::ListServices(String::new());
    let asked = ServerReflectionRequest { host: String::new(), message_request: Some(list) };
    let mut answers =
        reflection.server_reflection_info(futures::stream::iter([asked])).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    assert!(list.service.iter().any(|service| service.name == "realtime.v1.Rooms"), "{list:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_too_much_is_told_when_to_come_again() {
    let (_service, gateway) = small(&["--user-rate", "1", "--user-burst", "2"]).await;
    let mut ada = Person::join(&gateway, "ada", "often").await.unwrap();
    for _ in 0..2 {
        ada.react(Reaction::Clap).await.unwrap();
    }
    let said = ada.react(Reaction::Clap).await.unwrap_err().to_string();
    assert!(said.contains("more interactions than this user may make"), "{said}");
    // Others are not concerned.
    Person::join(&gateway, "bob", "often").await.unwrap().react(Reaction::Clap).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_from_the_future_is_passed_over_in_words() {
    let topic = topic().await;
    let service =
        realtime_e2e::Service::on(&brokers().await.bootstrap(), &topic, &redis().await.url(1)).unwrap();
    let admin = service.worker("worker", &[]).await.unwrap();
    let record = |schema_version| {
        let react = v1::React { reaction: v1::Reaction::Clap.into() };
        let envelope = v1::Envelope {
            schema_version,
            id: b"0123456789abcdef".to_vec(),
            room: "future".to_owned(),
            user: "ada".to_owned(),
            interaction: Some(v1::envelope::Interaction::React(react)),
            ..v1::Envelope::default()
        };
        let payload = String::from_utf8(envelope.encode_to_vec()).unwrap();
        Record::to(0).keyed("future").saying(payload)
    };
    let garbage = Record::to(0).saying("no protobuf");
    brokers().await.produce(&topic, &[record(2), garbage, record(1)]).await.unwrap();
    until("what can be read to be folded", WITHIN, async || {
        service.figure(&admin, "realtime_folded_records_total", "").await.filter(|folded| *folded == 1.0)
    })
    .await
    .unwrap();
    for reason in ["from_the_future", "not_protobuf"] {
        assert_eq!(
            service.figure(&admin, "realtime_refused_records_total", reason).await,
            Some(1.0),
            "{reason}"
        );
    }
    let log = service.log("worker");
    assert!(log.contains("schemaVersion 2 is newer than 1, the newest that this worker reads"), "{log}");
}
