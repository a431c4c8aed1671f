//! What a replay leans on: nothing that could fail, and parts that are simulated, which is said.

use futures::{FutureExt, future::BoxFuture};
use prescale_controller::web::{
    SetupView, Viewer,
    wire::{Problem, Setup, SetupItem, SetupState},
};

use crate::scenario::Scenario;

/// What a scenario leans on.
pub(super) struct Leaning(Setup);

impl Leaning {
    /// That of `scenario`.
    pub(super) fn of(scenario: &Scenario) -> Self {
        let meta = &scenario.recording.meta;
        let item = |id: &str, what: &str, says: String| SetupItem {
            id: id.to_owned(),
            what: what.to_owned(),
            state: SetupState::Ok,
            says,
            fix: None,
        };
        Self(Setup {
            items: vec![
                item("recording", "Recording", format!("{}: {}", meta.title, meta.what)),
                item(
                    "decisions",
                    "Decisions",
                    "Forecasts and plans are made by the code that the controller runs.".into(),
                ),
                item(
                    "cluster",
                    "Cluster",
                    "HPA, pods, nodes and the service are simulated, with the timing of real ones.".into(),
                ),
            ],
        })
    }
}

impl SetupView for Leaning {
    fn setup<'a>(&'a self, _: &'a Viewer) -> BoxFuture<'a, Result<Setup, Problem>> {
        let setup = self.0.clone();
        async move { Ok(setup) }.boxed()
    }
}
