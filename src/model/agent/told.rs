//! What is answered about agents and sessions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::{Actor, Id};
use crate::model::key::Key;
use crate::model::reply::Granted;

use super::{Level, Point, PresenceRecord};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// The session said who it is.
    Registered,
    /// It was seen.
    Seen,
    /// It said what it is doing.
    Changed,
    /// It is over, and holds nothing any more.
    Unregistered,
    /// Another session was ended.
    Kicked,
    /// Trust was given, or taken away.
    Trusted,
    /// A checkpoint was kept.
    Saved,
    /// This session goes on with what another left.
    Restored,
}

/// The answer to a request about agents and sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// What was done.
    pub did: Did,
    /// About which session; none where it is about an agent as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Actor>,
    /// Its record as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<PresenceRecord>,
    /// The checkpoint that was kept, or that was gone on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// How far the agent is trusted now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Level>,
    /// The task that this session has now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Id>,
    /// Locks that it holds now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<Granted>,
    /// Locks that were given back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<Key>,
    /// Locks that were not taken over, because others wait for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Key>,
    /// Whose turn it is now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<Actor>,
}

impl Told {
    /// Only what was done, about a session.
    pub fn new(did: Did, who: Option<Actor>) -> Self {
        Self {
            did,
            who,
            session: None,
            point: None,
            trust: None,
            task: None,
            locks: Vec::new(),
            released: Vec::new(),
            left: Vec::new(),
            next: Vec::new(),
        }
    }
}
