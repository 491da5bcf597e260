//! Who acts, when, and what this machine knows about the lives of others: made once, at the edge.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agent::Whereabouts;
use super::id::{Actor, OpId};
use super::key::Key;
use super::notice::Happened;
use super::time::Timestamp;

/// What a decision may know besides the state and the request.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// Wall clock at the edge.
    pub at: Timestamp,
    /// Who acts.
    pub by: Actor,
    /// The operation's identity.
    pub op: OpId,
    /// What this clone has observed.
    pub watch: Watch,
    /// Where the session acts, when it is time to say so again.
    pub here: Option<Whereabouts>,
}

/// One hold at one revision: what an observer watches.
pub type Sight = (Key, Actor, u64);

/// What this clone knows about leases beyond their wall-clock times.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// For how many seconds, by the boot-time clock, each hold was seen unchanged.
    pub seen: BTreeMap<Sight, u64>,
    /// Sessions whose process on this machine is proven to be gone.
    pub dead: BTreeSet<Actor>,
    /// Slack between wall clocks, in seconds; `None` when the team trusts no clock.
    pub skew_secs: Option<u64>,
}

impl Evidence {
    /// What is told to who held the lock until then.
    pub fn happened(&self) -> Happened {
        match self {
            Self::Observed { .. } | Self::Clock { .. } => Happened::Lapsed,
            Self::Dead { .. } | Self::Ended { .. } => Happened::Died,
        }
    }
}

/// Why a lease was held to have ended. Stored with the operation that relied on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "rule")]
pub enum Evidence {
    /// The taker saw the same revision for longer than the lease by its own clock.
    Observed {
        /// The lock.
        key: Key,
        /// Its holder.
        holder: Actor,
        /// The revision that did not change.
        rev: u64,
        /// For how long.
        secs: u64,
    },
    /// The wall clock is past the end of the lease by more than the slack.
    Clock {
        /// The lock.
        key: Key,
        /// Its holder.
        holder: Actor,
        /// The revision that ended.
        rev: u64,
        /// The slack that was added.
        skew_secs: u64,
    },
    /// The holder's process, on the taker's machine, is gone.
    Dead {
        /// The lock.
        key: Key,
        /// Its holder.
        holder: Actor,
        /// The revision that it held.
        rev: u64,
    },
    /// The session's process, on the asker's machine, is gone; it need not hold anything.
    Ended {
        /// Which session.
        holder: Actor,
    },
}
