//! What the stream tells, beside whole scalers and the state of a replay.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ScalerRow;

/// What has changed in the fleet since the last message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FleetNews {
    /// When this was said.
    pub now: Timestamp,
    /// Rows that are new, or in which something that people see has changed.
    pub items: Vec<ScalerRow>,
    /// Scalers that are no more, or may no longer be seen, as `namespace/name`.
    pub removed: Vec<String>,
}
