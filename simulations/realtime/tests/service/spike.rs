//! More people than there is room for, people who do not read, and a gateway that ends.

use std::time::Duration;

use prescale_testbed::{Signal, until};
use realtime_e2e::{Calls, Person};
use realtime_protocol::{ClientFrame, Reaction, ServerFrame, Uuid};

use crate::fixture::{service, small};

const WITHIN: Duration = Duration::from_secs(60);

/// 0 is in.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to `until`, which gives frames away")]
fn position(frame: ServerFrame) -> Option<u32> {
    match frame {
        ServerFrame::Waiting { position, ahead } => {
            assert_eq!(ahead + 1, position);
            Some(position)
        }
        ServerFrame::Welcome { .. } => Some(0),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_waiting_room_is_orderly() {
    let (service, gateway) = small(&["--capacity", "1", "--waiting-room", "3"]).await;
    let mut ada = Person::join(&gateway, "ada", "line").await.unwrap();
    let mut line = Vec::new();
    for (expected, user) in (1..).zip(["bob", "eve", "joe"]) {
        let mut person = Person::come(&gateway, user, "line").await.unwrap();
        assert_eq!(person.until(position).await.unwrap(), expected, "{user}");
        line.push(person);
    }
    let mut late = Person::come(&gateway, "sue", "line").await.unwrap();
    let problem = late.until(|frame| match frame {
        ServerFrame::Refused { problem, .. } => Some(problem),
        _ => None,
    });
    let problem = problem.await.unwrap();
    assert_eq!(problem.status, 503);
    assert!(problem.retry_after_ms.is_some_and(|wait| 5_000 <= wait), "{problem:?}");
    // Who waits can do nothing but go.
    line[1].say(&ClientFrame::React { id: Uuid::now_v7(), reaction: Reaction::Clap }).await.unwrap();
    let refused = line[1].until(|frame| match frame {
        ServerFrame::Refused { problem, .. } => Some(problem.detail),
        _ => None,
    });
    assert_eq!(refused.await.unwrap(), "you are still in line");
    assert_eq!(service.figure(&gateway.admin, "realtime_waiting", "").await, Some(3.0));
    assert_eq!(service.figure(&gateway.admin, "realtime_queue_joins_total", "").await, Some(3.0));
    // Eve gives up, so Joe moves up; Ada goes, so Bob comes in.
    line.remove(1).say(&ClientFrame::Leave).await.unwrap();
    assert_eq!(line[1].until(position).await.unwrap(), 2);
    ada.say(&ClientFrame::Leave).await.unwrap();
    assert_eq!(line[0].until(position).await.unwrap(), 0);
    assert_eq!(line[1].until(position).await.unwrap(), 1);
    line[0].react(Reaction::Clap).await.unwrap();
    // Bob's connection breaks without a word.
    drop(line.remove(0));
    assert_eq!(line[0].until(position).await.unwrap(), 0);
}

/// The next goodbye: why, and the ticket.
async fn goodbye(person: &mut Person) -> (String, Option<Uuid>) {
    let said = person.until(|frame| match frame {
        ServerFrame::Goodbye { reason, ticket, .. } => Some((reason, ticket)),
        _ => None,
    });
    said.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_gateway_drains_the_line_in_order() {
    let (service, full) = small(&["--capacity", "1", "--gateway-name", "line-full"]).await;
    let ada = Person::join(&full, "ada", "drained").await.unwrap();
    let mut line = Vec::new();
    for (expected, user) in (1..).zip(["bob", "eve", "joe"]) {
        let mut person = Person::come(&full, user, "drained").await.unwrap();
        assert_eq!(person.until(position).await.unwrap(), expected, "{user}");
        line.push(person);
    }
    // There is room for two elsewhere: the first two are told, and keep their places wherever they come.
    let new = service.gateway("new", &["--capacity", "2", "--gateway-name", "line-new"]).await.unwrap();
    let mut tickets = Vec::new();
    for person in &mut line[..2] {
        let (reason, ticket) = goodbye(person).await;
        assert!(reason.contains("another gateway has room"), "{reason}");
        assert_eq!(person.hear().await.unwrap(), None);
        tickets.push(ticket);
    }
    assert_eq!(service.figure(&full.admin, "realtime_sent_elsewhere_total", "").await, Some(2.0));
    let mut bob = Person::come_again(&new, "bob", "drained", tickets[0]).await.unwrap();
    assert_eq!(bob.until(position).await.unwrap(), 0);
    bob.react(Reaction::Clap).await.unwrap();
    // Eve is sent to the full one again, and stands before Joe; a ticket is good once, and for nobody else.
    let mut eve = Person::come_again(&full, "eve", "drained", tickets[1]).await.unwrap();
    assert_eq!(eve.until(position).await.unwrap(), 1, "{}", service.log(&full.name));
    for (user, ticket) in [("eve", tickets[1]), ("sue", tickets[0])] {
        let mut late = Person::come_again(&full, user, "drained", ticket).await.unwrap();
        assert!(1 < late.until(position).await.unwrap(), "{user}");
    }
    // She is told again, where there is room still.
    let (_, ticket) = goodbye(&mut eve).await;
    let mut eve = Person::come_again(&new, "eve", "drained", ticket).await.unwrap();
    assert_eq!(eve.until(position).await.unwrap(), 0);
    drop((ada, line));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_dropped_and_others_are_not_held_up() {
    let service = service().await;
    service.worker("worker", &["--update-every-ms", "10"]).await.unwrap();
    let flags = ["--read-within-ms", "300", "--user-rate", "100000", "--user-burst", "100000"];
    let gateway = service.gateway("gateway", &flags).await.unwrap();
    let mut bob = Person::join(&gateway, "bob", "slow").await.unwrap();
    for letter in ["a", "b", "c", "d", "e"] {
        bob.ask(&letter.repeat(280)).await.unwrap();
    }
    // Ada's kernel keeps little, and she reads nothing.
    let mut ada = Person::connect_with(&gateway, None, Some(4096)).await.unwrap();
    let token = Some(realtime_e2e::token("ada", realtime_e2e::TOKEN_KEY));
    let room = realtime_protocol::RoomName::new("slow").unwrap();
    ada.say(&ClientFrame::Hello { room, token, name: None, ticket: None }).await.unwrap();
    ada.until(|frame| matches!(frame, ServerFrame::Welcome { .. }).then_some(())).await.unwrap();
    let bob = tokio::sync::Mutex::new(bob);
    until("the slow reader to be dropped", WITHIN, async || {
        let mut bob = bob.lock().await;
        for _ in 0..20 {
            bob.react(Reaction::Wow).await.unwrap();
        }
        let dropped = service.figure(&gateway.admin, "realtime_dropped_readers_total", "").await;
        dropped.filter(|dropped| *dropped == 1.0)
    })
    .await
    .unwrap();
    bob.lock().await.react(Reaction::Wow).await.unwrap();
    until("the slow reader's place to be free", WITHIN, async || {
        service.figure(&gateway.admin, "realtime_people", "").await.filter(|people| *people == 1.0)
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_ends_tells_people_and_loses_nothing() {
    let (service, ending) = small(&["--drain-delay-ms", "3000", "--drain-spread-ms", "500"]).await;
    let other = service.gateway("other", &[]).await.unwrap();
    let mut ada = Person::join(&ending, "ada", "drain").await.unwrap();
    let mut ids = Vec::new();
    service.signal(&ending.name, Signal::Terminate).unwrap();
    until("readiness to fail", WITHIN, async || (!service.is_ready(&ending.admin).await).then_some(()))
        .await
        .unwrap();
    // Who is here is still served; who is new is not.
    for _ in 0..10 {
        let id = Uuid::now_v7();
        ada.say(&ClientFrame::React { id, reaction: Reaction::Fire }).await.unwrap();
        ids.push(id);
    }
    let refused = Person::connect(&ending).await.unwrap_err().to_string();
    assert!(refused.contains("503"), "{refused}");
    let (status, said) = Calls::of(&ending, "bob")
        .post("/v1/rooms/drain/reactions", &Uuid::now_v7().to_string(), r#"{"reaction":"clap"}"#)
        .await
        .unwrap();
    assert!(status == 503 && said.contains("connect again"), "{status} {said}");
    let mut acknowledged = Vec::new();
    let wait_ms = ada.until(|frame| match frame {
        ServerFrame::Ack { id } => {
            acknowledged.push(id);
            None
        }
        ServerFrame::Goodbye { retry_after_ms, .. } => Some(retry_after_ms),
        _ => None,
    });
    assert!(wait_ms.await.unwrap() <= 2_000);
    acknowledged.sort();
    assert_eq!(acknowledged, ids);
    assert_eq!(ada.hear().await.unwrap(), None);
    let how = service.ended(&ending.name).await.unwrap();
    assert!(how.contains("exit status 0") || how.is_empty(), "{how}: {}", service.log(&ending.name));
    // Everything is there, and at the other gateway.
    let bob = Calls::of(&other, "bob");
    until("all to be folded", WITHIN, async || {
        let (_, said) = bob.get("/v1/rooms/drain").await.ok()?;
        said.contains("\"fire\":10").then_some(())
    })
    .await
    .unwrap();
}
