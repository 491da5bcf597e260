//! Collecting what is over: a request and its answer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// For how long what is over stays in the live tree, in seconds. The history keeps it anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Keep {
    /// Tasks and features that are over, after their end.
    pub tasks_secs: u64,
    /// Messages that nobody has to acknowledge any more, after they were sent.
    pub messages_secs: u64,
    /// Sessions that hold nothing, after they were last seen; and what they left for others.
    pub sessions_secs: u64,
    /// Handoffs, after somebody accepted them; for ever where nothing is said.
    #[serde(default = "for_ever")]
    pub handoffs_secs: u64,
    /// Answers to requests that came on a branch, and what was turned down; at least as long as
    /// such a request could be found again. For ever where nothing is said.
    #[serde(default = "for_ever")]
    pub answers_secs: u64,
}

fn for_ever() -> u64 {
    u64::MAX
}

/// What is looked at, and for how long it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gc {
    /// For how long.
    pub keep: Keep,
    /// Only tasks, and features, whose ids fall into the directory of this name: a small part at a
    /// time. The rest has its turn with four of the 256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fan: Option<String>,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// How many records of each kind left the live tree.
    pub collected: BTreeMap<String, usize>,
    /// Whether there is more: one commit collects so many and no more.
    pub more: bool,
}
