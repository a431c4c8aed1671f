//! A real Redis, the package of the system: a server alone, or a primary and a replica that three Sentinels watch. They live
//! in a folder of their own and end with their owner, as a testbed does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::keeper::{Keeper, State};
use crate::{
    Authority, CertificateFiles, Error, Life, Ports, Process, Programs, Signal, Subject, logs, until,
};

/// What the Sentinels call the primary.
pub const PRIMARY: &str = "live";

/// Milliseconds on an idle machine; Sentinels take a second or two to find each other.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// A primary that has not answered for so long is down, for the Sentinels.
const DOWN_AFTER_MS: u32 = 1_000;
/// How long Sentinels wait before they try a failover again.
const FAILOVER_MS: u32 = 5_000;
/// Two of three have to agree.
const SENTINELS: usize = 3;
const QUORUM: usize = 2;
/// One command, which is answered in milliseconds or not at all.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Servers that run while this value lives. They are numbered from 1, and the first is primary at first.
pub struct Redis {
    // Dropped first: the keeper ends the servers and removes the folder before the rest goes.
    keeper: Keeper,
    folder: PathBuf,
    servers: Vec<u16>,
    sentinels: Vec<u16>,
    password: Option<&'static str>,
    secured: Option<Secured>,
    _ports: Ports,
}

/// What a server asks clients for.
enum Asks {
    Nothing,
    Password(&'static str),
    /// At its port for TLS.
    Certificate,
}

/// How the first server is reached by TLS.
struct Secured {
    authority: Authority,
    files: CertificateFiles,
    port: u16,
}

impl Redis {
    /// Starts one server, which keeps nothing on a disk, and returns when it answers.
    pub async fn start() -> Result<Self, Error> {
        Self::run_all(1, 0, Asks::Nothing).await
    }

    /// The same, and it asks for a password.
    pub async fn start_with_password(password: &'static str) -> Result<Self, Error> {
        Self::run_all(1, 0, Asks::Password(password)).await
    }

    /// The same, and it speaks TLS at a port of its own, with whoever shows a certificate of its authority.
    pub async fn start_secured() -> Result<Self, Error> {
        Self::run_all(1, 0, Asks::Certificate).await
    }

    /// Starts a primary, a replica of it, and three Sentinels, and returns when they know each other.
    pub async fn start_with_sentinels() -> Result<Self, Error> {
        Self::run_all(2, SENTINELS, Asks::Nothing).await
    }

    async fn run_all(servers: usize, sentinels: usize, asks: Asks) -> Result<Self, Error> {
        let programs = Programs::find()?;
        let (keeper, folder) = Keeper::start_in_own_folder(&programs.keeper(), "prescale-redis-")?;
        let ports = Ports::claim()?;
        let draw = |count: usize| (0..count).map(|_| ports.next()).collect::<Result<Vec<_>, _>>();
        let (servers, sentinels) = (draw(servers)?, draw(sentinels)?);
        let (password, secured) = match asks {
            Asks::Nothing => (None, None),
            Asks::Password(password) => (Some(password), None),
            Asks::Certificate => (None, Some(Secured::prepare(&folder, ports.next()?)?)),
        };
        let redis = Self { keeper, folder, servers, sentinels, password, secured, _ports: ports };
        redis.come_up().await.inspect_err(|_| eprint!("{}", logs::tails(&redis.folder)))?;
        Ok(redis)
    }

    async fn come_up(&self) -> Result<(), Error> {
        for server in 1..=self.servers.len() {
            self.run(server, (server != 1).then_some(self.servers[0])).await?;
        }
        for number in 1..=self.sentinels.len() {
            self.run_sentinel(number).await?;
        }
        self.are_ready().await
    }

    /// Where clients reach a server: `redis://127.0.0.1:PORT`.
    pub fn url(&self, server: usize) -> String {
        format!("redis://127.0.0.1:{}", self.servers[server - 1])
    }

    /// Where clients reach the server by TLS, `rediss://127.0.0.1:PORT`, and the authority that vouches for both sides; `None`
    /// where it does not speak it.
    pub fn secured(&self) -> Option<(String, &Authority)> {
        self.secured.as_ref().map(|one| (format!("rediss://127.0.0.1:{}", one.port), &one.authority))
    }

