//! What is answered about tasks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::Id;
use crate::model::reply::Granted;

use super::TaskRecord;

/// What was done to tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// They are there now.
    Added,
    /// They were there already, from an earlier request with the same idempotency key.
    Found,
    /// This session has it now.
    Claimed,
    /// Work has begun.
    Started,
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// They are no longer wanted.
    Cancelled,
    /// Nobody has it any more.
    Released,
    /// It is open again.
    Reopened,
    /// It says something else.
    Edited,
    /// A remark was left.
    Commented,
    /// Its holder was asked to give it back.
    AskedBack,
    /// They were given up: the lease of their last attempt has ended. Ask again for another.
    Died,
}

impl Told {
    /// What was done to these tasks, and nothing besides.
    pub fn new(did: Did, tasks: Vec<TaskRecord>) -> Self {
        Self {
            did,
            tasks,
            locks: Vec::new(),
            released: Vec::new(),
            also: Vec::new(),
            ready: Vec::new(),
        }
    }
}

/// The answer to a request about tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// What was done.
    pub did: Did,
    /// The tasks as they are now.
    pub tasks: Vec<TaskRecord>,
    /// Locks that the session holds now for it: that of the claim, and those on its keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<Granted>,
    /// Locks that were given back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<crate::model::key::Key>,
    /// Tasks that are ready now because of this, or over because of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Id>,
    /// Those of them that are ready.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ready: Vec<Id>,
}
