//! How often a caller may push to a scaler.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use crate::{board::ScalerKey, metrics_api::Caller, pace};

/// Requests a second: ten signals that are pushed each second by one caller, with 5,000 samples each at the most.
const A_SECOND: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");
/// Requests at once: a minute of a client that was cut off and pushes each second.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(60).expect("sixty is not zero");

/// Who pushes to what. Only callers with a right to the scaler are counted, so their number is bounded.
type Pusher = (Arc<str>, ScalerKey);

/// Counts requests.
pub(super) struct Pace(pace::Pace<Pusher>);

impl Default for Pace {
    fn default() -> Self {
        Self(pace::Pace::new(AT_ONCE, A_SECOND))
    }
}

impl Pace {
    /// Lets one request of `caller` to `scaler` through.
    ///
    /// # Errors
    ///
    /// The pause after which the next one is.
    pub(super) fn admit(&self, caller: &Caller, scaler: &ScalerKey) -> Result<(), Duration> {
        self.0.admit(&(caller.name.as_str().into(), scaler.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_pace_for_each_scaler() {
        let pace = Pace::default();
        let caller = |name: &str| Caller { name: name.into(), ..Caller::default() };
        let scaler = |name: &str| ScalerKey::new("live", name);
        let admitted = (0..200).filter(|_| pace.admit(&caller("a"), &scaler("gateway")).is_ok()).count();
        assert!((60..80).contains(&admitted), "{admitted}");
        assert!(pace.admit(&caller("a"), &scaler("gateway")).unwrap_err() <= Duration::from_millis(100));
        assert!(pace.admit(&caller("b"), &scaler("gateway")).is_ok());
        assert!(pace.admit(&caller("a"), &scaler("other")).is_ok());
    }
}
