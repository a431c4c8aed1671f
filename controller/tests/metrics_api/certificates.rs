//! Certificates that rotate under a server that serves.

use std::{sync::Arc, time::Duration};

use prescale_controller::certificates::{CertificateSettings, Certificates};
use serde_json::json;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::world::{ApiServer, GATEWAY, LIVE, World, settings};

#[tokio::test]
async fn replicas_that_race_share_one_authority() {
    let api_server = Arc::<ApiServer>::default();
    let client = api_server.client();
    let start = || Certificates::start(&client, settings());
    let (one, other, third) = futures::join!(start(), start(), start());
    let bundles = [one, other, third].map(|started| started.unwrap().0.bundle.borrow().pem().to_owned());
    assert_eq!(bundles[0], bundles[1]);
    assert_eq!(bundles[0], bundles[2]);
    assert_eq!(api_server.writes(), 1);
}

#[tokio::test]
async fn a_restart_keeps_the_authority() {
    let world = World::new().await;
    let again = Certificates::start(&world.api_server.client(), settings()).await.unwrap().0;
    assert_eq!(*again.bundle.borrow(), *world.certificates.bundle.borrow());
}

#[tokio::test]
async fn connections_live_on_while_the_authority_is_replaced() {
    let mut world = World::new().await;
    let read = format!("{LIVE}/demand?{GATEWAY}");
    let standing = world.caller(Some(world.client_ca.identity("hpa", None)));
    assert_eq!(standing.get(&read).await.code, 200);
    let former = world.certificates.bundle.borrow_and_update().clone();

    // Somebody deletes the Secret: the keeper looks, and begins anew.
    world.api_server.remove_secrets();
    let shutdown = CancellationToken::new();
    let keeper = tokio::spawn(world.keeper.take().unwrap().run(shutdown.clone()));
    timeout(Duration::from_secs(10), world.certificates.bundle.changed()).await.unwrap().unwrap();
    assert_ne!(*world.certificates.bundle.borrow(), former);

    // This client only trusts the former authority: it still uses its connection.
    assert_eq!(standing.get(&read).await.code, 200);
    let new = world.caller(Some(world.client_ca.identity("hpa", None)));
    assert_eq!(new.get(&read).await.code, 200);
    shutdown.cancel();
    timeout(Duration::from_secs(10), keeper).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_fellow_replica_is_nobody_to_the_metrics_api() {
    let world = World::new().await;
    let peers = &world.certificates.peers;
    let config = peers.client_config(&world.certificates.bundle.borrow()).unwrap();
    let got = world.caller_by(config).get(&format!("{LIVE}/demand?{GATEWAY}")).await;
    got.refused(401, "Unauthorized");
}

#[tokio::test]
async fn a_given_secret_that_cannot_be_served_from_is_named() {
    let api_server = Arc::<ApiServer>::default();
    let given = CertificateSettings { given: Some("cert-manager".into()), ..settings() };
    let refused = Certificates::start(&api_server.client(), given.clone()).await.err().unwrap();
    assert!(format!("{refused:#}").contains("cert-manager"), "{refused:#}");
    api_server.put_secret("cert-manager", json!({"kind": "Secret", "apiVersion": "v1", "data": {}}));
    let refused = Certificates::start(&api_server.client(), given).await.err().unwrap();
    assert!(format!("{refused:#}").contains("tls.crt"), "{refused:#}");
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_takes_no_more_connections() {
    let world = World::new().await;
    let caller = world.caller(None);
    assert_eq!(caller.get("/livez").await.code, 200);
    world.shutdown.cancel();
    let refused = async {
        while tokio::net::TcpStream::connect(world.address).await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), refused).await.unwrap();
}
