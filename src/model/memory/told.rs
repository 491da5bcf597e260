//! What is answered about memories.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MemoryRecord;

/// What was done to memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// It is kept now.
    Remembered,
    /// The same was said within the last hour; that memory has this added.
    Merged,
    /// They are kept no longer.
    Forgotten,
    /// It was noted that they were recalled.
    Counted,
}

/// The answer to a request about memories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// What was done.
    pub did: Did,
    /// The memories as they are now; those that were forgotten, as they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memories: Vec<MemoryRecord>,
}
