//! The record of a task: what is to be done, and how far it is.
//!
//! Who works on a task holds the lock `task:<id>`: an ordinary lock, so that its lease, its renewal,
//! what happens when the holder dies, and `why`, are those of every lock. A task says by whom it was
//! claimed; whether the claim still counts is said by that lock.

mod ask;
pub mod import;
pub mod pattern;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::{Actor, AgentName, Id, OpId};
use super::key::Key;
use super::place::{Place, encode_component};
use super::stored::{Body, Stored};
use super::text::{Long, Text, Word};
use super::time::{Timestamp, Ttl};

pub use ask::{
    Add, Ask, Cancel, Claim, Comment as Commented, Done, Edit, Fail, New, Next, Release, Retry,
    Start, Strategy,
};
pub use told::{Did, Told};

/// The directory of tasks that are not over.
pub const OPEN: &str = "tasks/open";
/// The directory of tasks that are over, apart so that they cost the others nothing.
pub const ENDED: &str = "tasks/ended";
/// The directory of the remarks on tasks.
pub const COMMENTS: &str = "comments";
/// The prefix of the locks that claims are.
pub const CLAIMS: &str = "task";

/// Most keys of one task: with the lock of its claim they are locked in one step.
pub const KEYS_MAX: usize = super::limits::KEYS_MAX - 1;
/// How often a task may be tried unless it says so itself.
pub const ATTEMPTS_MAX: u32 = 3;
/// The sort of tasks that are made of others, and not handed out unless asked for.
pub const EPIC: &str = "epic";

/// A stored task.
pub type TaskRecord = Stored<Task>;
/// A stored remark.
pub type CommentRecord = Stored<Comment>;

/// How urgent a task is: 0 is most urgent, 4 least, 2 unless said otherwise.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u8")]
#[schemars(with = "u8", extend("minimum" = 0, "maximum" = 4))]
pub struct Priority(u8);

impl Priority {
    /// Least urgent.
    pub const LEAST: Self = Self(4);

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self(2)
    }
}

impl TryFrom<u8> for Priority {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        if number <= Self::LEAST.0 {
            Ok(Self(number))
        } else {
            Err(format!(
                "{number} is no priority: 0 is most urgent, 4 least"
            ))
        }
    }
}

impl std::str::FromStr for Priority {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix(['p', 'P']).unwrap_or(text);
        let number = digits
            .parse::<u8>()
            .map_err(|_| format!("`{}` is no priority: 0 to 4", text.escape_debug()))?;
        number.try_into()
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.0)
    }
}

/// How far a task is, as stored. `ready`, `blocked` and a claim that has lapsed are computed.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Nobody works on it.
    #[default]
    Open,
    /// Somebody has taken it.
    Claimed,
    /// Somebody is at it.
    Running,
    /// It is done.
    Done,
    /// It was tried and did not work out.
    Failed,
    /// It is no longer wanted.
    Cancelled,
    /// It was given up after the last attempt.
    Dead,
}

impl Stage {
    /// Whether it is over.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Done | Self::Failed | Self::Cancelled | Self::Dead
        )
    }

    /// The word in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Claimed => "claimed",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Dead => "dead",
        }
    }
}

/// What a task does when one that it depends on fails, is cancelled or dies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnFail {
    /// It waits, visibly, until somebody decides.
    #[default]
    Hold,
    /// It fails too.
    Fail,
    /// It goes on as if the other were done.
    Ignore,
}

/// What an agent must have to be given a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Requires {
    /// All of these capabilities.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub capabilities: BTreeSet<Word>,
    /// At least this trust, 0 to 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<u8>,
}

