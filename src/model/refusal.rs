//! Every answer that says no: a stable code, what is in the way, and what to do next.

mod hint;
mod message;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::Actor;
use super::key::Key;
use super::lock::{Hold, Mode};
use super::text::Text;
use super::time::Timestamp;

/// A lock that is in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conflict {
    /// What was asked for.
    pub wanted: Key,
    /// What is held: the same key, one above it, or one below.
    pub held: Key,
    /// In which mode.
    pub mode: Mode,
    /// By whom.
    pub by: Actor,
    /// Since when.
    pub since: Timestamp,
    /// When its lease ends unless renewed.
    pub until: Timestamp,
    /// Its revision, for `lock --steal --rev`.
    pub rev: u64,
    /// Why, in the holder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// On which branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// For which task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Text>,
}

impl Conflict {
    /// From the hold that is in the way.
    pub fn new(wanted: &Key, held: &Key, mode: Mode, hold: &Hold) -> Self {
        Self {
            wanted: wanted.clone(),
            held: held.clone(),
            mode,
            by: hold.actor(),
            since: hold.since,
            until: hold.until(),
            rev: hold.rev,
            reason: hold.reason.clone(),
            branch: hold.branch.clone(),
            task: hold.task.clone(),
        }
    }
}

/// Somebody who waits for a key and is first in line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ahead {
    /// What was asked for.
    pub wanted: Key,
    /// Who is first in line.
    pub by: Actor,
    /// Until when the key is kept for it.
    pub until: Timestamp,
}

