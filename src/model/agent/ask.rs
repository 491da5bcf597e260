//! What can be asked about agents and sessions. Where a session acts is not asked: it stands beside
//! the request, as for every change (see [`super::Whereabouts`]).

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::{Actor, AgentName, Id};
use crate::model::key::Key;
use crate::model::text::{Long, Text, Word};

use super::{Doing, Level};

/// One request about agents and sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Say who this session is.
    Register(Register),
    /// Say that it is here.
    Heartbeat {},
    /// Say what it is doing.
    Status(Status),
    /// It ends, and gives back everything.
    Unregister {},
    /// End another session that is over.
    Kick(Kick),
    /// Say how far an agent is trusted.
    Trust(SetTrust),
    /// Leave what somebody needs to go on.
    Checkpoint(Checkpoint),
    /// Go on with what another session left.
    Restore(Restore),
}

/// See [`Ask::Register`]. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Register {
    /// Which program it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<Word>,
    /// Which model it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Text>,
    /// What it can do, in place of what it said.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub capabilities: BTreeSet<Word>,
}

/// See [`Ask::Status`]. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Status {
    /// What it is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doing: Option<Doing>,
    /// What it works on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Id>,
    /// Which files it works on, in place of what it said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Key>,
    /// How it means to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Text>,
    /// More that it is not sure about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unsure: Vec<Text>,
    /// Forget first what it said of task, files, plan and doubts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub clear: bool,
    /// Rules of the secret scan that are known to be wrong about these texts; kept in the log.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// See [`Ask::Kick`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kick {
    /// Which session.
    pub who: Actor,
    /// Why; it is told.
    pub reason: Text,
}

/// See [`Ask::Trust`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetTrust {
    /// Whom.
    pub agent: AgentName,
    /// How far.
    pub level: Level,
}

/// See [`Ask::Checkpoint`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Checkpoint {
    /// On which task; the one that the session said it works on when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Id>,
    /// Which files; those that the session said it works on when absent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Key>,
    /// What whoever goes on has to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<Long>,
    /// What is to be done next, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<Text>,
    /// Rules of the secret scan that are known to be wrong about these texts; kept in the log.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// See [`Ask::Restore`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Restore {
    /// Whose checkpoint.
    pub from: Actor,
    /// Although nothing proves that it is over; only from a session of the same agent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takeover: bool,
}
