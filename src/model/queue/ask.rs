//! What can be asked of the merge queue.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::branch::Branch;
use super::super::id::Id;
use super::super::key::Key;
use super::super::object_id::ObjectId;
use super::super::task::Priority;
use super::super::text::{Text, Word};
use super::super::time::Ttl;
use super::{Check, CheckId, Purpose, Run};

/// One request about the merge queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Get in line.
    Add(Add),
    /// Get in line again, with what the branch has now.
    Retry(Retry),
    /// Leave the line.
    Drop(Drop),
    /// Stop or start a line.
    Pause(Pause),
    /// Begin a run of a check.
    Start(Start),
    /// Say how a run ended.
    Ran(Ran),
    /// Put out an entry that is red where what is before it is green.
    Evict(Evict),
    /// Land certified entries, in the same push as the target branch.
    Land(Land),
    /// Note that entries are on the target already.
    Settle(Settle),
}

/// See [`Ask::Add`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Add {
    /// The branch to land on.
    pub target: Branch,
    /// Its name; that of its feature if it has one.
    pub id: Id,
    /// The sealed commit.
    pub sealed: ObjectId,
    /// The commit that the target has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<ObjectId>,
    /// The branch that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Branch>,
    /// One line; that of the feature when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// How urgent it is; as the feature says when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Before everything else; why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgent: Option<Text>,
    /// What has to land first, besides what the feature says.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<Id>,
    /// What it really changes: claims of its feature that are missing and free are added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Key>,
    /// Rules of the secret scan that are wrong about these texts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// See [`Ask::Retry`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retry {
    /// The branch to land on.
    pub target: Branch,
    /// Which entry.
    pub id: Id,
    /// What its branch has now.
    pub sealed: ObjectId,
    /// The commit that the target has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<ObjectId>,
    /// What that changes, as for [`Add`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Key>,
    /// Earlier runs that were red no longer count on the trees that it was judged by, and on these:
    /// what was wrong was in none of them.
    #[serde(default, skip_serializing_if = "is_false")]
    pub rerun: bool,
    /// The target as it is, and what else was red for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trees: Vec<(ObjectId, CheckId)>,
}

/// See [`Ask::Drop`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drop {
    /// The branch to land on.
    pub target: Branch,
    /// Which entry.
    pub id: Id,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
}

/// See [`Ask::Pause`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pause {
    /// The line.
    pub target: Branch,
    /// Why it stops; it goes on when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
}

/// See [`Ask::Start`]. The runner holds the lock of the run until it says how it ended, so that
/// nobody runs the same check on the same tree meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Start {
    /// The line.
    pub target: Branch,
    /// The tree.
    pub tree: ObjectId,
    /// The check.
    pub check: Check,
    /// What for.
    pub purpose: Purpose,
    /// It is a submitter's, which does not say what counts for all.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_own: bool,
    /// The length of its lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_secs: Option<Ttl>,
    /// On which machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
}

/// See [`Ask::Ran`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ran {
    /// The line.
    pub target: Branch,
    /// The tree.
    pub tree: ObjectId,
    /// The check.
    pub check: Check,
    /// What for.
    pub purpose: Purpose,
    /// How it ended; nothing when the runner gave up and somebody else may try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
}

/// See [`Ask::Evict`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evict {
    /// The line.
    pub target: Branch,
    /// Which entry.
    pub id: Id,
    /// Its sealed commit.
    pub sealed: ObjectId,
    /// The check.
    pub check: CheckId,
    /// The tree with it, which is red.
    pub tree: ObjectId,
    /// The tree of what is before it, which is green.
    pub before: ObjectId,
}

/// One entry of a landing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Landing {
    /// Which entry.
    pub id: Id,
    /// Its sealed commit.
    pub sealed: ObjectId,
    /// What it changes: nobody but its submitter may hold a lock on that.
    pub paths: Vec<Key>,
    /// Those of them that need a lock of its submitter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<Key>,
}

/// See [`Ask::Land`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Land {
    /// The branch to land on.
    pub target: Branch,
    /// What it has now.
    pub old: ObjectId,
    /// What it will have.
    pub new: ObjectId,
    /// The tree of that.
    pub tree: ObjectId,
    /// The check whose verdict on this very tree is green.
    pub check: CheckId,
    /// The entries, in their order.
    pub entries: Vec<Landing>,
}

/// See [`Ask::Settle`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settle {
    /// The branch to land on.
    pub target: Branch,
    /// A commit of it that has the entries.
    pub commit: ObjectId,
    /// The entries, with their sealed commits.
    pub entries: Vec<(Id, ObjectId)>,
    /// What they change, where that is known: their submitters' locks on it are given back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub paths: BTreeMap<Id, Vec<Key>>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}
