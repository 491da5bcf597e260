//! How a task stands: what is stored, and what follows from other tasks and from the clock.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::Id;
use crate::model::stamp::Stamp;
use crate::model::task::Stage;

use super::super::staged::State;
use super::board::{Board, Brief};
use super::claims::Claim;
use super::find;

/// How a task stands now.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It can be claimed.
    Ready,
    /// It waits for other tasks.
    Blocked,
    /// Somebody has it.
    Claimed,
    /// Somebody is at it.
    Running,
    /// It is done.
    Done,
    /// It did not work out.
    Failed,
    /// It is no longer wanted.
    Cancelled,
    /// It was given up after the last attempt.
    Dead,
}

impl Standing {
    /// The word in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Blocked => "blocked",
            Self::Claimed => "claimed",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Dead => "dead",
        }
    }

    /// Of a task whose claim and dependencies are known.
    pub fn of(brief: &Brief, claim: &Claim, is_blocked: bool) -> Self {
        match brief.stage {
            Stage::Done => Self::Done,
            Stage::Failed => Self::Failed,
            Stage::Cancelled => Self::Cancelled,
            Stage::Dead => Self::Dead,
            Stage::Running if !claim.is_open() => Self::Running,
            Stage::Claimed if !claim.is_open() => Self::Claimed,
            // Whoever looks for work next writes it down.
            _ if claim.is_lost() && brief.is_last_attempt() => Self::Dead,
            _ if is_blocked => Self::Blocked,
            _ => Self::Ready,
        }
    }
}

/// A dependency that holds a task up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Blocker {
    /// Which task.
    pub id: Id,
    /// How it stands: a stage, `missing`, or `damaged`.
    pub is: String,
    /// Whether it waits, over however many others, for the task that it holds up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub circle: bool,
    /// Whether it is a part of the epic that it holds up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub part: bool,
}

impl Blocker {
    /// Whether it goes away by itself when the others are done.
    pub fn is_passing(&self) -> bool {
        !self.circle && matches!(self.is.as_str(), "open" | "claimed" | "running")
    }
}

/// What holds a task up: what it depends on, and the parts of an epic. The board is all that is read
/// for those that wait for open tasks.
pub fn blockers(state: &dyn State, board: &Board, brief: &Brief) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    for id in brief.unmet() {
        let is = match board.get(id) {
            Some(task) => task.brief.stage.as_str(),
            None => match find::get(state, id) {
                // Whoever ended it would have noted it here; that it is done counts all the same.
                Ok(Some(task)) if task.stage == Stage::Done => continue,
                Ok(Some(task)) => task.stage.as_str(),
                Ok(None) => "missing",
                Err(_) => "damaged",
            },
        };
        blockers.push(Blocker {
            id: id.clone(),
            is: is.into(),
            circle: false,
            part: false,
        });
    }
    let named = |id: &Id| brief.depends.contains(id);
    let parts = board.parts_to_come(brief).into_iter();
    blockers.extend(
        parts
            .filter(|part| !named(&part.brief.id))
            .map(|part| Blocker {
                id: part.brief.id.clone(),
                is: part.brief.stage.as_str().into(),
                circle: false,
                part: true,
            }),
    );
    blockers
}

/// Every task that waits for itself, over however many others, with the next one of its circle.
/// None is let in, and damage or a race may still make one.
pub fn circles(board: &Board) -> BTreeMap<&Id, &Id> {
    // Whoever waits for nothing open is no part of one, nor is who waits only for such.
    let mut waits: BTreeMap<&Id, usize> = BTreeMap::new();
    for task in &board.tasks {
        let open = task.brief.unmet().filter(|id| board.get(id).is_some());
        waits.insert(&task.brief.id, open.count());
    }
    let dependants = board.dependants();
    let mut free: Vec<&Id> = Vec::new();
    free.extend(
        waits
            .iter()
            .filter(|(_, count)| **count == 0)
            .map(|(id, _)| *id),
    );
    while let Some(id) = free.pop() {
        waits.remove(id);
        for task in dependants.get(id).into_iter().flatten() {
            if let Some(count) = waits.get_mut(&task.brief.id) {
                *count -= 1;
                if *count == 0 {
                    free.push(&task.brief.id);
                }
            }
        }
    }
    // What is left is in a circle or behind one; following it long enough ends in one.
    let next = |id: &Id| {
        let mut unmet = board
            .get(id)
            .into_iter()
            .flat_map(|task| task.brief.unmet());
        unmet.find(|id| waits.contains_key(id))
    };
    let mut members = BTreeMap::new();
    let mut seen: BTreeSet<&Id> = BTreeSet::new();
    for start in waits.keys() {
        let mut path: Vec<&Id> = Vec::new();
        let mut at = *start;
        while seen.insert(at) {
            path.push(at);
            match next(at) {
                Some(id) => at = id,
                None => break,
            }
        }
        if let Some(begin) = path.iter().position(|id| *id == at) {
            let circle = &path[begin..];
            for (nth, id) in circle.iter().enumerate() {
                members.insert(*id, circle[(nth + 1) % circle.len()]);
            }
        }
    }
    members
}

/// The claim of a task on the board.
pub fn claim(claims: &super::claims::Claims, brief: &Brief, stamp: &Stamp) -> Claim {
    claims.of(&brief.id, brief.stage, brief.claimed.as_ref(), stamp)
}
