//! Open files: a socket is one, and systems let a process have some thousand unless it asks.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// 20,000 sockets and as many again, on both ends.
const WANTED: u64 = 65_536;

/// Raises the limit of open files for this process and those that it starts: to 65,536 where it may, and otherwise as far as it
/// may. Returns what it is now; `None` where there is no limit.
pub fn raise_limit() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Root may raise its own bound too; a refusal leaves both as they were.
    let beyond = Rlimit { current: Some(WANTED), maximum: Some(WANTED) };
    if maximum.is_some_and(|maximum| maximum < WANTED) && setrlimit(Resource::Nofile, beyond).is_ok() {
        return Some(WANTED);
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(_) => current,
    }
}
