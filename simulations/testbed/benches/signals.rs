//! `make bench-signals`: what it takes to follow 2,000 partitions of a real Kafka, with a group on each topic, polled each
//! 5 s while records come in. Only the process that polls is measured: this program runs itself once more for it.
#![expect(clippy::unwrap_used, reason = "a bench may stop at what cannot be")]

#[path = "../../benches/figures/figure.rs"]
#[expect(dead_code, reason = "shared with benches that have bars of every kind")]
mod figure;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use figure::{Bar, Figure};
use futures::StreamExt;
use jiff::SignedDuration;
use prescale_controller::sources::kafka::{Kafka, Settings};
use prescale_testbed::brokers::{Record, Topic};
use prescale_testbed::{Brokers, until};
use tokio_util::sync::CancellationToken;

const TOPICS: usize = 200;
const PARTITIONS: usize = 10;
/// As scalers tick.
const READ_EVERY: Duration = Duration::from_secs(15);
const WINDOW: SignedDuration = SignedDuration::from_secs(15);
/// Twelve polls.
const MEASURED: Duration = Duration::from_secs(60);
/// Topics and groups that are made at a time.
const AT_ONCE: usize = 20;
const SETTLES_WITHIN: Duration = Duration::from_secs(300);
/// Before the address of the brokers, where this program is to poll.
const POLL: &str = "--poll";
/// Has a broker write a line for each question that it was asked.
const LOG_QUESTIONS: &str = "-Dorg.slf4j.simpleLogger.log.kafka.request.logger=debug";

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == POLL) {
        Some(at) => poll(&arguments[at + 1]).await,
        None => measure().await,
    }
}

/// The process that is measured: follows every topic with its group, reads them as scalers do, and says when it knows
/// all of them.
async fn poll(bootstrap: &str) {
    let kafka = Kafka::new(Settings::plaintext(bootstrap));
    let follower = kafka.clone();
    tokio::spawn(async move { follower.follow(None, CancellationToken::new()).await });
    loop {
        let known = (0..TOPICS).filter(|number| is_known(&kafka, *number)).count();
        println!("{known}");
        tokio::time::sleep(if known == TOPICS { READ_EVERY } else { Duration::from_secs(1) }).await;
    }
}

fn is_known(kafka: &Kafka, number: usize) -> bool {
    let read = kafka.read(&topic(number), Some(&group(number)), WINDOW);
    read.is_ok_and(|read| read.arrivals.is_ok() && read.group.is_some_and(|group| group.lag.is_some()))
}

async fn measure() {
    let brokers = Brokers::start_with(1, &[LOG_QUESTIONS]).await.unwrap();
    futures::stream::iter(0..TOPICS).for_each_concurrent(AT_ONCE, |number| add(&brokers, number)).await;
    eprintln!("{TOPICS} topics with {PARTITIONS} partitions and a group each are there");
    let poller = Poller::start(&brokers).await;
    let measured = tokio::select! {
        measured = poller.measure(&brokers) => measured,
        () = produce(&brokers) => unreachable!("production goes on"),
    };
    let figures = [
        Figure::new(
            "CPU of 2,000 partitions polled each 5 s".into(),
            "cores",
            Bar::AtMost(0.1),
            measured.cores,
        ),
        Figure::new("memory of the polling process".into(), "MiB", Bar::AtMost(60.0), measured.resident_mib),
        Figure::new("questions to the broker in a poll".into(), "", Bar::None, measured.questions),
        Figure::new("connections to the broker".into(), "", Bar::None, measured.connections),
    ];
    println!("{}", figure::table(&figures));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    println!("written to {}", figure::write(&root, "signals.json", &figures).unwrap().display());
}

fn topic(number: usize) -> String {
    format!("topic-{number}")
}

fn group(number: usize) -> String {
    format!("group-{number}")
}

/// Adds a topic, and a group that has read all of it so far: nothing.
async fn add(brokers: &Brokers, number: usize) {
    let topic = topic(number);
    brokers.create(&Topic::new(&topic, PARTITIONS)).await.unwrap();
    let offsets: Vec<_> = (0..).take(PARTITIONS).map(|partition| (partition, 0)).collect();
    brokers.commit(&group(number), &topic, &offsets).await.unwrap();
}

/// A record to each partition in about four seconds, on and on.
async fn produce(brokers: &Brokers) {
    let records: Vec<_> = (0..).take(PARTITIONS).map(Record::to).collect();
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for number in (0..TOPICS).cycle() {
        ticks.tick().await;
        brokers.produce(&topic(number), &records).await.unwrap();
    }
}

struct Measured {
    cores: f64,
    resident_mib: f64,
    questions: f64,
    connections: f64,
}

/// The process that polls, as the system sees it. It ends with this value.
struct Poller(Child);

impl Poller {
    /// Starts it, and returns when it knows all topics.
    async fn start(brokers: &Brokers) -> Self {
        let itself = std::env::current_exe().unwrap();
        let said = brokers.folder().join("poller.out");
        let output = fs::File::create(&said).unwrap();
        let arguments = [POLL, &brokers.bootstrap()];
        let child = Command::new(itself).args(arguments).stdout(Stdio::from(output)).spawn().unwrap();
        let poller = Self(child);
        until("every topic to be known", SETTLES_WITHIN, async || {
            fs::read_to_string(&said).ok()?.lines().any(|line| line == TOPICS.to_string()).then_some(())
        })
        .await
        .unwrap();
        poller
    }

    async fn measure(&self, brokers: &Brokers) -> Measured {
        let (began, cpu, asked) = (Instant::now(), self.cpu_s(), questions(brokers));
        tokio::time::sleep(MEASURED).await;
        let elapsed_s = began.elapsed().as_secs_f64();
        Measured {
            cores: (self.cpu_s() - cpu) / elapsed_s,
            resident_mib: self.resident_mib(),
            questions: (questions(brokers) - asked) / (elapsed_s / 5.0),
            connections: self.connections(),
        }
    }

    fn read(&self, what: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{what}", self.0.id())).unwrap()
    }

    fn cpu_s(&self) -> f64 {
        let stat = self.read("stat");
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().unwrap());
        // The kernel's USER_HZ, on every architecture that Rust's Linux runs on.
        ticks.sum::<f64>() / 100.0
    }

    fn resident_mib(&self) -> f64 {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1_024.0
    }

    /// Its sockets of the internet protocol: it has no others than those to brokers.
    fn connections(&self) -> f64 {
        let sockets = fs::read_dir(format!("/proc/{}/fd", self.0.id())).unwrap().flatten();
        let sockets = sockets.filter_map(|file| fs::read_link(file.path()).ok()?.to_str().map(str::to_owned));
        let of_network = self.read("net/tcp");
        let is_of_network = |socket: &String| {
            let inode = socket.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'));
            inode.is_some_and(|inode| of_network.split_whitespace().any(|word| word == inode))
        };
        sockets.filter(is_of_network).count() as f64
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// How many questions of ours the broker has answered, by what it wrote: producers give another name.
fn questions(brokers: &Brokers) -> f64 {
    let log = brokers.log(1);
    log.lines().filter(|line| line.contains("kafka.request.logger") && line.contains("\"prescale")).count()
        as f64
}
