//! What is answered about handoffs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::reply::Granted;

use super::HandoffRecord;

/// What was done to a handoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// It is there now.
    Written,
    /// This session has taken it over.
    Accepted,
    /// This session had taken it over already.
    Found,
}

/// The answer to a request about handoffs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// What was done.
    pub did: Did,
    /// The handoff as it is now.
    pub handoff: HandoffRecord,
    /// Locks that this session holds now for it, those of tasks' claims among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<Granted>,
    /// Locks that were offered and that the earlier session no longer holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Key>,
    /// Tasks that this session has now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Id>,
}
