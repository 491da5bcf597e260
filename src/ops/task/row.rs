//! One task of a list.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::task::claims::Claim;
use crate::domain::task::standing::{Blocker, Standing};
use crate::model::id::{Actor, AgentName, Id};
use crate::model::stamp::Stamp;
use crate::model::task::{Priority, Task};
use crate::model::text::{Text, Word};
use crate::model::time::Timestamp;

/// What a list says of a task; `task show` has the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Its name.
    pub id: Id,
    /// One line.
    pub title: Text,
    /// `task`, `bug`, …
    pub sort: Word,
    /// 0 is most urgent.
    pub priority: Priority,
    /// How it stands now.
    pub is: Standing,
    /// What holds it up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<Blocker>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub labels: BTreeSet<Word>,
    /// What it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Id>,
    /// The feature that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<Id>,
    /// The word that its graph has in common.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Word>,
    /// Only for this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AgentName>,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<Actor>,
    /// Until when, unless the lease is renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// When it should be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// Whether that is past, and it is not done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    /// How often it was tried.
    pub attempts: u32,
    /// How often it may be.
    pub attempts_max: u32,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

impl Row {
    pub(super) fn new(
        task: Task,
        claim: &Claim,
        is: Standing,
        blocked_by: Vec<Blocker>,
        stamp: &Stamp,
    ) -> Self {
        let is_late = task.deadline.is_some_and(|deadline| deadline < stamp.at);
        Self {
            id: task.id,
            title: task.title,
            sort: task.sort,
            priority: task.priority,
            is,
            blocked_by,
            labels: task.labels,
            parent: task.parent,
            feature: task.feature,
            run: task.run,
            assignee: task.assignee,
            held_by: claim.holder(),
            held_until: claim.held().map(crate::model::lock::Hold::until),
            deadline: task.deadline,
            overdue: is_late && !task.stage.is_over(),
            attempts: task.attempts,
            attempts_max: task.attempts_max,
            added_at: task.added_at,
            ended_at: task.ended_at,
        }
    }
}
