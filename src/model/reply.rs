//! Every answer that says yes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::Actor;
use super::key::Key;
use super::lock::Mode;
use super::refusal::Conflict;
use super::time::Timestamp;

/// How a request ended well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Reply {
    /// All keys are held now.
    Locked {
        /// One for each key that was asked for.
        locks: Vec<Granted>,
        /// Own locks that the new ones replaced.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        replaced: Vec<Key>,
    },
    /// In line; ask again.
    Waiting {
        /// How many wait before this session for overlapping keys.
        ahead: usize,
        /// What is in the way now.
        conflicts: Vec<Conflict>,
    },
    /// Locks were given back.
    Unlocked {
        /// Which.
        released: Vec<Key>,
        /// Whose turn it is now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        next: Vec<Actor>,
    },
    /// Leases count from now.
    Renewed {
        /// The locks and their new ends.
        locks: Vec<Granted>,
    },
    /// A lock was taken from its holder.
    Stolen {
        /// The lock.
        lock: Granted,
        /// Who held it.
        from: Vec<Actor>,
    },
    /// Something was done about tasks.
    Task(Box<super::task::Told>),
    /// Something was done about a handoff.
    Handoff(Box<super::handoff::Told>),
    /// Something was done about memories.
    Memory(Box<super::memory::Told>),
    /// Something was done about agents and sessions.
    Agent(Box<super::agent::Told>),
    /// Something was done about messages.
    Message(Box<super::message::Told>),
    /// Something was done about a feature.
    Feature(Box<super::feature::Told>),
    /// No longer in line.
    Left {
        /// Whether the session was in line at all.
        was_waiting: bool,
    },
    /// Commits may land; with the push that carries this, they do.
    Landed {
        /// Own locks that were given back.
        released: Vec<Key>,
        /// Own locks whose leases count from now.
        renewed: Vec<Granted>,
    },
    /// Something was done about the merge queue.
    Queue(Box<super::queue::Told>),
    /// A value was changed.
    Value(Box<super::value::Told>),
    /// What was over left the live tree.
    Collected(Box<super::gc::Told>),
    /// Something was done about requests that travel on a branch.
    Relay(Box<super::relay::Told>),
    /// The fact is in the log.
    Noted,
    /// Records of another chain were taken over.
    Adopted {
        /// The locks that are shared now.
        locks: Vec<Key>,
        /// Those that are in conflict with what is there, and stay out.
        conflicts: Vec<Conflict>,
        /// How many other records of each kind are shared now.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        records: BTreeMap<String, usize>,
    },
    /// A new epoch began.
    Compacted {
        /// Its number.
        epoch: u64,
    },
}

/// How a lock came to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It was free.
    Acquired,
    /// The session held it; its lease counts from now.
    Refreshed,
    /// A wider lock of the session covers it.
    Covered,
    /// Its lease had ended, and its holder did not renew it.
    Lapsed,
    /// The process of the session that held it is gone.
    Died,
    /// Another session of the same agent held it.
    TakenOver,
    /// Its holder lost it.
    Stolen,
}

/// One lock that the session holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Granted {
    /// What is locked; when covered, the wider key that does so.
    pub key: Key,
    /// The mode.
    pub mode: Mode,
    /// The fencing token: a later grant of the same key has a larger one.
    pub rev: u64,
    /// When the lease ends unless renewed.
    pub until: Timestamp,
    /// How it came to be held.
    pub how: How,
}