    /// Where clients ask the Sentinels: `redis+sentinel://127.0.0.1:PORT,…/live`.
    pub fn sentinel_url(&self) -> String {
        let nodes: Vec<_> = self.sentinels.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("redis+sentinel://{}/{PRIMARY}", nodes.join(","))
    }

    /// The folder of data and logs. It goes with the servers.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The server that the Sentinels call primary; `None` while they do not answer.
    pub async fn primary(&self) -> Option<usize> {
        let mut connection = connect(*self.sentinels.first()?, None).await?;
        let mut asked = ::redis::cmd("SENTINEL");
        asked.arg("GET-MASTER-ADDR-BY-NAME").arg(PRIMARY);
        let answer = asked.query_async::<(String, u16)>(&mut connection);
        let (_, port) = tokio::time::timeout(ANSWER_WITHIN, answer).await.ok()?.ok()?;
        Some(self.servers.iter().position(|one| *one == port)? + 1)
    }

    /// Waits until the Sentinels call another server primary, and it says so itself.
    pub async fn fails_over_from(&self, server: usize) -> Result<usize, Error> {
        until("Sentinels to agree on another primary", READY_WITHIN, async || {
            let primary = self.primary().await.filter(|primary| *primary != server)?;
            self.role(primary).await.filter(|role| role == "master").map(|_| primary)
        })
        .await
    }

    /// Asks a server something. The answer is as `redis` reads it.
    pub async fn ask<T: ::redis::FromRedisValue>(&self, server: usize, command: &[&[u8]]) -> Option<T> {
        let mut connection = connect(self.servers[server - 1], self.password).await?;
        let mut asked = ::redis::Cmd::new();
        for word in command {
            asked.arg(*word);
        }
        tokio::time::timeout(ANSWER_WITHIN, asked.query_async(&mut connection)).await.ok()?.ok()
    }

    /// Kills a server, and returns when it has ended. What it knew is lost.
    pub async fn kill(&self, server: usize) -> Result<(), Error> {
        self.keeper.signal(&name(server), Signal::Kill)?;
        self.keeper.ended(&name(server)).await.map(|_| ())
    }

    /// Freezes a server: its connections stay open, and it answers nothing.
    pub fn freeze(&self, server: usize) -> Result<(), Error> {
        self.keeper.signal(&name(server), Signal::Stop)
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self, server: usize) -> Result<(), Error> {
        self.keeper.signal(&name(server), Signal::Continue)
    }

    /// Starts a server again, empty, and returns when it answers. Where there are Sentinels, they make it a replica of whoever
    /// is primary by then.
    pub async fn start_again(&self, server: usize) -> Result<(), Error> {
        self.run(server, None).await?;
        self.answers(server).await
    }

    /// The id of a server's process, while it runs.
    pub fn process(&self, server: usize) -> Option<u32> {
        match self.keeper.state(&name(server)) {
            Some(State::Running(id)) => Some(id),
            Some(State::Asked | State::Refused(_) | State::Ended(_)) | None => None,
        }
    }

