//! What a pod takes of its node: the share that it asks for, of CPU or of memory, whichever is more.

use std::collections::BTreeMap;

/// CPU and memory, in as few bytes as they take: one is kept for each pod that is scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// CPU in thousandths of a core.
    pub cpu_m: u32,
    /// Memory in MiB.
    pub memory_mib: u32,
}

/// A MiB in bytes.
const MIB: f64 = 1_048_576.0;

impl Amount {
    /// Of amounts by resource, in cores and bytes, rounded up.
    #[must_use]
    pub fn of(amounts: &BTreeMap<String, f64>) -> Self {
        let amount = |resource: &str| amounts.get(resource).copied().unwrap_or(0.0);
        // A float that does not fit becomes the largest number.
        let cpu_m = (amount("cpu") * 1_000.0 - 1e-6).ceil() as u32;
        Self { cpu_m, memory_mib: (amount("memory") / MIB).ceil() as u32 }
    }

    /// The share that it is of what a node offers; `None` where the node does not say.
    #[must_use]
    pub fn share_of(self, node: Self) -> Option<f64> {
        let of = |part: u32, whole: u32| f64::from(part) / f64::from(whole);
        let is_known = 0 < node.cpu_m && 0 < node.memory_mib;
        is_known.then(|| of(self.cpu_m, node.cpu_m).max(of(self.memory_mib, node.memory_mib)))
    }

    /// Whether it is neither.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_takes_the_larger_of_its_two_shares() {
        let node = Amount { cpu_m: 4_000, memory_mib: 16_384 };
        for (cpu_m, memory_mib, share) in [(1_000, 1_024, 0.25), (100, 8_192, 0.5), (0, 0, 0.0)] {
            assert_eq!(Amount { cpu_m, memory_mib }.share_of(node), Some(share));
        }
        assert_eq!(node.share_of(Amount::default()), None);
    }

    #[test]
    fn amounts_are_rounded_up_and_bounded() {
        let of = |cpu: f64, memory: f64| {
            Amount::of(&[("cpu".to_owned(), cpu), ("memory".to_owned(), memory)].into())
        };
        assert_eq!(of(0.1, 1_000_000.0), Amount { cpu_m: 100, memory_mib: 1 });
        assert_eq!(of(1e30, 0.0).cpu_m, u32::MAX);
        assert!(Amount::of(&BTreeMap::new()).is_nothing());
    }
}
