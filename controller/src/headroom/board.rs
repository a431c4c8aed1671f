//! What is known of room in the cluster: which API there is, how our buffers fare, and which pools are at their limit.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use crate::board::ScalerKey;

/// Whether the cluster has CapacityBuffers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offer {
    /// It has not been looked at yet.
    #[default]
    Unknown,
    /// It has none.
    Absent,
    /// It has, in this version.
    Buffers(&'static str),
}

/// A CapacityBuffer of ours, as it was seen last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BufferSeen {
    /// The scaler that owns it, by its unique identity.
    pub owner: String,
    /// Pods that it keeps room for.
    pub pods: u32,
    /// Whether anybody has answered it.
    pub is_answered: bool,
    /// Whether all of its room is there, or on nodes that are on their way.
    pub is_placed: bool,
    /// Pods for which no node can be had.
    pub failed: u32,
    /// What its autoscaler says, where it is not well.
    pub message: Option<String>,
}

/// What is known for one scaler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomSeen {
    /// Whether there are CapacityBuffers.
    pub offer: Offer,
    /// Its own buffer; `None` where it has none, or where it was not seen yet.
    pub buffer: Option<BufferSeen>,
    /// Pools that nodes can be launched in: Karpenter's, where it is there.
    pub pools: Pools,
}

/// Karpenter's NodePools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Pools {
    /// There is no Karpenter that may be looked at.
    #[default]
    Unknown,
    /// There is none, and so no node is launched, whatever a buffer says.
    None,
    /// Some of them have reached their limit, in words.
    AtLimit(String),
    /// They have room.
    Fine,
}

impl Pools {
    /// What keeps nodes from being launched, in words.
    #[must_use]
    pub fn limit(&self) -> Option<&str> {
        match self {
            Self::Unknown | Self::Fine => None,
            Self::None => Some("Karpenter has no NodePool"),
            Self::AtLimit(words) => Some(words),
        }
    }
}

/// What is known of all of them, shared: a poll writes, ticks read.
#[derive(Debug, Default)]
pub struct RoomBoard(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    offer: Offer,
    buffers: HashMap<ScalerKey, BufferSeen>,
    pools: Pools,
}

impl RoomBoard {
    /// What is known for a scaler.
    #[must_use]
    pub fn look(&self, scaler: &ScalerKey) -> RoomSeen {
        let known = self.known();
        let (buffer, pools) = (known.buffers.get(scaler).cloned(), known.pools.clone());
        RoomSeen { offer: known.offer, buffer, pools }
    }

    pub(super) fn offer(&self) -> Offer {
        self.known().offer
    }

    /// Notes which API there is. Buffers that nobody has any more are forgotten with it.
    pub fn offers(&self, offer: Offer) {
        let mut known = self.known();
        if known.offer != offer {
            known.buffers.clear();
        }
        known.offer = offer;
    }

    /// Notes all of our buffers.
    pub fn buffers(&self, buffers: HashMap<ScalerKey, BufferSeen>) {
        self.known().buffers = buffers;
    }

    pub(super) fn pools(&self, pools: Pools) {
        self.known().pools = pools;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().expect("no holder panics")
    }
}
