//! Who is refused, and as whom the others are known.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    caller::{Caller, Got},
    world::{Ca, GATEWAY, LIVE, World, trusted},
};

async fn read(caller: &Caller) -> Got {
    caller.get(&format!("{LIVE}/demand?{GATEWAY}")).await
}

fn last_review(world: &World) -> Value {
    world.api_server.reviews.lock().unwrap().last().unwrap()["spec"].clone()
}

#[tokio::test]
async fn anonymous_callers_are_refused_by_name() {
    let world = World::new().await;
    let message = read(&world.caller(None)).await.refused(403, "Forbidden");
    assert!(message.contains("\"system:anonymous\" cannot list resource \"demand\""), "{message}");
    assert_eq!(last_review(&world)["groups"], json!(["system:unauthenticated"]));
}

#[tokio::test]
async fn a_forged_remote_user_is_nobody() {
    let world = World::new().await;
    let forged =
        |caller: Caller| caller.with("X-Remote-User", "hpa").with("X-Remote-Group", "system:masters");
    let message = read(&forged(world.caller(None))).await.refused(403, "Forbidden");
    assert!(message.contains("system:anonymous"), "{message}");
    // A user's own certificate does not make them the front proxy, whatever its name.
    let user = world.client_ca.identity("front-proxy-client", None);
    let message = read(&forged(world.caller(Some(user)))).await.refused(403, "Forbidden");
    assert!(message.contains("\"front-proxy-client\""), "{message}");
}

#[tokio::test]
async fn certificates_that_nobody_vouches_for_are_refused() {
    let world = World::new().await;
    let check = async |identity, part: &str| {
        let caller = world.caller(Some(identity)).with("X-Remote-User", "hpa");
        let message = read(&caller).await.refused(401, "Unauthorized");
        assert!(message.contains(part), "{message}");
    };
    check(world.proxy_ca.identity("somebody", None), "`somebody` is not one of the front proxy's").await;
    check(world.proxy_ca.expired("front-proxy-client"), "expired").await;
    check(world.client_ca.expired("hpa"), "expired").await;
    check(Ca::new("front-proxy-ca").identity("front-proxy-client", None), "not accepted").await;
    check(Ca::new("unheard-of").identity("hpa", Some("system:masters")), "UnknownIssuer").await;
    assert_eq!(world.api_server.access_reviews(), 0);
}

#[tokio::test]
async fn a_user_is_who_the_front_proxy_says() {
    let world = World::new().await;
    let caller = world
        .caller(Some(world.front_proxy()))
        .with("X-Remote-User", "eve@example.org")
        .with("X-Remote-Group", "people")
        .with("X-Remote-Group", "night shift")
        .with("X-Remote-Extra-Example.org%2FScope", "read")
        .with("X-Remote-Extra-Example.org%2FScope", "write");
    assert_eq!(read(&caller).await.code, 200);
    let review = last_review(&world);
    assert_eq!(review["user"], "eve@example.org");
    assert_eq!(review["groups"], json!(["people", "night shift", "system:authenticated"]));
    assert_eq!(review["extra"], json!({"example.org/scope": ["read", "write"]}));
}

#[tokio::test]
async fn masters_are_asked_nothing() {
    let world = World::new().await;
    let proxied = world
        .caller(Some(world.front_proxy()))
        .with("X-Remote-User", "system:kube-aggregator")
        .with("X-Remote-Group", "system:masters");
    let direct = world.caller(Some(world.client_ca.identity("admin", Some("system:masters"))));
    assert_eq!((read(&proxied).await.code, read(&direct).await.code), (200, 200));
    assert_eq!(world.api_server.access_reviews(), 0);
}

#[tokio::test]
async fn users_without_the_right_are_refused() {
    let world = World::new().await;
    let mallory = world.caller(Some(world.client_ca.identity("mallory", Some("people"))));
    let message = read(&mallory).await.refused(403, "Forbidden");
    assert!(message.contains("\"mallory\" cannot list"), "{message}");
    assert_eq!(last_review(&world)["groups"], json!(["people", "system:authenticated"]));
    assert_eq!(read(&world.caller(Some(world.client_ca.identity("hpa", None)))).await.code, 200);
}

#[tokio::test]
async fn a_bearer_token_is_reviewed_once() {
    let world = World::new().await;
    let robot = world.caller(None).with("Authorization", "Bearer good");
    for _ in 0..3 {
        assert_eq!(read(&robot).await.code, 200);
    }
    assert_eq!(last_review(&world)["groups"], json!(["robots", "system:authenticated"]));
    assert_eq!(world.api_server.reviews.lock().unwrap().len(), 2, "one of the token, one of the right");
    let forger = world.caller(None).with("Authorization", "Bearer forged");
    assert!(read(&forger).await.refused(401, "Unauthorized").contains("not valid"));
    // A good token helps where a certificate does not.
    let unknown = Ca::new("unheard-of").identity("x", None);
    assert_eq!(read(&world.caller(Some(unknown)).with("Authorization", "bearer good")).await.code, 200);
}

#[tokio::test]
async fn a_change_of_trust_reaches_connections_that_stand() {
    let world = World::new().await;
    let caller = world.caller(Some(world.front_proxy())).with("X-Remote-User", "hpa");
    assert_eq!(read(&caller).await.code, 200);
    world.trust.store(Arc::new(trusted(&world.proxy_ca, &world.client_ca, r#"["another"]"#)));
    read(&caller).await.refused(401, "Unauthorized");
    world.trust.store(Arc::new(trusted(&world.proxy_ca, &world.client_ca, "[]")));
    assert_eq!(read(&caller).await.code, 200);
}
