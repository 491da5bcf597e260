//! What is answered about features.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FeatureRecord, Overlaps};

/// What was done to a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// It is there now.
    Registered,
    /// It says something else.
    Updated,
    /// It said that already.
    Unchanged,
    /// It is part of its target.
    Landed,
    /// It is no longer wanted.
    Cancelled,
}

/// The answer to a request about features.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// What was done.
    pub did: Did,
    /// The feature as it is now.
    pub feature: FeatureRecord,
    /// What its claims met in the very state that this was decided on: of two that register at the
    /// same time, the later one sees the earlier. Absent when it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlaps: Option<Overlaps>,
}
