//! By what somebody writes to the cluster: their own token, or, where the operator allows it, the controller speaking in
//! their name. The controller's own rights are never lent.

use std::{fmt, net::SocketAddr, sync::Arc};

use kube::{Client, Config, config::AuthInfo};

use super::session::Known;
use crate::{metrics_api::Caller, web::door::Viewer};

/// What is kept of a viewer beside what pages are told.
#[derive(Clone)]
pub(super) struct Kept {
    /// Who they are; `None` for somebody who has not signed in.
    pub(super) caller: Option<Arc<Caller>>,
    /// By what they write, or why they do not.
    pub(super) credential: Result<Credential, &'static str>,
    /// Where they call from.
    pub(super) peer: Option<SocketAddr>,
}

/// By what somebody writes.
#[derive(Clone)]
pub(super) enum Credential {
    /// Their token.
    Token(Arc<str>),
    /// Their name and groups, which the controller speaks in.
    Name(Arc<Known>),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token",
            Self::Name(_) => "Name",
        })
    }
}

impl Kept {
    pub(super) fn of(viewer: &Viewer) -> Option<&Self> {
        viewer.keeps.get::<Self>()
    }
}

impl Credential {
    /// A client of the API server of `own` that has these rights and no others.
    pub(super) fn client(&self, own: &Config) -> kube::Result<Client> {
        let mut config = own.clone();
        match self {
            Self::Token(token) => {
                // Nothing of ours comes along: no certificate, no token.
                config.auth_info = AuthInfo { token: Some(token.to_string().into()), ..AuthInfo::default() };
            }
            Self::Name(known) => {
                config.auth_info.impersonate = Some(known.name.clone());
                config.auth_info.impersonate_groups = Some(known.groups.clone());
            }
        }
        Client::try_from(config)
    }
}
