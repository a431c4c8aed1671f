//! What a process takes, as the system sees it.

use std::fs;
use std::time::{Duration, Instant};

/// A process that is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looked(pub(crate) u32);

impl Looked {
    /// Seconds of CPU so far, its own and the system's for it.
    pub(crate) fn cpu_s(self) -> f64 {
        let stat = self.read("stat");
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().unwrap());
        // The kernel's USER_HZ, on every architecture that Rust's Linux runs on.
        ticks.sum::<f64>() / 100.0
    }

    /// What it has in memory.
    pub(crate) fn resident_mib(self) -> f64 {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1_024.0
    }

    fn read(self, what: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{what}", self.0)).unwrap()
    }
}

/// What the processes of a service took while load was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) gateway_cores: f64,
    pub(crate) worker_cores: f64,
    pub(crate) load_cores: f64,
    /// The most that was seen.
    pub(crate) gateway_mib: f64,
    pub(crate) worker_mib: f64,
    /// Share of the machine that nobody used.
    pub(crate) idle_share: f64,
}

/// Looks at a gateway, a worker and this process, which sends the load, from now on.
pub(crate) struct Watch {
    processes: [Looked; 3],
    began: Instant,
    cpu_s: [f64; 3],
    machine: [f64; 2],
    most_mib: [f64; 3],
}

impl Watch {
    pub(crate) fn begin(gateway: Looked, worker: Looked) -> Self {
        let processes = [gateway, worker, Looked(std::process::id())];
        Self {
            processes,
            began: Instant::now(),
            cpu_s: processes.map(Looked::cpu_s),
            machine: machine(),
            most_mib: processes.map(Looked::resident_mib),
        }
    }

    pub(crate) fn look(&mut self) {
        for (most, process) in self.most_mib.iter_mut().zip(self.processes) {
            *most = most.max(process.resident_mib());
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn usage(&self) -> Usage {
        let elapsed_s = self.began.elapsed().as_secs_f64();
        let cores = |index: usize| (self.processes[index].cpu_s() - self.cpu_s[index]) / elapsed_s;
        let [idle, all] = machine();
        Usage {
            gateway_cores: cores(0),
            worker_cores: cores(1),
            load_cores: cores(2),
            gateway_mib: self.most_mib[0],
            worker_mib: self.most_mib[1],
            idle_share: (idle - self.machine[0]) / (all - self.machine[1]),
        }
    }
}

/// Ticks of all cores since the boot: idle ones, and all.
fn machine() -> [f64; 2] {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let line = stat.lines().next().unwrap();
    let ticks: Vec<f64> =
        line.split_whitespace().skip(1).take(8).map(|ticks| ticks.parse().unwrap()).collect();
    [ticks[3] + ticks[4], ticks.iter().sum()]
}
