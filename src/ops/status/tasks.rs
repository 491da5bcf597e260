//! How many tasks there are: counted by their names, so that ten thousand cost a few trees. Only
//! those that somebody has are read.

use schemars::JsonSchema;
use serde::Serialize;

use crate::coord::{Failure, View};
use crate::domain::{lease, task};
use crate::model::id::Id;
use crate::model::lock::LockRecord;
use crate::model::stamp::Stamp;
use crate::model::task::{ENDED, OPEN, Priority, Stage};
use crate::model::text::Text;

/// How many tasks there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tasks {
    /// Nobody works on them, whether they are ready or wait for others.
    pub open: usize,
    /// Somebody has taken them.
    pub claimed: usize,
    /// Somebody is at them.
    pub running: usize,
    /// They are over, and not collected yet.
    pub ended: usize,
    /// What this session has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mine: Vec<Own>,
}

/// A task of this session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Own {
    /// Its name.
    pub id: Id,
    /// One line.
    pub title: Text,
    /// How urgent it is.
    pub priority: Priority,
    /// How far it is.
    pub stage: Stage,
}

/// Counts the tasks; none when there are none.
pub(super) fn count(
    view: &View<'_>,
    locks: &[LockRecord],
    stamp: &Stamp,
) -> Result<Option<Tasks>, Failure> {
    let all = view.snapshot().count(OPEN)?;
    let ended = view.snapshot().count(ENDED)?;
    if all + ended == 0 {
        return Ok(None);
    }
    let mut tasks = Tasks {
        ended,
        ..Tasks::default()
    };
    for lock in locks {
        let (Some(id), Some(hold)) = (lock.key.claimed_task(), lock.holds.first()) else {
            continue;
        };
        if lease::ended(&lock.key, hold, stamp).is_some() {
            continue;
        }
        // What cannot be read counts as open, and `task list` reports it.
        let Ok(Some(task)) = task::find::get(view, &id) else {
            continue;
        };
        match task.stage {
            Stage::Claimed => tasks.claimed += 1,
            Stage::Running => tasks.running += 1,
            _ => continue,
        }
        if hold.is_of(&stamp.by) {
            tasks.mine.push(Own {
                id,
                title: task.body.title,
                priority: task.body.priority,
                stage: task.body.stage,
            });
        }
    }
    tasks.open = all.saturating_sub(tasks.claimed + tasks.running);
    Ok(Some(tasks))
}