/// A request that was understood and is not granted. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Refusal {
    /// Somebody else holds what overlaps.
    #[error("{}", message::held(conflicts))]
    LockHeld {
        /// Every lock in the way.
        conflicts: Vec<Conflict>,
    },
    /// Another session of the same agent holds it.
    #[error(
        "another session of the same agent holds it: {}",
        message::held(conflicts)
    )]
    OtherSession {
        /// Every lock in the way.
        conflicts: Vec<Conflict>,
    },
    /// It is free, but kept for somebody who waited.
    #[error("{}", message::kept(ahead))]
    Reserved {
        /// Who is first.
        ahead: Vec<Ahead>,
    },
    /// Waiting would close a circle of sessions that wait for each other.
    #[error("waiting would be a deadlock: {}", message::circle(cycle))]
    Deadlock {
        /// The sessions of the circle, beginning and ending with the one that asked.
        cycle: Vec<Actor>,
        /// Own locks that the last of the others waits for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        held: Vec<Key>,
    },
    /// The session does not hold it.
    #[error("{}", message::not_held(keys, conflicts))]
    NotHeld {
        /// Which keys.
        keys: Vec<Key>,
        /// Who holds them instead.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        conflicts: Vec<Conflict>,
    },
    /// The lock is not at the revision that was named.
    #[error(
        "`{key}` is at revision {now}, not {named}: its holder is at work, or it changed hands"
    )]
    RevChanged {
        /// The lock.
        key: Key,
        /// The revision that the request named.
        named: u64,
        /// The revision that it has.
        now: u64,
    },
    /// Paths that need a lock of one's own have none.
    #[error("a lock is required for {}", message::list(paths))]
    LockRequired {
        /// Which paths.
        paths: Vec<Key>,
    },
    /// The remote branch has commits that the local one lacks.
    #[error("`{branch}` of `{remote}` has commits that are not in `{local}`")]
    #[serde(rename = "not_fast_forward")]
    Behind {
        /// The remote.
        remote: String,
        /// Its branch.
        branch: String,
        /// What was to land.
        local: String,
    },
    /// There is nothing of that name.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// What was looked for: `task`, `agent`, …
        what: String,
        /// Its name, as it was asked for.
        name: String,
    },
    /// Something of that name is there already.
    #[error("there is a {what} `{name}` already")]
    Exists {
        /// What it is.
        what: String,
        /// Its name.
        name: String,
    },
    /// It belongs to another session.
    #[error("{what} `{name}` belongs to {owner}")]
    NotYours {
        /// What it is.
        what: String,
        /// Its name.
        name: String,
        /// Whose it is.
        owner: Actor,
    },
    /// It is not in a state in which this can be done.
    #[error("{what} `{name}` is {is}, and that needs {needs}")]
    WrongState {
        /// What it is.
        what: String,
        /// Its name.
        name: String,
        /// The state that it is in.
        is: String,
        /// The states in which it could be done.
        needs: String,
    },
    /// No task can be handed out now.
    #[error("no task is ready for you: {}", message::not_ready(counts))]
    NothingReady {
        /// Why not, and how many for each reason.
        counts: std::collections::BTreeMap<String, usize>,
    },
    /// Tasks, or features, would wait for each other.
    #[error("these would wait for each other: {}", message::ids(ids))]
    Cycle {
        /// Those of the circle, beginning and ending with the same.
        ids: Vec<super::id::Id>,
    },
    /// A text looks like it has a secret in it, which others would read.
    #[error("{field} looks like it has a secret in it: rule `{rule}`, at byte {at}")]
    Secret {
        /// The rule that found it.
        rule: String,
        /// Where: the field of the request.
        field: String,
        /// At which byte of it. What it is is not repeated.
        at: usize,
    },
    /// It was changed since it was looked at.
    #[error("{what} `{name}` is at revision {now}, not {named}: it was changed meanwhile")]
    Changed {
        /// What it is.
        what: String,
        /// Its name.
        name: String,
        /// The revision that the request named; 0 for none.
        named: u64,
        /// The revision that it has; 0 for none.
        now: u64,
    },
    /// The agent may not do that.
    #[error("{what}")]
    NotAllowed {
        /// What may not be done, and by whom it may.
        what: String,
    },
    /// A limit would be passed.
    #[error("{what}: at most {most}")]
    Limit {
        /// What there would be too much of.
        what: String,
        /// The limit.
        most: usize,
    },
    /// A record that matters for the answer cannot be read.
    #[error("{place} cannot be read: {why}")]
    Damaged {
        /// Where it is.
        place: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Refusal {
    /// Refuses for what others hold: other agents, or only other sessions of the same agent.
    pub fn held(conflicts: Vec<Conflict>, me: &Actor) -> Self {
        let is_own_agent = |conflict: &Conflict| conflict.by.agent == me.agent;
        match conflicts.iter().all(is_own_agent) {
            true => Self::OtherSession { conflicts },
            false => Self::LockHeld { conflicts },
        }
    }

    /// The stable word for programs, as in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::LockHeld { .. } => "lock_held",
            Self::OtherSession { .. } => "other_session",
            Self::Reserved { .. } => "reserved",
            Self::Deadlock { .. } => "deadlock",
            Self::NotHeld { .. } => "not_held",
            Self::RevChanged { .. } => "rev_changed",
            Self::LockRequired { .. } => "lock_required",
            Self::Behind { .. } => "not_fast_forward",
            Self::NotFound { .. } => "not_found",
            Self::Exists { .. } => "exists",
            Self::NotYours { .. } => "not_yours",
            Self::WrongState { .. } => "wrong_state",
            Self::NothingReady { .. } => "nothing_ready",
            Self::Cycle { .. } => "cycle",
            Self::Secret { .. } => "secret",
            Self::Changed { .. } => "changed",
            Self::NotAllowed { .. } => "not_allowed",
            Self::Limit { .. } => "limit",
            Self::Damaged { .. } => "damaged",
        }
    }
}

/// Why tasks of a paused feature are not handed out, in the counts of [`Refusal::NothingReady`].
pub const PAUSED: &str = "of a paused feature";

/// Most keys and locks that one message names.
const SHOWN_MAX: usize = 10;

#[cfg(test)]
mod tests {
    use super::Refusal;
    use crate::model::key::Here;

    #[test]
    fn a_thousand_paths_are_a_few_lines() {
        let paths = (0..1000).map(|n| format!("src/{n}").parse());
        let refusal = Refusal::LockRequired {
            paths: paths.collect::<Result<_, _>>().expect("they are keys"),
        };
        assert!(refusal.to_string().len() < 300 && refusal.hint(&Here::Top).len() < 300);
    }
}
