//! What somebody may do: what kube-apiserver says in a SubjectAccessReview, whose answers are kept as for the metrics API.
//! Who has a right in the whole cluster is asked for once, and not once a namespace.

use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};

use crate::{
    metrics_api::{Act, Authorization, Caller, Gate, Wanted},
    web::door::Rights,
};

/// The rights of a caller.
pub(super) struct Granted {
    pub(super) gate: Arc<Gate>,
    pub(super) caller: Arc<Caller>,
    /// Whether they have anything to write events by.
    pub(super) writes: bool,
}

/// The rights of who has not signed in, where the operator lets everybody look.
pub(super) struct Onlooker;

/// Whether `caller` may do `act` in `namespace`. A question that nobody can answer now is answered with no.
pub(super) async fn may(
    authorization: &Authorization,
    caller: &Arc<Caller>,
    act: Act,
    namespace: &str,
) -> bool {
    for namespace in ["", namespace] {
        let wanted = Wanted::Objects { act, namespace: namespace.to_owned() };
        if authorization.allow(caller, &wanted).await.is_ok() {
            return true;
        }
    }
    false
}

impl Rights for Granted {
    fn may_see<'a>(&'a self, namespace: &'a str) -> BoxFuture<'a, bool> {
        may(&self.gate.authorization, &self.caller, Act::SeeScalers, namespace).boxed()
    }

    fn may_change_events<'a>(&'a self, namespace: &'a str) -> BoxFuture<'a, bool> {
        async move {
            self.writes && may(&self.gate.authorization, &self.caller, Act::ChangeEvents, namespace).await
        }
        .boxed()
    }
}

impl Rights for Onlooker {
    fn may_see<'a>(&'a self, _: &'a str) -> BoxFuture<'a, bool> {
        async { true }.boxed()
    }

    fn may_change_events<'a>(&'a self, _: &'a str) -> BoxFuture<'a, bool> {
        async { false }.boxed()
    }
}
