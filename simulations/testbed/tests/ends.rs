//! However the owner of a testbed ends, nothing of the testbed is left: no process, no folder.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use prescale_testbed::{Settings, Testbed, parts, until};

/// To start a control plane, or to end one, while others start on the same machine.
const SOON: Duration = Duration::from_secs(120);

#[tokio::test]
async fn nothing_is_left_when_it_is_dropped() {
    let bed = Testbed::start(Settings::default()).await.unwrap();
    let folder = bed.folder().to_owned();
    let running = processes_of(&folder);
    for part in [parts::ETCD, parts::API_SERVER, parts::CONTROLLER_MANAGER, parts::SCHEDULER, parts::KWOK] {
        assert!(running.iter().any(|line| line.contains(part)), "{part} is not among {running:?}");
    }
    drop(bed);
    assert_eq!(processes_of(&folder), Vec::<String>::new());
    assert!(!folder.exists());
}

#[tokio::test]
async fn nothing_is_left_when_the_owner_is_killed() {
    let (mut owner, folder) = owner().await;
    owner.kill().unwrap();
    owner.wait().unwrap();
    nothing_left(&folder).await;
}

#[tokio::test]
async fn nothing_is_left_after_an_interrupt() {
    let (mut owner, folder) = owner().await;
    kill("-INT", owner.id());
    let status = owner.wait().unwrap();
    assert!(status.success(), "{status}");
    nothing_left(&folder).await;
}

#[tokio::test]
async fn nothing_is_left_when_the_keeper_is_killed() {
    let bed = Testbed::start(Settings::default()).await.unwrap();
    let folder = bed.folder().to_owned();
    kill("-KILL", keeper_of(&folder));
    until("the end of every process", SOON, async || processes_of(&folder).is_empty().then_some(()))
        .await
        .unwrap();
    drop(bed);
    assert!(!folder.exists());
}

/// `testbed up`, and the folder of its testbed.
async fn owner() -> (Child, PathBuf) {
    let mut owner = Command::new(env!("CARGO_BIN_EXE_testbed"))
        .args(["up", "--nodes", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(owner.stdout.take().unwrap());
    let first_line = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        line
    });
    let line = tokio::time::timeout(SOON, first_line).await.unwrap().unwrap();
    let kubeconfig = PathBuf::from(line.trim_end().strip_prefix("export KUBECONFIG=").unwrap());
    let folder = kubeconfig.parent().unwrap().to_owned();
    assert!(!processes_of(&folder).is_empty());
    (owner, folder)
}

async fn nothing_left(folder: &Path) {
    until("the end of every process and of the folder", SOON, async || {
        (processes_of(folder).is_empty() && !folder.exists()).then_some(())
    })
    .await
    .unwrap();
}

fn kill(signal: &str, id: u32) {
    assert!(Command::new("kill").args([signal, &id.to_string()]).status().unwrap().success());
}

fn keeper_of(folder: &Path) -> u32 {
    let keeper = format!("keeper --remove {}", folder.display());
    let found = processes().find(|(_, line)| line.contains(&keeper));
    found.unwrap().0
}

/// The command lines of this machine that name `folder`: those of the parts, and of the keeper.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.display().to_string();
    processes().map(|(_, line)| line).filter(|line| line.contains(&folder)).collect()
}

/// The id and command line of every process of this machine.
fn processes() -> impl Iterator<Item = (u32, String)> {
    std::fs::read_dir("/proc").unwrap().flatten().filter_map(|process| {
        let id = process.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(process.path().join("cmdline")).ok()?;
        Some((id, String::from_utf8_lossy(&line).replace('\0', " ")))
    })
}
