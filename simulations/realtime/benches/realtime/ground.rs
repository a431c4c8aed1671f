//! One broker and one Redis for all of a bench, and a service on them for each part of it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use prescale_testbed::brokers::Topic;
use prescale_testbed::keeper::{Keeper, State};
use prescale_testbed::{Brokers, Ports, Process, Programs, Redis, until};
use realtime_e2e::{Service, TOKEN_KEY};
use realtime_load::rooms::{Actors, Mix, Retry, Rooms, Tokens, run};
use realtime_load::{Load, Report, Spacing, Tally};
use tokio_util::sync::CancellationToken;

use crate::Crowd;
use crate::usage::{Looked, Usage, Watch};

const PARTITIONS: usize = 8;
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Between two looks at memory.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A spike makes many wait.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Rust,
    Python,
}

/// What all parts share.
pub(crate) struct Ground {
    brokers: Brokers,
    redis: Redis,
    stages: AtomicU32,
}

impl Ground {
    pub(crate) async fn start() -> Self {
        let (brokers, redis) = (Brokers::start(1).await.unwrap(), Redis::start().await.unwrap());
        Self { brokers, redis, stages: AtomicU32::new(0) }
    }

    /// A gateway that lets in `capacity` people and a worker, on an empty topic and an empty Redis.
    pub(crate) async fn stage(&self, kind: Kind, capacity: u64) -> Stage<'_> {
        let name = format!("stage-{}", self.stages.fetch_add(1, Ordering::Relaxed));
        self.brokers.create(&Topic::new(&name, PARTITIONS)).await.unwrap();
        self.redis.ask::<String>(1, &[b"FLUSHALL"]).await.unwrap();
        let (brokers, redis) = (self.brokers.bootstrap(), self.redis.url(1));
        let capacity = capacity.to_string();
        match kind {
            Kind::Rust => {
                let service = Service::on(&brokers, &name, &redis).unwrap().with(&["--log", "warn"]);
                service.worker("worker", &[]).await.unwrap();
                let flags = ["--capacity", &capacity, "--waiting-room", "100000"];
                let gateway = service.gateway("gateway", &flags).await.unwrap();
                let key = service.token_key_file();
                Stage { _ground: self, address: gateway.address, key, processes: Processes::Rust(service) }
            }
            Kind::Python => {
                let twin = Twin::start(&brokers, &name, &redis, &capacity).await;
                let (address, key) = (twin.address.clone(), twin.key.clone());
                Stage { _ground: self, address, key, processes: Processes::Python(twin) }
            }
        }
    }
}

/// A service that serves.
pub(crate) struct Stage<'a> {
    _ground: &'a Ground,
    address: String,
    key: PathBuf,
    processes: Processes,
}

enum Processes {
    Rust(Service),
    Python(Twin),
}

impl Stage<'_> {
    pub(crate) fn gateway(&self) -> Looked {
        self.process("gateway")
    }

    fn process(&self, name: &str) -> Looked {
        Looked(match &self.processes {
            Processes::Rust(service) => service.process(name).unwrap(),
            Processes::Python(twin) => twin.process(name),
        })
    }

    /// Plays a crowd that stays, and looks at what the service takes for it.
    pub(crate) async fn measure(&self, crowd: Crowd) -> (Report, Usage) {
        self.play(&crowd.people.to_string(), &crowd.interactions.to_string(), crowd).await
    }

    /// Plays people by a shape, who interact by another.
    pub(crate) async fn play(&self, people: &str, rate: &str, crowd: Crowd) -> (Report, Usage) {
        let load = Load {
            rate: rate.parse().unwrap(),
            length: crowd.length,
            spacing: Spacing::Poisson(1),
            objective: Duration::from_millis(50),
            patience: PATIENCE,
        };
        let rooms = Rooms {
            targets: vec![format!("ws://{}/ws/v1", self.address).parse().unwrap()],
            people: people.parse().unwrap(),
            rooms: crowd.rooms() as u32,
            room_prefix: "room-".into(),
            mix: Mix::default(),
            tokens: Tokens::signed(&self.key, "load-").unwrap(),
            actors: Actors::LetIn,
            retry: Retry::Never,
            seed: 1,
        };
        let tally = Arc::new(Tally::new(load.objective));
        let stop = CancellationToken::new();
        let playing = tokio::spawn({
            let (tally, load) = (Arc::clone(&tally), load.clone());
            async move { run(rooms, &load, tally, &stop).await.unwrap().report }
        });
        let usage = self.watch(&tally, load.length).await;
        let report = playing.await.unwrap();
        println!("{report}{usage:?}\n");
        (report, usage)
    }

    /// Looks from the first interaction on, for as long as load is sent.
    async fn watch(&self, tally: &Tally, length: Duration) -> Usage {
        while tally.counts().due == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let mut watch = Watch::begin(self.gateway(), self.process("worker"));
        while watch.elapsed() < length {
            tokio::time::sleep(LOOK_EVERY.min(length.saturating_sub(watch.elapsed()))).await;
            watch.look();
        }
        watch.usage()
    }
}

/// The twin as processes.
struct Twin {
    // Dropped first: the keeper ends the processes and removes the folder before the rest goes.
    keeper: Keeper,
    address: String,
    key: PathBuf,
    _ports: Ports,
}

impl Twin {
    async fn start(brokers: &str, topic: &str, redis: &str, capacity: &str) -> Self {
        let keeper = Programs::find().unwrap().keeper();
        let (keeper, folder) = Keeper::start_in_own_folder(&keeper, "realtime-twin-").unwrap();
        let ports = Ports::claim().unwrap();
        let address = format!("127.0.0.1:{}", ports.next().unwrap());
        let key = folder.join("token-keys");
        std::fs::write(&key, TOKEN_KEY).unwrap();
        let twin = Self { keeper, address, key, _ports: ports };
        let python = python();
        let common = ["--kafka-bootstrap-servers", brokers, "--redis", redis, "--topic", topic];
        let key = twin.key.display().to_string();
        let own = ["--listen", &twin.address, "--token-key-file", &key, "--capacity", capacity];
        twin.run(&python, "worker", &common).await;
        twin.run(&python, "gateway", &[&common[..], &own].concat()).await;
        until("the twin to be ready", READY_WITHIN, async || {
            let answer = reqwest::get(format!("http://{}/readyz", twin.address)).await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await
        .unwrap();
        twin
    }

    async fn run(&self, python: &Path, role: &str, flags: &[&str]) {
        let words = [&["-m", "twin", role], flags].concat();
        let environment = [
            ("PYTHONPATH".to_owned(), comparison().display().to_string()),
            ("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned()),
        ];
        let process = Process {
            name: role.to_owned(),
            program: python.into(),
            arguments: words.into_iter().map(str::to_owned).collect(),
            environment: environment.into(),
        };
        self.keeper.run(&process).await.unwrap();
    }

    fn process(&self, name: &str) -> u32 {
        let state = self.keeper.state(name);
        let Some(State::Running(id)) = state else { panic!("{name} does not run: {state:?}") };
        id
    }
}

/// The Python that has what the twin needs; the first time that takes a minute.
fn python() -> PathBuf {
    let output = Command::new(comparison().join("setup")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

fn comparison() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../realtime-svc/comparison")
}
