//! Who is here: the record of a session, what an agent may, and what a session leaves for whoever
//! goes on with its work.
//!
//! A session is recorded with its first change, and again with changes when the record has become
//! old. What it says of itself is for others to read; no lock depends on it.

mod ask;
mod told;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{Actor, AgentName, Id};
use super::key::Key;
use super::place::{Place, encode_component};
use super::stored::{Body, Stored};
use super::text::{Long, Text, Word};
use super::time::Timestamp;

pub use ask::{Ask, Checkpoint as Save, Kick, Register, Restore, SetTrust, Status};
pub use told::{Did, Told};

/// The directory of all sessions.
pub const AGENTS: &str = "agents";
/// The directory of what agents may.
pub const TRUST: &str = "trust";
/// The directory of what sessions left for others.
pub const CHECKPOINTS: &str = "checkpoints";

/// A stored session.
pub type PresenceRecord = Stored<Presence>;
/// The stored checkpoints of one session.
pub type CheckpointsRecord = Stored<Checkpoints>;
/// The stored trust in an agent.
pub type TrustRecord = Stored<Trust>;

/// Where a session acts: found by the program that asks, so that nobody has to say it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Whereabouts {
    /// Which program the agent is, when its environment tells: `claude`, `codex`, …
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<Word>,
    /// On which machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
    /// In which working tree: the name of its directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worktree: Option<Text>,
    /// On which branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
}

/// What a session says that it is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Doing {
    /// It is here.
    #[default]
    Active,
    /// It has nothing to do, and would take something.
    Idle,
    /// It wants nothing more now.
    Busy,
}

impl Doing {
    /// The word in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Busy => "busy",
        }
    }
}

/// How a session stands, as others see it. Computed, never stored.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Life {
    /// It was seen a short while ago.
    Alive,
    /// It says that it has nothing to do, or was quiet for a while.
    Idle,
    /// It was quiet for long.
    Stale,
    /// It is over: its process is proven dead, or nothing was seen of it for a day and it holds
    /// nothing.
    Gone,
}

impl Life {
    /// The word in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Idle => "idle",
            Self::Stale => "stale",
            Self::Gone => "gone",
        }
    }
}

/// A session of an agent. Whose it is says the head, for only the session itself writes it; so does
/// when it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// When it was first seen, by its own clock.
    pub since: Timestamp,
    /// Where it acts.
    #[serde(flatten)]
    pub place: Whereabouts,
    /// Which model the agent runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Text>,
    /// What it can do, as words that tasks and messages ask for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub capabilities: BTreeSet<Word>,
    /// What it says that it is doing.
    #[serde(default)]
    pub doing: Doing,
    /// What it works on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Id>,
    /// Which files it works on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Key>,
    /// How it means to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Text>,
    /// What it is not sure about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsure: Vec<Text>,
}

impl Body for Presence {
    const KIND: &'static str = "presence";
}

impl Presence {
    /// The directory of one agent's sessions.
    pub fn dir(agent: &AgentName) -> String {
        format!("{AGENTS}/{}", encode_component(agent.as_str().as_bytes()))
    }

    /// Where a session is recorded.
    pub fn place(actor: &Actor) -> Place {
        of_session(AGENTS, actor)
    }
}

/// How far a session was at one time, for whoever goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// On which task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Id>,
    /// On which branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// Which files it worked on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Key>,
    /// What whoever goes on has to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Long>,
    /// What is to be done next, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<Text>,
    /// Whose checkpoint this was before it was taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Actor>,
}

/// Who went on with a session's work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Taken {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// The last few checkpoints of one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Checkpoints {
    /// Whose they are.
    pub of: Actor,
    /// Oldest first.
    pub points: Vec<Point>,
    /// Somebody went on from the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Taken>,
}

impl Body for Checkpoints {
    const KIND: &'static str = "checkpoints";
}

impl Checkpoints {
    /// The directory of what one agent's sessions left.
    pub fn dir(agent: &AgentName) -> String {
        format!(
            "{CHECKPOINTS}/{}",
            encode_component(agent.as_str().as_bytes())
        )
    }

    /// Where the checkpoints of a session are kept.
    pub fn place(actor: &Actor) -> Place {
        of_session(CHECKPOINTS, actor)
    }
}

/// How far an agent is trusted: 0 not at all, 1 little, 2 as usual, 3 with what is others', 4 with
/// everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trust {
    /// Whom.
    pub agent: AgentName,
    /// How far, 0 to 4.
    pub level: Level,
}

impl Body for Trust {
    const KIND: &'static str = "trust";
}

impl Trust {
    /// Where the trust in an agent is kept.
    pub fn place(agent: &AgentName) -> Place {
        let name = encode_component(agent.as_str().as_bytes());
        Place::encoded(format!("{TRUST}/{name}.json"))
    }
}

/// A level of trust, 0 to 4.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u8")]
#[schemars(with = "u8", extend("minimum" = 0, "maximum" = 4))]
pub struct Level(u8);

impl Level {
    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Level {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        if number <= 4 {
            Ok(Self(number))
        } else {
            Err(format!("{number} is no level of trust: 0 to 4"))
        }
    }
}

impl std::str::FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse::<u8>();
        number
            .map_err(|_| format!("`{}` is no level of trust: 0 to 4", text.escape_debug()))?
            .try_into()
    }
}

fn of_session(dir: &str, actor: &Actor) -> Place {
    let agent = encode_component(actor.agent.as_str().as_bytes());
    let session = encode_component(actor.session.as_str().as_bytes());
    Place::encoded(format!("{dir}/{agent}/{session}.json"))
}
