//! What a candidate does about the lease that it saw. Pure: what was seen, and for how long it has stood unchanged by
//! the candidate's own clock. Nobody's clock but one's own is read, so clocks that differ elect nobody twice.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};

/// The annotation of the lease that tells fellow replicas where the leader is.
pub const ADDRESS_ANNOTATION: &str = "prescale.dev/address";

/// What to do about the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// There is none: create it.
    Create,
    /// Nobody holds it, or its holder has let it run out: take it.
    Take,
    /// It is ours: renew it.
    Renew,
    /// Another holds it: look again later.
    Wait {
        /// Where that one is; `None` where it does not say.
        leader: Option<String>,
    },
}

/// What `identity` does about `lease`, which has stood as it is for `unchanged`; `lasts` is for how long a lease holds
/// that does not say so itself.
#[must_use]
pub fn decide(lease: Option<&Lease>, identity: &str, unchanged: Duration, lasts: Duration) -> Act {
    let Some(lease) = lease else { return Act::Create };
    match holder(lease) {
        None => Act::Take,
        Some(holder) if holder == identity => Act::Renew,
        Some(_) if duration(lease).unwrap_or(lasts) <= unchanged => Act::Take,
        Some(_) => Act::Wait { leader: address(lease) },
    }
}

/// Who holds it. A lease that was given back names nobody.
pub(super) fn holder(lease: &Lease) -> Option<&str> {
    spec(lease)?.holder_identity.as_deref().filter(|holder| !holder.is_empty())
}

fn duration(lease: &Lease) -> Option<Duration> {
    let seconds = spec(lease)?.lease_duration_seconds?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

fn address(lease: &Lease) -> Option<String> {
    lease.metadata.annotations.as_ref()?.get(ADDRESS_ANNOTATION).cloned()
}

fn spec(lease: &Lease) -> Option<&LeaseSpec> {
    lease.spec.as_ref()
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
mod tests {
    use super::*;

    const LASTS: Duration = Duration::from_secs(15);

    fn held_by(holder: &str, lasts_s: Option<i32>) -> Lease {
        let spec = LeaseSpec {
            holder_identity: Some(holder.to_owned()),
            lease_duration_seconds: lasts_s,
            ..LeaseSpec::default()
        };
        let mut lease = Lease { spec: Some(spec), ..Lease::default() };
        lease.metadata.annotations =
            Some([(ADDRESS_ANNOTATION.to_owned(), "10.0.0.7:6443".to_owned())].into());
        lease
    }

    fn wait() -> Act {
        Act::Wait { leader: Some("10.0.0.7:6443".to_owned()) }
    }

    fn check(lease: Option<Lease>, unchanged_s: u64, act: &Act) {
        let decided = decide(lease.as_ref(), "me", Duration::from_secs(unchanged_s), LASTS);
        assert_eq!(&decided, act, "{lease:?} unchanged for {unchanged_s} s");
    }

    #[test]
    fn a_lease_that_nobody_holds_is_taken_at_once() {
        check(None, 0, &Act::Create);
        check(Some(Lease::default()), 0, &Act::Take);
        check(Some(held_by("", Some(15))), 0, &Act::Take);
    }

    #[test]
    fn a_lease_of_ones_own_is_renewed_however_old_it_is() {
        check(Some(held_by("me", Some(15))), 0, &Act::Renew);
        check(Some(held_by("me", Some(15))), 3_600, &Act::Renew);
    }

    #[test]
    fn a_lease_of_another_is_taken_only_once_it_has_run_out_before_our_eyes() {
        check(Some(held_by("other", Some(15))), 0, &wait());
        check(Some(held_by("other", Some(15))), 14, &wait());
        check(Some(held_by("other", Some(15))), 15, &Act::Take);
        check(Some(held_by("other", Some(60))), 15, &wait());
    }

    #[test]
    fn a_lease_that_does_not_say_how_long_it_lasts_lasts_as_long_as_ours() {
        check(Some(held_by("other", None)), 14, &wait());
        check(Some(held_by("other", Some(-1))), 14, &wait());
        check(Some(held_by("other", None)), 15, &Act::Take);
    }
}
