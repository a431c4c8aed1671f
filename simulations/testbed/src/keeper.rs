//! The keeper, from its owner's side: a small process that is the parent of every process of a testbed.
//!
//! The owner holds one end of a pipe. However the owner ends, by return, panic, Ctrl-C or SIGKILL, the kernel closes
//! that end; the keeper then kills what it started and removes the folder. Its own side is `keeper/main.go`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{Error, logs};

/// The keeper answers in milliseconds; a machine under load may take a thousand times as long.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// To kill a few processes and remove some hundred megabytes.
const END_WITHIN: Duration = Duration::from_secs(20);

/// Set to keep the folder of a testbed after its end, to look at logs and certificates.
const KEEP: &str = "PRESCALE_TESTBED_KEEP";

/// A process to run in a testbed. What it writes goes to `NAME.log` in the testbed's folder.
#[derive(Debug, Clone)]
pub struct Process {
    /// The name by which it is signalled and logged; one process at a time has it.
    pub name: String,
    /// The program, by path or looked up in `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Variables, added to those of the testbed's owner.
    pub environment: BTreeMap<String, String>,
}

/// What a process can be sent. It reaches all of its process group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ends it at once.
    Kill,
    /// Asks it to end.
    Terminate,
    /// Freezes it: its sockets stay open and nobody answers.
    Stop,
    /// Lets it go on.
    Continue,
}

/// What is known of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The keeper was asked to start it.
    Asked,
    /// It runs, with this process id.
    Running(u32),
    /// It could not be started: the system's word.
    Refused(String),
    /// It ended: exit status or signal, in words.
    Ended(String),
}

/// The keeper of one testbed.
#[derive(Debug)]
pub struct Keeper {
    process: Mutex<Child>,
    orders: Mutex<Option<ChildStdin>>,
    states: watch::Sender<BTreeMap<String, State>>,
    folder: PathBuf,
    at_the_end: Folder,
}

/// What becomes of the folder when the testbed ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// It is removed.
    Removed,
    /// It is kept, to be looked at.
    Kept,
}

#[derive(Serialize)]
struct Order<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    command: Vec<String>,
    environment: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<&'static str>,
}

#[derive(Deserialize)]
struct Event {
    name: String,
    event: String,
    #[serde(default)]
    pid: u32,
    #[serde(default)]
    error: String,
}

