//! Thousands who do nothing: people in a room, sockets that never say hello, and requests that never end. What they take is
//! bounded, and others are served meanwhile.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use prescale_testbed::until;
use realtime_e2e::{Gateway, Person};
use realtime_protocol::Reaction;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::fixture::small;

const WITHIN: Duration = Duration::from_secs(60);
/// In a room, silent.
const PEOPLE: usize = 2_000;
/// Sockets without a hello.
const STRANGERS: usize = 1_000;
/// Heads of requests, a few bytes each.
const SLOW: usize = 500;
/// As many at once as come in a burst.
const AT_ONCE: usize = 64;
/// Four times what a socket is measured to take, without optimization, on any allocator.
const KIB_PER_SOCKET: u64 = 16;
/// For what a gateway takes once, however many come: threads, rooms, pages of code.
const KIB_ONCE: u64 = 24 * 1_024;

#[tokio::test(flavor = "multi_thread")]
async fn thousands_who_do_nothing_take_little_and_hold_up_nobody() {
    realtime_load::files::raise_limit();
    // Nobody is sent away before all are there.
    let flags = ["--hello-within-ms", "120000", "--capacity", "2010"];
    let (service, gateway) = small(&flags).await;
    let process = service.process(&gateway.name).unwrap();
    Person::join(&gateway, "first", "idle").await.unwrap().react(Reaction::Clap).await.unwrap();
    let before = resident_kib(process);
    let people = crowd(PEOPLE, async |number| {
        Person::join(&gateway, &format!("idle-{number}"), "idle").await.unwrap()
    });
    let strangers = crowd(STRANGERS, async |_| Person::connect(&gateway).await.unwrap());
    let slow = crowd(SLOW, async |_| drop_by_drop(&gateway).await);
    let (people, strangers, slow) = tokio::join!(people, strangers, slow);
    until("all sockets to be counted", WITHIN, async || {
        let open = service.figure(&gateway.admin, "realtime_connections", "").await?;
        (open == (PEOPLE + STRANGERS) as f64).then_some(())
    })
    .await
    .unwrap();
    let grown = resident_kib(process).saturating_sub(before);
    let sockets = (people.len() + strangers.len() + slow.len()) as u64;
    assert!(
        grown <= KIB_ONCE + sockets * KIB_PER_SOCKET,
        "{grown} KiB for {sockets} sockets, {} each",
        grown / sockets
    );
    // Somebody else comes, and is heard.
    Person::join(&gateway, "ada", "other").await.unwrap().react(Reaction::Clap).await.unwrap();
    drop((people, strangers, slow));
    until("their places to be free", WITHIN, async || {
        service.figure(&gateway.admin, "realtime_connections", "").await.filter(|open| *open == 0.0)
    })
    .await
    .unwrap();
}

async fn crowd<T>(count: usize, one: impl AsyncFn(usize) -> T) -> Vec<T> {
    stream::iter(0..count).map(|number| one(number)).buffer_unordered(AT_ONCE).collect().await
}

/// A head that does not end.
async fn drop_by_drop(gateway: &Gateway) -> TcpStream {
    let mut stream = TcpStream::connect(&gateway.address).await.unwrap();
    stream.write_all(b"GET /ws/v1 HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
    stream
}

fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
