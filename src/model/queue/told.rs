//! What is answered about the merge queue.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::id::Id;
use super::super::key::Key;
use super::super::reply::Granted;
use super::{EntryRecord, LineRecord, Standing};

/// What was done to the merge queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// It is in line now.
    Added,
    /// It was in line already, with the same commit.
    Found,
    /// It is in line again, at the back of its priority.
    Requeued,
    /// It left the line.
    Dropped,
    /// Nothing lands now.
    Paused,
    /// The line goes on.
    Resumed,
    /// This session runs the check.
    Started,
    /// How it ended is known to everybody.
    Judged,
    /// The run was given up.
    GivenUp,
    /// It was put out.
    Evicted,
    /// They are on the target.
    Landed,
    /// They were found on the target.
    Settled,
}

/// The answer to a request about the merge queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// What was done.
    pub did: Did,
    /// The entries as they are now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<EntryRecord>,
    /// The line as it is now, where that is what was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineRecord>,
    /// What the runs on the tree come to now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// Claims that were added to the feature, since it changes them and they were free.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claimed: Vec<Key>,
    /// What the feature changes without having claimed it, and others have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drift>,
    /// The lock of the run, while it goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<Granted>,
    /// Locks that were given back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<Key>,
}

/// A path that was changed without a claim, and that others have claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// What is changed.
    pub path: Key,
    /// What of it is claimed.
    pub claim: Key,
    /// By which feature.
    pub feature: Id,
}

impl Told {
    /// What was done to these entries, and nothing besides.
    pub fn new(did: Did, entries: Vec<EntryRecord>) -> Self {
        Self {
            did,
            entries,
            line: None,
            standing: None,
            claimed: Vec::new(),
            drift: Vec::new(),
            locks: Vec::new(),
            released: Vec::new(),
        }
    }
}
