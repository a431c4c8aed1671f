//! Node room ahead of pods, in the cluster: what the cluster offers to keep it by, the objects that keep it, and how they
//! fare. What is kept is decided in `scaler/headroom.rs`, and written by [`crate::apply`] alone.

mod board;
mod objects;
mod poll;
mod requests;
mod twin;

pub use board::{BufferSeen, Offer, Pools, RoomBoard, RoomSeen};
pub use objects::{buffer, placeholders, pod_template};
pub(crate) use poll::{buffers, poll_room};
pub(crate) use requests::{asked, asked_by_pod};
pub use twin::{HEADROOM_LABEL, Twin, twin};

use jiff::SignedDuration;

/// What keeps room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A CapacityBuffer.
    CapacityBuffer,
    /// Placeholder pods.
    PlaceholderPods,
}

impl By {
    /// As a status writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::CapacityBuffer => "CapacityBuffer",
            Self::PlaceholderPods => "PlaceholderPods",
        }
    }

    /// How long it may take until room that pods took is asked for again: Karpenter looks after buffers each 30 s, and
    /// at once after pods that were preempted.
    #[must_use]
    pub fn refill(self) -> SignedDuration {
        match self {
            Self::CapacityBuffer => SignedDuration::from_secs(30),
            Self::PlaceholderPods => SignedDuration::ZERO,
        }
    }
}

/// One thing to do about the room of a scaler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadroomAct {
    /// Pods to keep room for; 0 gives it back.
    pub pods: u32,
    /// By what.
    pub by: By,
    /// The version of the CapacityBuffer API; `None` where there is none.
    pub version: Option<&'static str>,
}

/// What the controller may do about room, whatever scalers say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Granted {
    /// Keep it, and hold off disruption.
    #[default]
    RoomAndHold,
    /// Keep it.
    Room,
    /// Nothing.
    Nothing,
}

/// How placeholders are made.
#[derive(Clone, Debug)]
pub struct PlaceholderSettings {
    /// An image that does nothing.
    pub image: String,
    /// A class below every other, which preempts nobody.
    pub priority_class: String,
}

impl Default for PlaceholderSettings {
    fn default() -> Self {
        Self {
            image: "registry.k8s.io/pause:3.10".to_owned(),
            priority_class: "prescale-placeholder".to_owned(),
        }
    }
}

/// The group of CapacityBuffers.
pub const BUFFER_GROUP: &str = "autoscaling.x-k8s.io";

/// The name of a scaler's CapacityBuffer, and of the PodTemplate that it refers to.
#[must_use]
pub fn buffer_name(scaler: &str) -> String {
    format!("prescale-{scaler}")
}

/// The name of the Deployment of a scaler's placeholders.
#[must_use]
pub fn placeholders_name(scaler: &str) -> String {
    format!("prescale-{scaler}-headroom")
}
