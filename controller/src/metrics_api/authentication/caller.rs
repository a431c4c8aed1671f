//! A caller, as Kubernetes names it.

use std::collections::BTreeMap;

use crate::metrics_api::Subject;

/// Added to whoever is known.
const AUTHENTICATED: &str = "system:authenticated";
/// Whoever shows nothing.
const ANONYMOUS: &str = "system:anonymous";
/// The only group of whoever shows nothing.
const UNAUTHENTICATED: &str = "system:unauthenticated";

/// Who calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The user's name.
    pub name: String,
    /// The user's unique id, empty where there is none.
    pub uid: String,
    /// Groups, in the order in which they were given.
    pub groups: Vec<String>,
    /// What else was said of the user.
    pub extra: BTreeMap<String, Vec<String>>,
}

impl Caller {
    /// Whoever shows nothing.
    pub(super) fn anonymous() -> Self {
        Self { name: ANONYMOUS.into(), groups: vec![UNAUTHENTICATED.into()], ..Self::default() }
    }

    /// Whom a certificate that is vouched for speaks of; `None` where it names nobody.
    pub(super) fn named_by(subject: &Subject) -> Option<Self> {
        let name = subject.common_name.clone()?;
        Some(Self { name, groups: subject.organizations.clone(), ..Self::default() })
    }

    /// The same, with the group of all who are known; the front proxy passes anonymous callers on as such.
    pub(crate) fn authenticated(mut self) -> Self {
        let is_settled = self.groups.iter().any(|group| group == AUTHENTICATED || group == UNAUTHENTICATED);
        if !is_settled && self.name != ANONYMOUS {
            self.groups.push(AUTHENTICATED.into());
        }
        self
    }
}
