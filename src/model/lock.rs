//! The lock record: who holds a key, in which mode, and for how long.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{Actor, AgentName, OpId, SessionName};
use super::key::Key;
use super::record::{Record, VERSION};
use super::stamp::Stamp;
use super::text::Text;
use super::time::{Timestamp, Ttl};

/// A hold that was renewed so much later than now shows that the clock was set back, in seconds.
const CLOCK_STEP_SECS: i64 = 60;

/// Whether others may hold the key at the same time.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Others may hold it too, in the same mode: "do not change this while I rely on it".
    Shared,
    /// Nobody else holds anything that overlaps.
    #[default]
    Exclusive,
}

impl Mode {
    /// Whether two holders can be side by side.
    pub fn is_compatible(self, other: Self) -> bool {
        self == Self::Shared && other == Self::Shared
    }

    /// The word in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Exclusive => "exclusive",
        }
    }
}

/// One session's hold on a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hold {
    /// Who holds it.
    pub agent: AgentName,
    /// In which session.
    pub session: SessionName,
    /// Number of the state that last changed this hold: a fencing token. Per key it only grows,
    /// also across releases.
    pub rev: u64,
    /// When it was first granted, by the holder's wall clock.
    pub since: Timestamp,
    /// When it was last renewed, by the holder's wall clock.
    pub renewed: Timestamp,
    /// Length of the lease, counted from `renewed`.
    pub ttl_secs: Ttl,
    /// Why, in the holder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// The branch that the work is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// The task that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Text>,
    /// The machine, so that others on the same one can tell whether the session is alive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
}

impl Hold {
    /// The owner.
    pub fn actor(&self) -> Actor {
        Actor {
            agent: self.agent.clone(),
            session: self.session.clone(),
        }
    }

    /// Whether this hold is the actor's own.
    pub fn is_of(&self, actor: &Actor) -> bool {
        self.agent == actor.agent && self.session == actor.session
    }

    /// When the lease ends by the holder's wall clock.
    pub fn until(&self) -> Timestamp {
        self.renewed.plus_secs(self.ttl_secs.secs())
    }

    /// Whether more than half of the lease is gone, or nobody can tell: a holder whose clock was set
    /// back would else let its lease end before the eyes of others, who go by their own clocks.
    pub fn is_half_gone(&self, at: Timestamp) -> bool {
        let half = i64::try_from(self.ttl_secs.secs() / 2).unwrap_or(i64::MAX);
        let gone = at.secs_since(self.renewed);
        gone >= half || gone < -CLOCK_STEP_SECS
    }
}

/// The record of a locked key. It exists only while somebody holds the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LockRecord {
    /// Format version.
    pub v: u32,
    /// Always `lock`.
    pub kind: String,
    /// The operation that wrote it.
    pub op: OpId,
    /// The number of the state that it was written in.
    pub rev: u64,
    /// When, by the writer's wall clock.
    pub at: Timestamp,
    /// Who wrote it.
    pub by: Actor,
    /// What is locked, canonical; agrees with the record's place.
    pub key: Key,
    /// The mode of every hold below.
    pub mode: Mode,
    /// One when exclusive, one or more when shared.
    pub holds: Vec<Hold>,
}

impl LockRecord {
    /// A record written now.
    pub fn new(stamp: &Stamp, rev: u64, key: Key, mode: Mode, holds: Vec<Hold>) -> Self {
        Self {
            v: VERSION,
            kind: Self::KIND.into(),
            op: stamp.op,
            rev,
            at: stamp.at,
            by: stamp.by.clone(),
            key,
            mode,
            holds,
        }
    }
}

impl Record for LockRecord {
    const KIND: &'static str = "lock";

    fn head(&self) -> (u32, &str) {
        (self.v, &self.kind)
    }
}
