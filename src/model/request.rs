//! Everything that can be asked of the state, as data.
//!
//! A request is decided wherever the state is: here, in another process of this clone that shares
//! its push, or at a relay. It is stored with the commit that it became, so that the decision can
//! be made again and compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::key::Key;
use super::lock::Mode;
use super::object_id::ObjectId;
use super::text::Text;
use super::time::{Timestamp, Ttl};

/// One operation on the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Take locks, all or none.
    Lock(Lock),
    /// Give locks back.
    Unlock(Unlock),
    /// Count leases from now.
    Renew(Renew),
    /// Take one lock from its holder.
    Steal(Steal),
    /// Stop waiting.
    Leave(Leave),
    /// Anything about tasks.
    Task(super::task::Ask),
    /// Anything about handoffs.
    Handoff(super::handoff::Ask),
    /// Anything about memories.
    Memory(super::memory::Ask),
    /// Anything about agents and sessions.
    Agent(super::agent::Ask),
    /// Anything about messages.
    Message(super::message::Ask),
    /// Anything about features.
    Feature(super::feature::Ask),
    /// Land commits on a branch, fenced by the locks that cover them.
    Land(Land),
    /// Anything about the merge queue.
    Queue(super::queue::Ask),
    /// Change a value.
    Value(super::value::Ask),
    /// Collect what is over.
    Gc(super::gc::Gc),
    /// Anything about requests that travel on a branch.
    Relay(super::relay::Ask),
    /// Keep a fact in the log.
    Note(Note),
    /// Take records over from a clone that worked alone until now.
    Adopt(Adopt),
    /// Close the epoch: a new chain with the same records.
    Compact(Compact),
}

/// See [`Request::Lock`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lock {
    /// What to lock.
    pub keys: Vec<Key>,
    /// In which mode.
    #[serde(default)]
    pub mode: Mode,
    /// For how long; the default lease when absent, or the lease a refreshed lock had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_secs: Option<Ttl>,
    /// Why. A refreshed lock keeps its reason when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// On which branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// For which task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Text>,
    /// On which machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
    /// Take over what another session of the same agent holds.
    #[serde(default, skip_serializing_if = "is_false")]
    pub takeover: bool,
    /// Give up own wider locks that cover the keys.
    #[serde(default, skip_serializing_if = "is_false")]
    pub narrow: bool,
    /// When something is in the way, wait in line until then instead of being refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_until: Option<Timestamp>,
}

/// Which of one's own locks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// Exactly these.
    Keys(Vec<Key>),
    /// All of the session.
    All,
}

/// See [`Request::Unlock`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unlock {
    /// Which locks.
    pub which: Which,
}

/// See [`Request::Renew`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Renew {
    /// Which locks.
    pub which: Which,
    /// A new length for the leases; each keeps its own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_secs: Option<Ttl>,
}

/// See [`Request::Steal`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Steal {
    /// The lock.
    pub key: Key,
    /// The revision that was seen; another one means that the holder is at work.
    pub rev: u64,
    /// Why; the earlier holder is told.
    pub reason: Text,
    /// For how long it is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_secs: Option<Ttl>,
    /// On which machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
}

/// See [`Request::Leave`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leave {}

/// What happens to the own locks that cover landed paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Landed {
    /// They are given back.
    Release,
    /// Their leases count from now.
    Renew,
}

/// See [`Request::Land`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Land {
    /// The remote branch, as a full ref name.
    pub target: Text,
    /// Its value before; none when the push creates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<ObjectId>,
    /// Its value after.
    pub new: ObjectId,
    /// Every path that the landed commits change.
    pub paths: Vec<Key>,
    /// What happens to own locks that cover them.
    pub locks: Landed,
    /// Paths of these keys need a lock of one's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<Key>,
    /// The local branch that is pushed, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
}

/// See [`Request::Note`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// What happened, one line.
    pub text: Text,
    /// The commit that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<ObjectId>,
    /// The paths that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Key>,
}

/// See [`Request::Adopt`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Adopt {
    /// The tip of the state that was local until now.
    pub from: ObjectId,
    /// Its live locks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<super::lock::LockRecord>,
    /// What else it has that the other one lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<Brought>,
}

/// A record of a chain that is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Brought {
    /// Where it stands.
    pub place: String,
    /// The operation that wrote what it takes the place of: the record as both chains once had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<super::id::OpId>,
    /// The whole record.
    pub record: serde_json::Value,
}

/// See [`Request::Compact`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Compact {
    /// The epoch to close. When it is closed already there is nothing to do, so that two who ask at
    /// the same time begin one epoch and not two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes: Option<u64>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}
