//! What a dashboard leans on and the calendar that it keeps, where there is neither.

use super::{
    BoxFuture, EventDesk, EventDraft, EventRow, Events, FutureExt, Problem, Setup, SetupView, Timestamp,
    Viewer, Which,
};

/// Leans on nothing, and keeps no calendar.
pub(super) struct Nothing;

impl SetupView for Nothing {
    fn setup<'a>(&'a self, _: &'a Viewer) -> BoxFuture<'a, Result<Setup, Problem>> {
        async { Ok(Setup { items: vec![] }) }.boxed()
    }
}

impl EventDesk for Nothing {
    fn list<'a>(&'a self, _: &'a Viewer) -> BoxFuture<'a, Result<Events, Problem>> {
        async { Ok(Events { now: Timestamp::now(), items: vec![] }) }.boxed()
    }

    fn create<'a>(&'a self, _: &'a Viewer, _: EventDraft) -> BoxFuture<'a, Result<EventRow, Problem>> {
        async { Err(Problem::unprocessable("nothing is kept here")) }.boxed()
    }

    fn update<'a>(&'a self, _: &'a Viewer, _: EventDraft) -> BoxFuture<'a, Result<EventRow, Problem>> {
        async { Err(Problem::unprocessable("nothing is kept here")) }.boxed()
    }

    fn delete<'a>(&'a self, _: &'a Viewer, _: Which) -> BoxFuture<'a, Result<(), Problem>> {
        async { Err(Problem::not_found("nothing is kept here")) }.boxed()
    }
}
