//! Free ports on the loopback address, that no other testbed of this machine is given too.
//!
//! A port that was free a moment ago can be taken before its server starts. So ports come from blocks below the range
//! from which the system gives out ports by itself, and a testbed holds its block by listening on the block's first.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use crate::Error;

const FIRST: u16 = 10_000;
/// Six for the control plane, and room for what tests add.
const BLOCK: u16 = 40;
/// Up to 30,000: the system's own range begins at 32,768.
const BLOCKS: u16 = 500;

/// A block of ports on 127.0.0.1, ours while this value lives.
#[derive(Debug)]
pub struct Ports {
    claim: TcpListener,
    next: AtomicU16,
}

impl Ports {
    /// Claims a block that nobody holds. Processes begin to look at different blocks.
    pub fn claim() -> Result<Self, Error> {
        let offset = u16::try_from(std::process::id() % u32::from(BLOCKS)).unwrap_or(0);
        (0..BLOCKS)
            .map(|block| FIRST + (block + offset) % BLOCKS * BLOCK)
            .find_map(|base| {
                let claim = TcpListener::bind((Ipv4Addr::LOCALHOST, base)).ok()?;
                Some(Self { claim, next: AtomicU16::new(base + 1) })
            })
            .ok_or(Error::NoPorts(FIRST, FIRST + BLOCK * BLOCKS))
    }

    /// The next port of the block that nothing listens on. Each is given once.
    pub fn next(&self) -> Result<u16, Error> {
        let base = self.claim.local_addr().map_err(Error::io("the claimed port"))?.port();
        loop {
            let port = self.next.fetch_add(1, Ordering::Relaxed);
            if base + BLOCK <= port {
                return Err(Error::NoPorts(base, base + BLOCK));
            }
            if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(port);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_testbeds_are_given_different_ports() {
        let (one, other) = (Ports::claim().unwrap(), Ports::claim().unwrap());
        let of = |ports: &Ports| (0..5).map(|_| ports.next().unwrap()).collect::<Vec<_>>();
        let (one, other) = (of(&one), of(&other));
        assert!(one.iter().all(|port| !other.contains(port)), "{one:?} {other:?}");
    }

    #[test]
    fn a_block_ends_in_words() {
        let ports = Ports::claim().unwrap();
        let last = (0..=BLOCK).find_map(|_| ports.next().err()).unwrap();
        assert!(last.to_string().contains("no block of free ports"), "{last}");
    }

    #[test]
    fn a_port_that_something_listens_on_is_passed_over() {
        let ports = Ports::claim().unwrap();
        let taken = ports.next().unwrap() + 1;
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, taken)).unwrap();
        assert_ne!(ports.next().unwrap(), taken);
    }
}
