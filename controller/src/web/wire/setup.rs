//! What is connected, what fails, and how to fix it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Everything that Prescale leans on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Setup {
    /// What fails comes first.
    pub items: Vec<SetupItem>,
}

/// One thing that Prescale leans on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupItem {
    /// A constant word, such as `prometheus`.
    pub id: String,
    /// What it is, in words.
    pub what: String,
    /// How it fares.
    pub state: SetupState,
    /// How it fares, in a sentence.
    pub says: String,
    /// What to do about it; `null` where nothing is to be done.
    pub fix: Option<String>,
}

/// How something fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SetupState {
    /// It works.
    Ok,
    /// It does not.
    Failing,
    /// It is not used.
    Off,
}