impl Keeper {
    /// Starts the keeper with a new temporary folder, which it removes at its end.
    pub fn start_in_own_folder(program: &Path, prefix: &str) -> Result<(Self, PathBuf), Error> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir();
        let folder = folder.map_err(Error::io("make a temporary folder"))?;
        let at_the_end = if std::env::var_os(KEEP).is_some() { Folder::Kept } else { Folder::Removed };
        let keeper = Self::start(program, folder.path(), at_the_end)?;
        // From here on the keeper removes it, also when this process cannot.
        let folder = folder.keep();
        logs::watch(&folder);
        if at_the_end == Folder::Kept {
            eprintln!("testbed: {KEEP} is set: {} stays", folder.display());
        }
        Ok((keeper, folder))
    }

    /// Starts the keeper, whose processes log into `folder`.
    pub fn start(program: &Path, folder: &Path, at_the_end: Folder) -> Result<Self, Error> {
        let mut command = Command::new(program);
        if at_the_end == Folder::Removed {
            command.arg("--remove").arg(folder);
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Error::io(format!("start {}", program.display())))?;
        let orders = process.stdin.take();
        let (states, _) = watch::channel(BTreeMap::new());
        if let Some(events) = process.stdout.take() {
            let states = states.clone();
            std::thread::spawn(move || follow(events, &states));
        }
        Ok(Self {
            process: Mutex::new(process),
            orders: Mutex::new(orders),
            states,
            folder: folder.to_owned(),
            at_the_end,
        })
    }

    /// Starts a process and returns its id.
    pub async fn run(&self, process: &Process) -> Result<u32, Error> {
        if let Some(State::Running(_)) = self.state(&process.name) {
            return Err(refused(&process.name, "runs already"));
        }
        self.states.send_modify(|states| _ = states.insert(process.name.clone(), State::Asked));
        let mut command = vec![process.program.display().to_string()];
        command.extend_from_slice(&process.arguments);
        self.order(&Order {
            name: &process.name,
            command,
            environment: process.environment.clone(),
            log: Some(self.log_path(&process.name)),
            signal: None,
        })?;
        self.wait_for(&process.name, "to start", |state| match state {
            State::Running(pid) => Some(Ok(*pid)),
            State::Refused(why) | State::Ended(why) => Some(Err(refused(&process.name, why))),
            State::Asked => None,
        })
        .await?
    }

    /// Sends a signal to a process that runs.
    pub fn signal(&self, name: &str, signal: Signal) -> Result<(), Error> {
        let Some(State::Running(_)) = self.state(name) else {
            return Err(refused(name, "does not run"));
        };
        let signal = match signal {
            Signal::Kill => "KILL",
            Signal::Terminate => "TERM",
            Signal::Stop => "STOP",
            Signal::Continue => "CONT",
        };
        self.order(&Order {
            name,
            command: Vec::new(),
            environment: BTreeMap::new(),
            log: None,
            signal: Some(signal),
        })
    }

    /// Waits until a process has ended, and returns how.
    pub async fn ended(&self, name: &str) -> Result<String, Error> {
        self.wait_for(name, "to end", |state| match state {
            State::Ended(how) | State::Refused(how) => Some(how.clone()),
            State::Running(_) | State::Asked => None,
        })
        .await
    }

    /// What is known of a process; `None` when it was never asked for.
    pub fn state(&self, name: &str) -> Option<State> {
        self.states.borrow().get(name).cloned()
    }

    /// The file that a process writes to.
    pub fn log_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    async fn wait_for<T>(
        &self,
        name: &str,
        what: &str,
        look: impl Fn(&State) -> Option<T>,
    ) -> Result<T, Error> {
        let late = || Error::Late { what: format!("{name} {what}"), within: ANSWER_WITHIN };
        let look = |states: &BTreeMap<String, State>| states.get(name).and_then(&look);
        let mut states = self.states.subscribe();
        let found = states.wait_for(|states| look(states).is_some());
        let states = tokio::time::timeout(ANSWER_WITHIN, found).await.map_err(|_| late())?;
        let states = states.map_err(|_| refused(name, "the keeper is gone"))?;
        look(&states).ok_or_else(late)
    }

    fn order(&self, order: &Order<'_>) -> Result<(), Error> {
        let mut line = serde_json::to_vec(order).expect("an order is made of strings");
        line.push(b'\n');
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let pipe = orders.as_mut().ok_or_else(|| refused(order.name, "the keeper is gone"))?;
        pipe.write_all(&line).map_err(Error::io("tell the keeper"))
    }
}

impl Drop for Keeper {
    /// Closes the pipe, and waits until everything has ended.
    fn drop(&mut self) {
        drop(self.orders.lock().unwrap_or_else(PoisonError::into_inner).take());
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = Instant::now();
        while begin.elapsed() < END_WITHIN && matches!(process.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        _ = process.kill();
        _ = process.wait();
        // Nothing is there any more, unless the keeper was killed.
        if self.at_the_end == Folder::Removed {
            _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Keeps `states` as the keeper tells it, until the keeper is gone.
fn follow(events: ChildStdout, states: &watch::Sender<BTreeMap<String, State>>) {
    for line in BufReader::new(events).lines().map_while(Result::ok) {
        let Ok(event) = serde_json::from_str::<Event>(&line) else { continue };
        states.send_modify(|states| {
            let state = match event.event.as_str() {
                "started" => State::Running(event.pid),
                "ended" => State::Ended(event.error),
                // A signal that came too late is refused too, and changes nothing.
                _ if states.get(&event.name) == Some(&State::Asked) => State::Refused(event.error),
                _ => return,
            };
            states.insert(event.name, state);
        });
    }
}

fn refused(name: &str, why: &str) -> Error {
    Error::Process { name: name.to_owned(), why: why.to_owned() }
}
