//! What is common to every load: how much comes when, and what counts as late and as lost.

use std::time::Duration;

use crate::arrivals::{Arrivals, Spacing};
use crate::shape::Shape;

/// How much comes when, and what counts as late and as lost.
#[derive(Clone, Debug)]
pub struct Load {
    /// Arrivals a second.
    pub rate: Shape,
    /// How long load is sent.
    pub length: Duration,
    /// How arrivals lie around the rate.
    pub spacing: Spacing,
    /// What is acknowledged after this, since it was intended, is late.
    pub objective: Duration,
    /// What is not answered within this, since it was intended, is lost.
    pub patience: Duration,
}

impl Load {
    /// The intended times.
    pub fn arrivals(&self) -> Arrivals {
        Arrivals::new(&self.rate, self.length, self.spacing)
    }
}
