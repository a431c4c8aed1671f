//! How one certificate takes the place of another that a different authority signed, as when somebody deletes the Secret
//! of the authority, or cert-manager changes its issuer. Whoever knows us by our bundle is told of the new authority
//! first; we serve under it once that has reached them, and only then the one before it is forgotten. Pure: it is told
//! the time.

use std::{sync::Arc, time::Duration};

use rustls::sign::CertifiedKey;
use tokio::time::Instant;

use super::bundle::CaBundle;

/// How long a bundle takes to reach kube-apiserver: the registration looks every 10 s, and its write may take 8 s.
const SPREADS_WITHIN: Duration = Duration::from_secs(30);

/// What is served, who is announced to vouch for it, and what comes next.
#[derive(Debug, Default)]
pub(super) struct Handover {
    served: Option<Arc<CertifiedKey>>,
    announced: CaBundle,
    next: Option<Next>,
}

/// What is due at a time.
#[derive(Debug)]
struct Next {
    at: Instant,
    /// What is to be served from then on; `None` once it is, and the former authority is to be forgotten.
    certified: Option<Arc<CertifiedKey>>,
    bundle: CaBundle,
}

impl Handover {
    /// What new connections are served with.
    pub(super) fn served(&self) -> Option<&Arc<CertifiedKey>> {
        self.served.as_ref()
    }

    /// Who vouches for it, and for what comes next.
    pub(super) fn announced(&self) -> &CaBundle {
        &self.announced
    }

    /// When something is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.next.as_ref().map(|next| next.at)
    }

    /// Takes up `certified`, which `bundle` vouches for: at once where all of that has been announced, or nobody was.
    pub(super) fn take_up(&mut self, certified: Arc<CertifiedKey>, bundle: CaBundle, now: Instant) {
        let is_first = self.served.is_none() || self.announced.is_empty() || bundle.is_empty();
        let has_spread = self.next.is_none() && self.announced.holds_all_of(&bundle);
        match &mut self.next {
            _ if is_first || has_spread => {
                (self.served, self.announced, self.next) = (Some(certified), bundle, None);
            }
            Some(next) if next.bundle == bundle => match &mut next.certified {
                Some(waiting) => *waiting = certified,
                None => self.served = Some(certified),
            },
            Some(_) | None => {
                self.announced = self.announced.with(&bundle);
                self.next = Some(Next { at: now + SPREADS_WITHIN, certified: Some(certified), bundle });
            }
        }
    }

    /// Does what is due.
    pub(super) fn pass(&mut self, now: Instant) {
        let Some(next) = self.next.take_if(|next| next.at <= now) else { return };
        match next.certified {
            Some(certified) => {
                self.served = Some(certified);
                self.next = Some(Next { at: now + SPREADS_WITHIN, certified: None, bundle: next.bundle });
            }
            None => self.announced = next.bundle,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::certificates::{Purpose, Succession, SuccessionStep};

    fn succession() -> Succession {
        Succession::begin(Timestamp::now()).unwrap()
    }

    fn certified(succession: &Succession) -> Arc<CertifiedKey> {
        let purpose = Purpose::Serve(vec!["prescale".to_owned()]);
        succession.current.sign(&purpose, Timestamp::now()).unwrap().certified
    }

    /// Whether `certified` is served, and exactly `authorities` are announced.
    fn check(handover: &Handover, certified: &Arc<CertifiedKey>, authorities: &[&Succession]) {
        assert!(Arc::ptr_eq(handover.served().unwrap(), certified));
        let bundles = authorities.iter().map(|one| one.bundle());
        let expected = bundles.reduce(|all, one| all.with(&one)).unwrap();
        assert_eq!(handover.announced(), &expected);
    }

    #[test]
    fn another_authority_is_announced_before_it_signs_and_the_former_is_forgotten_after_it() {
        let (former, new) = (succession(), succession());
        let (before, after) = (certified(&former), certified(&new));
        let (mut handover, start) = (Handover::default(), Instant::now());
        handover.take_up(Arc::clone(&before), former.bundle(), start);
        check(&handover, &before, &[&former]);
        assert_eq!(handover.due(), None);

        handover.take_up(Arc::clone(&after), new.bundle(), start);
        check(&handover, &before, &[&former, &new]);
        // Heard once more, it waits no longer and no less.
        let almost = start + SPREADS_WITHIN - Duration::from_secs(1);
        handover.take_up(Arc::clone(&after), new.bundle(), almost);
        handover.pass(almost);
        check(&handover, &before, &[&former, &new]);
        handover.pass(start + SPREADS_WITHIN);
        check(&handover, &after, &[&former, &new]);
        handover.pass(start + SPREADS_WITHIN * 2);
        check(&handover, &after, &[&new]);
        assert_eq!(handover.due(), None);
    }

    #[test]
    fn an_authority_that_is_announced_signs_at_once() {
        let now = Timestamp::now();
        let announced = succession().after(SuccessionStep::Announce, now).unwrap();
        let mut handover = Handover::default();
        handover.take_up(certified(&announced), announced.bundle(), Instant::now());
        let promoted = announced.after(SuccessionStep::Promote, now).unwrap();
        let leaf = certified(&promoted);
        handover.take_up(Arc::clone(&leaf), promoted.bundle(), Instant::now());
        check(&handover, &leaf, &[&promoted]);
    }
}