impl Requires {
    /// Whether anybody may have it.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Who has taken a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claimed {
    /// Who; the claim counts while that session holds the lock of the task.
    pub by: Actor,
    /// When, by its wall clock.
    pub at: Timestamp,
    /// Somebody asks to have it back, for something more urgent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_back: Option<Text>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// Its name.
    pub id: Id,
    /// One line.
    pub title: Text,
    /// As much as is needed to do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Long>,
    /// `task`, `bug`, `feature`, `epic`, `review`, or a team's own word. (The field `kind` says what
    /// record it is.)
    pub sort: Word,
    /// How urgent it is.
    #[serde(default)]
    pub priority: Priority,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub labels: BTreeSet<Word>,
    /// The epic or task that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Id>,
    /// The feature that it belongs to: while that is paused, it is not handed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<Id>,
    /// What must be done first.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub depends: BTreeSet<Id>,
    /// Those of them that hold it up no longer: done, or not done and ignored. Whoever ends a task
    /// notes it here with those that depend on it, so that what is ready is seen without a look at
    /// what is over.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub met: BTreeSet<Id>,
    /// What becomes of it when one of those is not done.
    #[serde(default)]
    pub on_fail: OnFail,
    /// What it will change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Key>,
    /// Only for this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AgentName>,
    /// Only for agents that have this.
    #[serde(default, skip_serializing_if = "Requires::is_nothing")]
    pub requires: Requires,
    /// The task whose work it looks over: not for those who worked on that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviews: Option<Id>,
    /// Everybody who has claimed it so far.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub workers: BTreeSet<AgentName>,
    /// Not for these agents: a review is not for the author of what it reviews.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_for: BTreeSet<AgentName>,
    /// Other tries at the same thing: when this one is done, they are no longer wanted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub rivals: BTreeSet<Id>,
    /// When it should be done; then it comes first among its priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// Length of the lease of a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_secs: Option<Ttl>,
    /// How often it was claimed and not given back.
    #[serde(default)]
    pub attempts: u32,
    /// How often it may be.
    pub attempts_max: u32,
    /// The tasks of one graph have one word: a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Word>,
    /// Who added it.
    pub added_by: Actor,
    /// When.
    pub added_at: Timestamp,
    /// In which state, by its number: what was added in one second stays in order.
    #[serde(default)]
    pub added_rev: u64,
    /// How many of the same request stood before it.
    #[serde(default, skip_serializing_if = "is_first")]
    pub nth: u32,
    /// How far it is.
    pub stage: Stage,
    /// Who has it, or had it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<Claimed>,
    /// When it was claimed for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_claimed_at: Option<Timestamp>,
    /// When work began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What came of it, for those who depend on it: any JSON, at most 16 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Why it failed, was cancelled, or was given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
}

fn is_first(nth: &u32) -> bool {
    *nth == 0
}

/// Which group of tasks was served when: what `task next --strategy round-robin` goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Turns {
    /// The number of the state in which each was last served.
    pub served: BTreeMap<Word, u64>,
}

impl Body for Turns {
    const KIND: &'static str = "turns";
}

impl Turns {
    /// Where it is kept.
    pub fn place() -> Place {
        Place::encoded("tasks/turns.json".into())
    }
}

impl Body for Task {
    const KIND: &'static str = "task";
}

impl Task {
    /// Where a task of this name stands while it is not over, or after.
    pub fn place(id: &Id, is_over: bool) -> Place {
        let dir = if is_over { ENDED } else { OPEN };
        let name = encode_component(id.as_str().as_bytes());
        Place::encoded(format!("{dir}/{}/{name}.json", id.fan()))
    }

    /// The lock that its claim is.
    pub fn key(id: &Id) -> Key {
        Key::claim_of_task(id)
    }
}

/// A remark on a task, in a record of its own: remarks are many, and nobody's overwrite another's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    /// The task.
    pub task: Id,
    /// The remark.
    pub text: Long,
}

impl Body for Comment {
    const KIND: &'static str = "comment";
}

impl Comment {
    /// The directory of the remarks on a task.
    pub fn dir(task: &Id) -> String {
        let name = encode_component(task.as_str().as_bytes());
        format!("{COMMENTS}/{}/{name}", task.fan())
    }

    /// Where the remark that an operation left is kept; they sort by the time they were made.
    pub fn place(task: &Id, op: OpId) -> Place {
        let name = encode_component(op.to_string().as_bytes());
        Place::encoded(format!("{}/{name}.json", Self::dir(task)))
    }
}
