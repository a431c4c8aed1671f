//! Keys and passwords that rotate while the service runs.

use std::time::Duration;

use prescale_testbed::{
    Life, Redis, Subject,
    brokers::{PLAIN_USERS, SCRAM_USERS},
    until,
};
use realtime_e2e::{Calls, Person, Service, TOKEN_KEY, token};
use realtime_protocol::Reaction;

use crate::fixture::{brokers, small, topic};

const WITHIN: Duration = Duration::from_secs(60);
const NEXT_KEY: &str = "the-next-key-of-the-tests-has-32-bytes-too";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_key_rotates_without_a_restart() {
    let (service, gateway) = small(&[]).await;
    let mut ada = Person::join(&gateway, "ada", "keys").await.unwrap();
    ada.react(Reaction::Clap).await.unwrap();
    let status = async |key: &str| {
        let bob = Calls::of(&gateway, "bob").with_token(&token("bob", key));
        bob.get("/v1/rooms/keys").await.unwrap().0
    };
    until("the room to be told", WITHIN, async || (status(TOKEN_KEY).await == 200).then_some(()))
        .await
        .unwrap();
    assert_eq!(status(NEXT_KEY).await, 401);
    // Both are taken, then only the new one; who is in stays in.
    std::fs::write(service.token_key_file(), format!("{NEXT_KEY}\n{TOKEN_KEY}\n")).unwrap();
    until("the new key to be known", WITHIN, async || (status(NEXT_KEY).await == 200).then_some(()))
        .await
        .unwrap();
    assert_eq!(status(TOKEN_KEY).await, 200);
    std::fs::write(service.token_key_file(), NEXT_KEY).unwrap();
    until("the old key to be gone", WITHIN, async || (status(TOKEN_KEY).await == 401).then_some(()))
        .await
        .unwrap();
    assert_eq!(status(NEXT_KEY).await, 200);
    ada.react(Reaction::Clap).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_of_kafka_and_redis_are_read_again() {
    const REDIS_PASSWORD: &str = "redis-one";
    let redis = Redis::start_with_password(REDIS_PASSWORD).await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let (kafka_file, redis_file) = (files.path().join("kafka"), files.path().join("redis"));
    for file in [&kafka_file, &redis_file] {
        std::fs::write(file, "wrong\n").unwrap();
    }
    let user = PLAIN_USERS[0];
    let [kafka_path, redis_path] = [&kafka_file, &redis_file].map(|file| file.display().to_string());
    let flags = [
        "--kafka-user",
        user.name,
        "--kafka-password-file",
        &kafka_path,
        "--redis-password-file",
        &redis_path,
    ];
    let service =
        Service::on(&brokers().await.unencrypted(), &topic().await, &redis.url(1)).unwrap().with(&flags);
    // Both wait for what they cannot reach, and go on when the passwords are right.
    let rotate = async {
        until("both to say that they are refused", WITHIN, async || {
            let worker = service.log("worker").contains("is not reached");
            let gateway = service.log("gateway").to_lowercase().contains("authentication");
            (worker && gateway).then_some(())
        })
        .await
        .unwrap();
        std::fs::write(&kafka_file, user.password).unwrap();
        std::fs::write(&redis_file, REDIS_PASSWORD).unwrap();
    };
    let (worker, gateway, ()) =
        tokio::join!(service.worker("worker", &[]), service.gateway("gateway", &[]), rotate);
    worker.unwrap();
    let mut ada = Person::join(&gateway.unwrap(), "ada", "passwords").await.unwrap();
    ada.react(Reaction::Clap).await.unwrap();
    let told = ada.until(|frame| match frame {
        realtime_protocol::ServerFrame::Update(update) => (update.folded == 1).then_some(()),
        _ => None,
    });
    told.await.unwrap();
}

/// Kafka by SCRAM over TLS, Redis by TLS on both sides, and files of which each is a stranger's at first.
#[tokio::test(flavor = "multi_thread")]
async fn certificates_and_scram_passwords_are_read_again() {
    let redis = Redis::start_secured().await.unwrap();
    let (redis_url, redis_authority) = redis.secured().unwrap();
    let (known, stranger) = (brokers().await.authority(), redis_authority);
    let subject = Subject { name: "svc", group: None, hosts: &["svc"], life: Life::Current };
    let (right, wrong) =
        (redis_authority.issue("svc", subject).unwrap(), known.issue("stranger", subject).unwrap());
    let files = tempfile::tempdir().unwrap();
    let file = |name: &str| files.path().join(name).display().to_string();
    let put = |name: &str, from: &std::path::Path| {
        std::fs::copy(from, files.path().join(name)).unwrap();
    };
    let user = SCRAM_USERS[0];
    std::fs::write(file("kafka-password"), user.password).unwrap();
    put("kafka-ca", stranger.path());
    put("redis-ca", redis_authority.path());
    put("redis-cert", &wrong.certificate);
    put("redis-key", &wrong.key);
    let paths = ["kafka-password", "kafka-ca", "redis-ca", "redis-cert", "redis-key"].map(file);
    let [password, kafka_ca, redis_ca, certificate, key] = &paths;
    let kafka =
        ["--kafka-user", user.name, "--kafka-sasl", "scram-sha-512", "--kafka-password-file", password];
    let trust = ["--kafka-ca-file", kafka_ca, "--redis-ca-file", redis_ca];
    let shown = ["--redis-cert-file", certificate, "--redis-key-file", key];
    let flags = [&kafka[..], &trust, &shown].concat();
    let service = Service::on(&brokers().await.secured(), &topic().await, &redis_url).unwrap().with(&flags);
    let rotate = async {
        until("Kafka and Redis to be refused", WITHIN, async || {
            let (worker, gateway) = (service.log("worker"), service.log("gateway"));
            let is_refused = |said: &str| said.contains("SSL handshake failed");
            (worker.contains("is not reached") && is_refused(&worker) && is_refused(&gateway)).then_some(())
        })
        .await
        .unwrap_or_else(|late| panic!("{late}: {} {}", service.log("worker"), service.log("gateway")));
        put("kafka-ca", known.path());
        put("redis-key", &right.key);
        put("redis-cert", &right.certificate);
    };
    let (worker, gateway, ()) =
        tokio::join!(service.worker("worker", &[]), service.gateway("gateway", &[]), rotate);
    worker.unwrap();
    let mut ada = Person::join(&gateway.unwrap(), "ada", "certificates").await.unwrap();
    ada.react(Reaction::Clap).await.unwrap();
    let told = ada.until(|frame| match frame {
        realtime_protocol::ServerFrame::Update(update) => (update.folded == 1).then_some(()),
        _ => None,
    });
    told.await.unwrap();
}
