//! How authorities follow each other, so that nobody meets a certificate under one that it does not know yet: the next
//! one is announced in the bundle, signs once the bundle has spread, and the former one stays in the bundle until what
//! it signed is over.

use jiff::{SignedDuration, Timestamp};

use super::{
    authority::{AUTHORITY_LIFE, Authority, BACKDATED_BY, validity},
    bundle::CaBundle,
};

/// How long a bundle takes to reach those who trust it: patching is a matter of seconds, an API server that is being
/// upgraded one of minutes.
const SPREADS_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// The authorities of a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// Signs.
    pub current: Authority,
    /// Is announced, and signs next.
    pub next: Option<Authority>,
    /// The certificate of the one that signed before, PEM.
    pub former: Option<String>,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuccessionStep {
    /// The current one is over: begin anew.
    Replace,
    /// The current one has two thirds of its life behind it: announce the next.
    Announce,
    /// The next one has been announced for long enough: it signs now.
    Promote,
    /// What the former one signed is over.
    Forget,
}

impl Succession {
    /// The first authority.
    ///
    /// # Errors
    ///
    /// The cryptographic library fails.
    pub fn begin(now: Timestamp) -> anyhow::Result<Self> {
        Ok(Self { current: Authority::new(now)?, next: None, former: None })
    }

    /// What is due at `now`.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Option<SuccessionStep> {
        let former_is_over = self.former.as_deref().is_some_and(|former| is_over(former, now));
        if self.current.not_after <= now {
            return Some(SuccessionStep::Replace);
        }
        match &self.next {
            Some(next) if next.not_before + BACKDATED_BY + SPREADS_WITHIN <= now => {
                Some(SuccessionStep::Promote)
            }
            None if self.current.not_after - AUTHORITY_LIFE / 3 <= now => Some(SuccessionStep::Announce),
            Some(_) | None => former_is_over.then_some(SuccessionStep::Forget),
        }
    }

    /// The succession after `step`.
    ///
    /// # Errors
    ///
    /// The cryptographic library fails.
    pub fn after(self, step: SuccessionStep, now: Timestamp) -> anyhow::Result<Self> {
        Ok(match step {
            SuccessionStep::Replace => Self::begin(now)?,
            SuccessionStep::Announce => Self { next: Some(Authority::new(now)?), ..self },
            SuccessionStep::Promote => {
                let Self { current, next, former } = self;
                match next {
                    Some(next) => Self { former: Some(current.certificate), current: next, next: None },
                    None => Self { current, next, former },
                }
            }
            SuccessionStep::Forget => Self { former: None, ..self },
        })
    }

    /// All that is trusted: who signs first.
    #[must_use]
    pub fn bundle(&self) -> CaBundle {
        let next = self.next.as_ref().map(|next| next.certificate.as_str());
        let parts = [Some(self.current.certificate.as_str()), next, self.former.as_deref()];
        CaBundle(parts.into_iter().flatten().collect())
    }
}

/// What cannot be read vouches for nothing.
fn is_over(certificate: &str, now: Timestamp) -> bool {
    validity(certificate).map_or(true, |(_, not_after)| not_after <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + day * 86_400).unwrap()
    }

    #[test]
    fn authorities_follow_each_other_without_a_gap_in_trust() {
        let mut succession = Succession::begin(day(0)).unwrap();
        let mut bundle = succession.bundle();
        let mut steps = vec![];
        for hour in 0..24 * 900 {
            let now = day(0) + SignedDuration::from_hours(hour);
            while let Some(step) = succession.due(now) {
                let signer = succession.current.certificate.clone();
                succession = succession.after(step, now).unwrap();
                steps.push((step, hour / 24));
                let signs_anew = succession.current.certificate != signer;
                assert!(
                    !signs_anew || bundle.pem().contains(&succession.current.certificate),
                    "day {}",
                    hour / 24
                );
                bundle = succession.bundle();
            }
            assert!(now < succession.current.not_after);
        }
        let expected = [
            (SuccessionStep::Announce, 243),
            (SuccessionStep::Promote, 243),
            (SuccessionStep::Forget, 365),
            (SuccessionStep::Announce, 486),
            (SuccessionStep::Promote, 486),
            (SuccessionStep::Forget, 608),
            (SuccessionStep::Announce, 730),
            (SuccessionStep::Promote, 730),
            (SuccessionStep::Forget, 851),
        ];
        assert_eq!(steps, expected);
    }

    #[test]
    fn the_next_authority_does_not_sign_before_the_bundle_has_spread() {
        let succession = Succession::begin(day(0)).unwrap();
        let announced = succession.after(SuccessionStep::Announce, day(250)).unwrap();
        assert_eq!(announced.due(day(250) + SignedDuration::from_mins(59)), None);
        assert_eq!(announced.due(day(250) + SignedDuration::from_mins(60)), Some(SuccessionStep::Promote));
    }

    #[test]
    fn a_controller_that_comes_back_after_years_begins_anew() {
        let succession = Succession::begin(day(0)).unwrap();
        assert_eq!(succession.due(day(800)), Some(SuccessionStep::Replace));
    }
}
