//! `task show`: all of one task.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::coord::{Failure, View};
use crate::domain::State;
use crate::domain::task::board::{Board, Brief};
use crate::domain::task::claims::{self, Claim};
use crate::domain::task::find;
use crate::domain::task::standing::{self, Blocker, Standing};
use crate::model::id::{Actor, Id};
use crate::model::lock::Hold;
use crate::model::object_id::ObjectId;
use crate::model::record;
use crate::model::refusal::Conflict;
use crate::model::task::{Comment, CommentRecord, Stage, Task, TaskRecord};
use crate::model::text::Text;
use crate::model::time::Timestamp;

use super::{Context, name};

/// Show all of one task: what it says, who has it, what it waits for, what waits for it, remarks.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Show {
    /// Which task
    #[arg(value_name = "ID")]
    pub id: String,
}

/// The answer of `task show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Shown {
    /// The record.
    pub task: TaskRecord,
    /// How it stands now.
    pub is: Standing,
    /// Whether its deadline is past, and it is not done.
    pub overdue: bool,
    /// What holds it up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<Blocker>,
    /// Who has claimed it, and how long that lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claimed>,
    /// What it depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Other>,
    /// What waits for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependants: Vec<Other>,
    /// Its parts that are not over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Other>,
    /// Remarks, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<CommentRecord>,
    /// The commit that collected it: it is over, and no longer in the live tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collected: Option<ObjectId>,
    /// Records around it that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

/// A claim with its lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Claimed {
    /// Who.
    pub by: Actor,
    /// Whether that is this session.
    pub mine: bool,
    /// Since when.
    pub since: Timestamp,
    /// When the lease ends unless renewed.
    pub until: Timestamp,
    /// Whether it has ended: the task goes to the next who asks.
    pub expired: bool,
    /// On which branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// On which machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
}

/// Another task, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Other {
    /// Its name.
    pub id: Id,
    /// A stage, `missing`, or `damaged`.
    pub is: String,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
}

impl Show {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Shown, Failure> {
        let coord = &context.coord;
        let view = coord.view(None)?;
        let id = name::in_view(&view, &self.id)?;
        if find::get(&view, &id)?.is_none()
            && let Some(buried) = coord.buried(&Task::place(&id, true))?
        {
            let shown = Self::of(context, &buried.view, &id)?;
            return Ok(Shown {
                collected: Some(buried.commit),
                ..shown
            });
        }
        Self::of(context, &view, &id)
    }

    /// The task as one state has it.
    fn of(context: &Context<'_>, view: &View<'_>, id: &Id) -> Result<Shown, Failure> {
        let coord = &context.coord;
        let stamp = coord.stamp_with_sights();
        let task = name::expect(view, id)?;
        let board = Board::read(view)?;
        let brief = Brief::of(&task);
        let claim = claims::of(view, id, task.stage, task.claimed.as_ref(), &stamp);
        let mut blocked_by = match task.stage.is_over() {
            true => Vec::new(),
            false => standing::blockers(view, &board, &brief),
        };
        if let Some(next) = standing::circles(&board).get(id) {
            let on = blocked_by.iter_mut().filter(|on| on.id == **next);
            on.for_each(|on| on.circle = true);
        }
        let mut damaged: Vec<String> = board.damaged.iter().map(ToString::to_string).collect();
        let mut comments = Vec::new();
        for (place, bytes) in view.under(&Comment::dir(id))? {
            match bytes.and_then(|bytes| record::parse::<CommentRecord>(&place, &bytes)) {
                Ok(comment) => comments.push(comment),
                Err(damage) => damaged.push(damage.to_string()),
            }
        }
        let others = |wanted: &dyn Fn(&Brief) -> bool| -> Vec<Other> {
            let open = board.tasks.iter().filter(|open| wanted(&open.brief));
            open.map(|open| Other::of(view, &open.brief.id)).collect()
        };
        let is_waiting = |brief: &Brief| brief.depends.contains(id);
        let is_part = |brief: &Brief| brief.parent.as_ref() == Some(id);
        let claimed = Claimed::of(&claim, &stamp.by);
        if let Some(hold) = claim.held().filter(|hold| !hold.is_of(&stamp.by)) {
            let key = Task::key(id);
            let mode = crate::model::lock::Mode::Exclusive;
            coord.note_sights(&[Conflict::new(&key, &key, mode, hold)]);
        }
        Ok(Shown {
            is: Standing::of(&brief, &claim, !blocked_by.is_empty()),
            overdue: brief.is_overdue(stamp.at) && !task.stage.is_over(),
            dependencies: task.depends.iter().map(|on| Other::of(view, on)).collect(),
            dependants: others(&is_waiting),
            parts: others(&is_part),
            blocked_by,
            claim: claimed,
            comments,
            collected: None,
            damaged,
            view_age_secs: view.age.map(|age| age.as_secs()),
            task,
        })
    }
}

impl Claimed {
    fn of(claim: &Claim, me: &Actor) -> Option<Self> {
        let (hold, expired): (&Hold, bool) = match claim {
            Claim::Held(hold) => (hold, false),
            Claim::Lapsed(hold, _) => (hold, true),
            Claim::Free | Claim::Gone | Claim::Unknown(_) => return None,
        };
        Some(Self {
            by: hold.actor(),
            mine: hold.is_of(me),
            since: hold.since,
            until: hold.until(),
            expired,
            branch: hold.branch.clone(),
            host: hold.host.clone(),
        })
    }
}

impl Other {
    fn of(state: &dyn State, id: &Id) -> Self {
        let (is, title, result) = match find::get(state, id) {
            Ok(Some(task)) => {
                let result = task.result.clone().filter(|_| task.stage == Stage::Done);
                (task.stage.as_str(), Some(task.body.title), result)
            }
            Ok(None) => ("missing", None, None),
            Err(_) => ("damaged", None, None),
        };
        Self {
            id: id.clone(),
            is: is.into(),
            title,
            result,
        }
    }
}