    async fn run(&self, server: usize, primary: Option<u16>) -> Result<(), Error> {
        let port = self.servers[server - 1].to_string();
        let data = self.folder.join(name(server));
        std::fs::create_dir_all(&data).map_err(Error::io(format!("make {}", data.display())))?;
        let mut arguments = vec!["--port".to_owned(), port, "--dir".to_owned(), data.display().to_string()];
        arguments.extend(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"].map(str::to_owned));
        arguments.extend(
            ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"].map(str::to_owned),
        );
        if let Some(primary) = primary {
            arguments.extend(["--replicaof".to_owned(), "127.0.0.1".to_owned(), primary.to_string()]);
        }
        if let Some(password) = self.password {
            arguments.extend(["--requirepass".to_owned(), password.to_owned()]);
        }
        arguments.extend(self.secured.iter().flat_map(Secured::arguments));
        self.start_process(name(server), arguments).await
    }

    async fn run_sentinel(&self, number: usize) -> Result<(), Error> {
        let (port, primary) = (self.sentinels[number - 1], self.servers[0]);
        // A Sentinel keeps what it learns in its configuration.
        let file = self.folder.join(format!("sentinel-{number}.conf"));
        let text = format!(
            "port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {PRIMARY} 127.0.0.1 {primary} {QUORUM}
sentinel down-after-milliseconds {PRIMARY} {DOWN_AFTER_MS}
sentinel failover-timeout {PRIMARY} {FAILOVER_MS}
",
            folder = self.folder.display(),
        );
        std::fs::write(&file, text).map_err(Error::io(format!("write {}", file.display())))?;
        let arguments = vec![file.display().to_string(), "--sentinel".to_owned()];
        self.start_process(format!("sentinel-{number}"), arguments).await
    }

    async fn start_process(&self, name: String, arguments: Vec<String>) -> Result<(), Error> {
        let program = PathBuf::from("redis-server");
        self.keeper.run(&Process { name, program, arguments, environment: [].into() }).await.map(|_| ())
    }

    async fn are_ready(&self) -> Result<(), Error> {
        for server in 1..=self.servers.len() {
            self.answers(server).await?;
        }
        if self.sentinels.is_empty() {
            return Ok(());
        }
        until("a replica to follow its primary", READY_WITHIN, async || {
            let said: String = self.ask(2, &[b"INFO", b"replication"]).await?;
            said.contains("master_link_status:up").then_some(())
        })
        .await?;
        until("Sentinels to know each other and the replica", READY_WITHIN, async || {
            for port in &self.sentinels {
                knows_all(*port).await?;
            }
            Some(())
        })
        .await
    }

    async fn answers(&self, server: usize) -> Result<(), Error> {
        until("a Redis server to answer", READY_WITHIN, async || {
            self.ask::<String>(server, &[b"PING"]).await.map(|_| ())
        })
        .await
    }

    async fn role(&self, server: usize) -> Option<String> {
        let said: String = self.ask(server, &[b"INFO", b"replication"]).await?;
        Some(said.lines().find_map(|line| line.strip_prefix("role:"))?.trim().to_owned())
    }
}

impl Secured {
    fn prepare(folder: &Path, port: u16) -> Result<Self, Error> {
        let authority = Authority::create("testbed-redis", folder)?;
        let hosts = &["127.0.0.1", "localhost"];
        let files =
            authority.issue("redis", Subject { name: "redis", group: None, hosts, life: Life::Current })?;
        Ok(Self { authority, files, port })
    }

    fn arguments(&self) -> Vec<String> {
        let shown = |path: &Path| path.display().to_string();
        [
            ("--tls-port", self.port.to_string()),
            ("--tls-cert-file", shown(&self.files.certificate)),
            ("--tls-key-file", shown(&self.files.key)),
            ("--tls-ca-cert-file", shown(self.authority.path())),
            ("--tls-auth-clients", "yes".to_owned()),
        ]
        .into_iter()
        .flat_map(|(name, value)| [name.to_owned(), value])
        .collect()
    }
}

/// Whether a Sentinel could fail over to a replica now.
async fn knows_all(port: u16) -> Option<()> {
    let mut connection = connect(port, None).await?;
    let mut asked = ::redis::cmd("INFO");
    let said: String =
        tokio::time::timeout(ANSWER_WITHIN, asked.arg("sentinel").query_async(&mut connection))
            .await
            .ok()?
            .ok()?;
    let expected = format!("slaves=1,sentinels={SENTINELS}");
    said.contains(&expected).then_some(())
}

async fn connect(port: u16, password: Option<&str>) -> Option<::redis::aio::MultiplexedConnection> {
    let login = password.map(|password| format!(":{password}@")).unwrap_or_default();
    let client = ::redis::Client::open(format!("redis://{login}127.0.0.1:{port}")).ok()?;
    let connecting = client.get_multiplexed_async_connection();
    tokio::time::timeout(ANSWER_WITHIN, connecting).await.ok()?.ok()
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        logs::forget(&self.folder);
    }
}

fn name(server: usize) -> String {
    format!("redis-{server}")
}
