//! How often one client may try to sign in: each try is a question to the API server or to the identity provider.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use crate::pace;

/// Tries at once: everybody behind an ingress comes from its address, and opens the page in the same morning.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(20).expect("twenty is not zero");
/// Tries a second after that. Tokens are not guessed: this keeps the API server from being asked.
const A_SECOND: NonZeroU32 = NonZeroU32::new(1).expect("one is not zero");

/// Counts tries.
pub(super) struct Pace(pace::Pace<IpAddr>);

impl Default for Pace {
    fn default() -> Self {
        Self(pace::Pace::new(AT_ONCE, A_SECOND))
    }
}

impl Pace {
    /// Lets one try from `client` through.
    ///
    /// # Errors
    ///
    /// The pause after which the next one is.
    pub(super) fn admit(&self, client: IpAddr) -> Result<(), Duration> {
        self.0.admit(&network(client))
    }
}

/// One client has a whole /64 of IPv6.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_that_insists_does_not_lock_others_out() {
        let pace = Pace::default();
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let admitted = (0..100).filter(|_| pace.admit(address("10.0.0.1")).is_ok()).count();
        assert!((20..30).contains(&admitted), "{admitted}");
        assert!(pace.admit(address("10.0.0.1")).unwrap_err() <= Duration::from_secs(1));
        assert!(pace.admit(address("10.0.0.2")).is_ok());
        while pace.admit(address("2001:db8::1")).is_ok() {}
        assert!(pace.admit(address("2001:db8::2")).is_err(), "it is the same client's");
        assert!(pace.admit(address("2001:db8:0:1::1")).is_ok());
    }
}
