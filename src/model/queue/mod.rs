//! The records of the merge queue: entries that wait for a target branch, the line that they wait
//! in, and the verdicts of checks.
//!
//! An entry is sealed: it names one commit, which `refs/coord/heads/<commit>` keeps alive, and
//! nothing else of it is ever merged. What an entry waits for is computed ([`super::super::domain`]'s
//! `queue`), and never stored: it would be wrong as soon as somebody else acts.

mod ask;
mod check;
mod told;
mod verdict;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::branch::Branch;
use super::id::{Actor, Id};
use super::object_id::ObjectId;
use super::place::{Place, encode_component};
use super::stored::{Body, Stored};
use super::task::Priority;
use super::text::Text;
use super::time::Timestamp;

pub use ask::{Add, Ask, Drop, Evict, Land, Landing, Pause, Ran, Retry, Settle, Start};
pub use check::{BadCheckId, CheckId, Purpose};
pub use told::{Did, Drift, Told};
pub use verdict::{Outcome, RUNS_MAX, Run, Standing, Verdict, VerdictRecord};

/// The directory of entries: one of its own for each target.
pub const QUEUE: &str = "queue";
/// The directory of lines.
pub const LINES: &str = "lines";
/// The directory of verdicts.
pub const VERDICTS: &str = "verdicts";
/// Where the refs of sealed commits are.
pub const HEADS: &str = "refs/coord/heads/";
/// The prefix of the locks that are held while a check runs.
pub const CHECKS: &str = "check";

/// Most entries that wait for one target.
pub const ENTRIES_MAX: usize = 512;
/// Most entries that are certified and land together.
pub const BATCH_MAX: u32 = 32;
/// How many entries a line certifies together when it begins.
pub const BATCH_FIRST: u32 = 4;
/// An entry that so many later ones went before is treated as one step more urgent; after twice as
/// many as two steps, and so on.
pub const PASSED_MAX: u64 = 8;

/// A stored entry.
pub type EntryRecord = Stored<Entry>;
/// A stored line.
pub type LineRecord = Stored<Line>;

/// How far an entry is, as stored. Whether a queued one is stale, deferred, blocked, checked or on
/// the train is computed.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It waits.
    #[default]
    Queued,
    /// Its commits are on the target.
    Landed,
    /// It was put out: its check is red where the check of what is before it is green.
    Failed,
    /// It is no longer wanted.
    Cancelled,
}

impl Stage {
    /// Whether it is over.
    pub fn is_over(self) -> bool {
        self != Self::Queued
    }

    /// The word in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Landed => "landed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Where the check of an entry on its own was begun last. It stays there, however the target goes on
/// meanwhile, until it is known how it ends: an entry that were begun anew with every landing would
/// never be red twice on one tree. A green one says that the entry is worth certifying with others,
/// and lands nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Isolated {
    /// The commit of the target.
    pub onto: ObjectId,
    /// The tree of what the entry was merged onto.
    pub before: ObjectId,
    /// The tree that is checked.
    pub tree: ObjectId,
    /// By which check.
    pub check: CheckId,
}

/// How an entry landed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LandedAs {
    /// The commit that the target had then.
    pub commit: ObjectId,
    /// When.
    pub at: Timestamp,
    /// By whose push; that of its submitter too where it was found on the target.
    pub by: Actor,
}

/// One branch that is to land.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Its name: that of its feature, or made from that of its branch.
    pub id: Id,
    /// The branch that it lands on, without `refs/heads/`.
    pub target: Branch,
    /// The sealed commit.
    pub sealed: ObjectId,
    /// The commit that the target had then: once the entry has landed, what it changed is told by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<ObjectId>,
    /// The branch that was sealed, without `refs/heads/`; an entry of a bare commit has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Branch>,
    /// Whether there is a feature of its name, whose claims count and which lands with it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_feature: bool,
    /// One line.
    pub title: Text,
    /// How urgent it is, in steps.
    #[serde(default)]
    pub priority: Priority,
    /// Before everything else, also before what is being certified now; why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgent: Option<Text>,
    /// Entries or features that have to land first.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<Id>,
    /// Who added it: locks of this session and no other may cover what it changes.
    pub submitter: Actor,
    /// When.
    pub added_at: Timestamp,
    /// The number of the state in which it got its place in the line.
    pub since: u64,
    /// How many entries the line had landed then.
    pub landed_before: u64,
    /// How many entries waited then.
    pub ahead: u64,
    /// How often it was put back after it was over.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// Where its own check was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolated: Option<Isolated>,
    /// How far it is.
    #[serde(default)]
    pub stage: Stage,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Why it failed or is no longer wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
    /// The tree that was red, of one that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red: Option<ObjectId>,
    /// The check that said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red_by: Option<CheckId>,
    /// How it landed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landed: Option<LandedAs>,
}

impl Body for Entry {
    const KIND: &'static str = "queue-entry";
}

impl Entry {
    /// The directory of the entries of a target.
    pub fn dir(target: &Branch) -> String {
        format!("{QUEUE}/{}", encode_component(target.as_str().as_bytes()))
    }

    /// Where it is stored.
    pub fn place(target: &Branch, id: &Id) -> Place {
        Place::new(&format!("{}/{id}.json", Self::dir(target)))
            .expect("because a component and an id are safe on every disk")
    }

    /// The ref that keeps a sealed commit alive and lets it travel. It is named after the commit:
    /// it is made once, never moves, and entries of the same commit share it.
    pub fn head_ref(sealed: &ObjectId) -> String {
        format!("{HEADS}{sealed}")
    }
}

/// Somebody stopped the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Paused {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: Text,
}

/// A check, as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Its identity.
    pub id: CheckId,
    /// What is run.
    pub command: Text,
}

/// The entries of one target, as far as they are more than their sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// The branch that they land on.
    pub target: Branch,
    /// Nothing lands while somebody has stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<Paused>,
    /// How many entries are certified together: doubled when a full batch lands, halved when one is
    /// red.
    pub batch: u32,
    /// How many entries have landed.
    #[serde(default)]
    pub landed: u64,
    /// The check that was run last, which is the one that counts for whoever only looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// What is being certified, in its order. Only an urgent entry goes before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub train: Vec<Id>,
}

impl Body for Line {
    const KIND: &'static str = "queue-line";
}

impl Line {
    /// A line in which nothing has happened yet.
    pub fn new(target: Branch) -> Self {
        Self {
            target,
            paused: None,
            batch: BATCH_FIRST,
            landed: 0,
            check: None,
            train: Vec::new(),
        }
    }

    /// Where it is stored.
    pub fn place(target: &Branch) -> Place {
        let name = encode_component(target.as_str().as_bytes());
        Place::new(&format!("{LINES}/{name}.json"))
            .expect("because a component is safe on every disk")
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}
