//! What can be asked about tasks.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::id::{AgentName, Id};
use crate::model::key::Key;
use crate::model::text::{Long, Text, Word};
use crate::model::time::{Timestamp, Ttl};

use super::{OnFail, Priority, Requires};

/// One request about tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Add tasks, all or none.
    Add(Add),
    /// Take the best task that is ready.
    Next(Next),
    /// Take a certain task.
    Claim(Claim),
    /// Begin a claimed task.
    Start(Start),
    /// It is done.
    Done(Done),
    /// It did not work out.
    Fail(Fail),
    /// It is no longer wanted.
    Cancel(Cancel),
    /// Give a claim back.
    Release(Release),
    /// Open it again.
    Retry(Retry),
    /// Change what it says.
    Edit(Edit),
    /// Leave a remark.
    Comment(Comment),
}

/// A task to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct New {
    /// Its name; one is made when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// One line.
    pub title: Text,
    /// As much as is needed to do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Long>,
    /// `task` unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<Word>,
    /// How urgent it is.
    #[serde(default)]
    pub priority: Priority,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub labels: BTreeSet<Word>,
    /// What it is a part of: a task that exists, or one of the same request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Id>,
    /// The feature that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<Id>,
    /// What must be done first: tasks that exist, or of the same request.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub depends: BTreeSet<Id>,
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
    /// A review of this task's work: not for those who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviews: Option<Id>,
    /// Other tries at the same thing: when this one is done, they are no longer wanted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub rivals: BTreeSet<Id>,
    /// When it should be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// Length of the lease of a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_secs: Option<Ttl>,
    /// How often it may be tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts_max: Option<u32>,
    /// The tasks of one graph have one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Word>,
    /// Asked again with the same text, the task that the first request made is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<Text>,
}

/// See [`Ask::Add`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Add {
    /// The tasks. They may name each other in any order.
    pub tasks: Vec<New>,
    /// Rules of the secret scan that are known to be wrong about these texts; kept in the log.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// How the next task is chosen among those that are ready and fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Most urgent, overdue first among those, then free keys before locked ones, then oldest.
    #[default]
    Priority,
    /// The run or label that was served longest ago, then as by priority.
    RoundRobin,
    /// The parent or run with the fewest tasks under way, then as by priority.
    LeastLoaded,
    /// The task that asks for most of this agent's capabilities, then as by priority.
    Capability,
}

/// See [`Ask::Next`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Next {
    /// How it is chosen.
    pub strategy: Strategy,
    /// What this agent can do, beside what its own record says.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub capabilities: BTreeSet<Word>,
    /// Only of these sorts.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub sorts: BTreeSet<Word>,
    /// Only with all of these labels.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub labels: BTreeSet<Word>,
    /// Only parts of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Id>,
    /// Only of this feature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<Id>,
    /// Take the locks on the task's keys in the same step, all or nothing.
    pub lock: bool,
    /// Length of the lease of the claim, when the task says none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_secs: Option<Ttl>,
    /// On which branch the work will be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// On which machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
    /// Take nothing, but ask for a less urgent task back from whoever has it, for this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preempt_for: Option<Id>,
}

/// See [`Ask::Claim`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// The task.
    pub id: Id,
    /// What this agent can do, beside what its own record says.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub capabilities: BTreeSet<Word>,
    /// Take the locks on its keys in the same step.
    #[serde(default)]
    pub lock: bool,
    /// Length of the lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_secs: Option<Ttl>,
    /// On which branch the work will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// On which machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
    /// Take over what another session of the same agent has.
    #[serde(default)]
    pub takeover: bool,
}

/// See [`Ask::Start`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Start {
    /// The task.
    pub id: Id,
}

/// See [`Ask::Done`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Done {
    /// The task.
    pub id: Id,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Keep the locks that were taken for it.
    #[serde(default)]
    pub keep_locks: bool,
    /// Rules of the secret scan that are known to be wrong about these texts; kept in the log.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// See [`Ask::Fail`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fail {
    /// The task.
    pub id: Id,
    /// Why.
    pub why: Text,
    /// Open it again for another attempt, if one is left.
    #[serde(default)]
    pub retry: bool,
    /// What came of it all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Rules of the secret scan that are known to be wrong about these texts; kept in the log.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// See [`Ask::Cancel`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cancel {
    /// The tasks.
    pub ids: Vec<Id>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
    /// Those that depend on them as well.
    #[serde(default)]
    pub dependants: bool,
}

/// See [`Ask::Release`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// The task.
    pub id: Id,
    /// Why, for who takes it next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
}

/// See [`Ask::Retry`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retry {
    /// The task.
    pub id: Id,
}

/// See [`Ask::Edit`]. What is absent stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edit {
    /// The task.
    pub id: Id,
    /// One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// As much as is needed to do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Long>,
    /// Its sort.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<Word>,
    /// How urgent it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Labels to add.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub add_labels: BTreeSet<Word>,
    /// Labels to take off.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub remove_labels: BTreeSet<Word>,
    /// What must be done first, in addition.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub add_depends: BTreeSet<Id>,
    /// What need not be done first any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub remove_depends: BTreeSet<Id>,
    /// The feature that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<Id>,
    /// It belongs to no feature any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_feature: bool,
    /// What becomes of it when a dependency is not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_fail: Option<OnFail>,
    /// What it will change, in place of what it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<Key>>,
    /// Only for this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AgentName>,
    /// For anybody again.
    #[serde(default)]
    pub unassign: bool,
    /// When it should be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// The revision that was seen; another one refuses the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<u64>,
    /// Rules of the secret scan that are known to be wrong about these texts; kept in the log.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// See [`Ask::Comment`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    /// The task.
    pub id: Id,
    /// The remark.
    pub text: Long,
    /// Rules of the secret scan that are known to be wrong about these texts; kept in the log.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}
