//! TLS, SASL PLAIN and SCRAM, with TLS and without: who is let in, who is not and in what words, and credentials that rotate.

use std::path::Path;

use prescale_controller::sources::connection::Place;
use prescale_controller::sources::kafka::{Mechanism, Security, Settings, servers};
use prescale_testbed::brokers::{PLAIN_USERS, SCRAM_USERS, Topic, User};
use prescale_testbed::{Authority, Brokers};

use crate::brokers;
use crate::watch::Watch;

/// One of each mechanism.
const USERS: [(Mechanism, User); 2] =
    [(Mechanism::Plain, PLAIN_USERS[0]), (Mechanism::ScramSha512, SCRAM_USERS[0])];

#[tokio::test(flavor = "multi_thread")]
async fn users_are_let_in_by_either_mechanism() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("guarded", 1)).await.unwrap();
    for (mechanism, user) in USERS {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), user, &brokers.authority().pem());
        let watch = Watch::with(settings(brokers, mechanism, folder.path()), "guarded", None);
        watch.is_begun().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_let_in_without_tls_and_others_are_not() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("unencrypted", 1)).await.unwrap();
    let tried = USERS.map(|(mechanism, user)| async move {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), User { password: "guessed", ..user }, "");
        let settings = Settings {
            bootstrap_servers: servers(&brokers.unencrypted()),
            security: Security::SaslPlaintext(mechanism),
            ..settings(brokers, mechanism, folder.path())
        };
        let watch = Watch::with(settings, "unencrypted", None);
        watch.fails(&format!("our user may not log in: user {}", user.name)).await;
        write(folder.path(), user, "");
        watch.is_begun().await;
    });
    futures::future::join_all(tried).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_and_a_right_one_is_taken_up_while_running() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("locked", 1)).await.unwrap();
    let next = [PLAIN_USERS[1], SCRAM_USERS[1]];
    let tried = USERS.into_iter().zip(next).map(|((mechanism, user), next)| async move {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), User { password: "guessed", ..user }, &brokers.authority().pem());
        let watch = Watch::with(settings(brokers, mechanism, folder.path()), "locked", None);
        watch.fails(&format!("our user may not log in: user {}", user.name)).await;
        let said = watch.now().unwrap_err().to_string();
        assert!(!said.contains("guessed"), "the password is told: {said}");
        write(folder.path(), next, &brokers.authority().pem());
        watch.is_begun().await;
    });
    futures::future::join_all(tried).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn brokers_of_another_authority_are_not_trusted() {
    let brokers = brokers().await;
    brokers.create(&Topic::new("trusted", 1)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let strangers = Authority::create("strangers", folder.path()).unwrap();
    write(folder.path(), PLAIN_USERS[0], &strangers.pem());
    let watch = Watch::with(settings(brokers, Mechanism::Plain, folder.path()), "trusted", None);
    watch.fails("certificate").await;
}

fn settings(brokers: &Brokers, mechanism: Mechanism, folder: &Path) -> Settings {
    Settings {
        bootstrap_servers: servers(&brokers.secured()),
        security: Security::SaslTls(mechanism),
        credentials: Some(Place::Path(folder.to_owned())),
        ..Settings::plaintext("")
    }
}

/// What a mounted Secret holds.
fn write(folder: &Path, user: User, authority: &str) {
    for (key, value) in [("username", user.name), ("password", user.password), ("ca.crt", authority)] {
        std::fs::write(folder.join(key), value).unwrap();
    }
}
