//! What comes with the binary, so that `prescale demo` needs nothing but itself.

use std::fs;
use std::path::Path;

use crate::error::ScenarioError;
use crate::scenario::Scenario;

/// The match night's files, by their paths in the project.
const MATCH_NIGHT: [(&str, &[u8]); 5] = [
    ("simulations/scenarios/match-night.toml", include_bytes!("../scenarios/match-night.toml")),
    ("simulations/scenarios/gateway.yaml", include_bytes!("../scenarios/gateway.yaml")),
    (
        "notebooks-data/match-night/recording.toml",
        include_bytes!("../../notebooks-data/match-night/recording.toml"),
    ),
    (
        "notebooks-data/match-night/samples.parquet",
        include_bytes!("../../notebooks-data/match-night/samples.parquet"),
    ),
    (
        "notebooks-data/match-night/events.yaml",
        include_bytes!("../../notebooks-data/match-night/events.yaml"),
    ),
];

/// The bundled match night.
///
/// # Errors
/// Where no temporary folder can be written.
pub fn match_night() -> Result<Scenario, ScenarioError> {
    let folder =
        tempfile::tempdir().map_err(|source| ScenarioError::read(Path::new("temporary folder"), source))?;
    for (name, bytes) in MATCH_NIGHT {
        let path = folder.path().join(name);
        let parent = path.parent().unwrap_or(folder.path());
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, bytes))
            .map_err(|source| ScenarioError::read(&path, source))?;
    }
    Scenario::open(&folder.path().join(MATCH_NIGHT[0].0))
}
