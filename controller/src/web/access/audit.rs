//! The audit line: who did what to which object, and what came of it, for each sign-in, refusal and change. A line is a
//! log event of the target `prescale::audit`, so that it can be kept apart: `--log=warn,prescale::audit=info`.

use std::{fmt, net::SocketAddr};

use tracing::info;

use crate::web::wire::Via;

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    SignIn,
    SignOut,
    Create,
    Update,
    Delete,
    /// Anything else that changes something.
    Change,
}

/// One line.
pub(super) struct Line<'a> {
    pub(super) act: Act,
    /// Who, as far as known.
    pub(super) user: Option<&'a str>,
    pub(super) via: Option<Via>,
    pub(super) peer: Option<SocketAddr>,
    /// Which object, `demandevents live/semi-final`, or which path.
    pub(super) object: &'a str,
    /// Why it was refused; `None` where it was done.
    pub(super) refused: Option<&'a str>,
}

impl Line<'_> {
    /// Writes it.
    pub(super) fn write(&self) {
        let act = self.act.to_string();
        let via = self.via.map(|via| format!("{via:?}").to_lowercase());
        let peer = self.peer.map(|peer| peer.ip().to_string());
        let outcome = if self.refused.is_some() { "refused" } else { "done" };
        info!(
            target: "prescale::audit",
            act, user = self.user, via, peer, object = self.object, outcome, reason = self.refused,
            "audit"
        );
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignIn => "sign-in",
            Self::SignOut => "sign-out",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Change => "change",
        })
    }
}
