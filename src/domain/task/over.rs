//! The end of tasks, and what it means for those that depend on them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::limits::BATCH_MAX;
use crate::model::notice::Happened;
use crate::model::record::Damage;
use crate::model::refusal::Refusal;
use crate::model::task::{EPIC, OnFail, Stage, Task, TaskRecord};
use crate::model::text::Text;

use super::super::decide::Desk;
use super::super::staged::State;
use super::super::{line, locks};
use super::board::{Board, Brief};
use super::standing::blockers;
use super::{find, text};

/// What the end of some tasks led to.
#[derive(Default)]
pub(super) struct After {
    /// Tasks that are ready now, or over.
    pub(super) also: Vec<Id>,
    /// Those of them that are ready.
    pub(super) ready: Vec<Id>,
    /// Locks of the actor that were given back.
    pub(super) released: Vec<Key>,
}

/// Writes down that a task is over. Its claim and its locks are the caller's matter.
pub(super) fn end(
    desk: &mut Desk<'_>,
    task: TaskRecord,
    stage: Stage,
    change: impl FnOnce(&mut Task),
) -> Result<TaskRecord, Refusal> {
    let mut task = task.body;
    task.stage = stage;
    task.ended_at = Some(desk.stamp.at);
    change(&mut task);
    desk.shift_task(task)
}

/// Takes the claim of a task from whoever has it, who is told, together with the locks that the
/// claimant took for the task. The actor's own are returned.
pub(super) fn revoke(
    desk: &mut Desk<'_>,
    task: &Task,
    keep_locks: bool,
    why: Option<&Text>,
) -> Result<Vec<Key>, Refusal> {
    let mut released = Vec::new();
    let Some(claimed) = &task.claimed else {
        return Ok(released);
    };
    let mut keys = vec![Task::key(&task.id)];
    if !keep_locks {
        keys.extend(locks_for(desk, task)?);
    }
    let me = desk.me().clone();
    let is_held = |lock: &crate::model::lock::LockRecord| {
        lock.holds.iter().any(|hold| hold.is_of(&claimed.by))
    };
    for key in keys {
        let lock = locks::get(&desk.staged, &key)?;
        if !lock.as_ref().is_some_and(is_held) {
            continue;
        }
        if claimed.by == me {
            desk.drop_hold(&key, &me)?;
        } else {
            desk.tell(&claimed.by, Happened::Over, Some(&key), why.cloned());
            desk.take(&key, &claimed.by, Happened::Over)?;
        }
        released.push(key);
    }
    if !released.is_empty() {
        line::hand_over(desk, &released)?;
    }
    if claimed.by != me {
        released.clear();
    }
    Ok(released)
}

/// The locks that the claimant of a task took for it: those whose hold names the task.
fn locks_for(desk: &Desk<'_>, task: &Task) -> Result<Vec<Key>, Damage> {
    let Some(claimed) = &task.claimed else {
        return Ok(Vec::new());
    };
    let mut keys = Vec::new();
    let named = format!("\"{}\"", task.id);
    for (place, bytes) in desk.staged.under(locks::LOCKS)? {
        // Locks of others are many: only those that name the task are read. Damage among them is
        // not ours.
        let Ok(bytes) = bytes else { continue };
        if !std::str::from_utf8(&bytes).is_ok_and(|text| text.contains(&named)) {
            continue;
        }
        let Ok(lock) = locks::read(&place, &bytes) else {
            continue;
        };
        let is_for = |hold: &crate::model::lock::Hold| {
            let task_named = hold.task.as_ref().map(|text| text.as_str());
            hold.is_of(&claimed.by) && task_named == Some(task.id.as_str())
        };
        if lock.key.claimed_task().is_none() && lock.holds.iter().any(is_for) {
            keys.push(lock.key);
        }
    }
    Ok(keys)
}

/// Notes the end of tasks with those that depend on them: they are ready, they fail too, or they
/// wait on, as each of them says. Those that fail have dependants of their own, and so on.
pub(super) fn resolve(
    desk: &mut Desk<'_>,
    ended: impl IntoIterator<Item = (Id, Stage)>,
) -> Result<After, Refusal> {
    let mut after = After::default();
    let mut queue: VecDeque<(Id, Stage)> = ended.into_iter().collect();
    if queue.is_empty() {
        return Ok(after);
    }
    let mut ended: Vec<Id> = queue.iter().map(|(id, _)| id.clone()).collect();
    let board = Board::read(&desk.staged)?;
    let dependants = board.dependants();
    let mut changed: BTreeMap<Id, TaskRecord> = BTreeMap::new();
    let mut over: BTreeSet<Id> = BTreeSet::new();
    let mut epics: BTreeSet<Id> = BTreeSet::new();
    let mut failed = Vec::new();
    while let Some((id, stage)) = queue.pop_front() {
        for open in dependants.get(&id).into_iter().flatten() {
            let name = &open.brief.id;
            if over.contains(name) {
                continue;
            }
            let mut task = match changed.remove(name) {
                Some(task) => task,
                // Damage elsewhere must not keep anybody from ending a task: it stays blocked, and
                // `task blocked` says by what.
                None => match open.record() {
                    Ok(task) => task,
                    Err(_) => continue,
                },
            };
            match (stage, task.on_fail) {
                (Stage::Done, _) | (_, OnFail::Ignore) => {
                    task.met.insert(id.clone());
                    changed.insert(name.clone(), task);
                }
                (_, OnFail::Fail) if over.len() < BATCH_MAX => {
                    over.insert(name.clone());
                    queue.push_back((name.clone(), Stage::Failed));
                    failed.push((task, id.clone(), stage));
                }
                _ => {
                    changed.insert(name.clone(), task);
                }
            }
        }
    }
    for (task, on, stage) in failed {
        let why = text(format!("it depends on {on}, which is {}", stage.as_str()));
        let released = revoke(desk, &task, false, why.as_ref())?;
        after.released.extend(released);
        let ended = end(desk, task, Stage::Failed, |task| task.why = why)?;
        after.also.push(ended.body.id);
    }
    for (id, task) in changed {
        let was = board.get(&id).map(|open| &open.brief.met);
        if was == Some(&task.met) {
            continue;
        }
        let is_ready = task.stage == Stage::Open && task.met.is_superset(&task.depends);
        let is_epic = task.sort.as_str() == EPIC;
        desk.put_task(task.body)?;
        if is_ready && is_epic {
            epics.insert(id);
        } else if is_ready {
            after.ready.push(id.clone());
            after.also.push(id);
        }
    }
    ended.extend(over.iter().cloned());
    for id in &ended {
        // Damage elsewhere keeps nobody from ending a task.
        if let Ok(Some(task)) = find::get(&desk.staged, id) {
            epics.extend(task.body.parent);
        }
    }
    for id in epics {
        if is_epic_ready(desk, &board, &id, &over)? {
            after.ready.push(id.clone());
            after.also.push(id);
        }
    }
    Ok(after)
}

/// Whether a task is an epic that nothing holds up any more. Since the board was read, these tasks have
/// ended as well.
fn is_epic_ready(
    desk: &Desk<'_>,
    board: &Board,
    id: &Id,
    over: &BTreeSet<Id>,
) -> Result<bool, Refusal> {
    let known = board.get(id).map(|open| &open.brief);
    let is_open = |brief: &&Brief| brief.sort.as_str() == EPIC && brief.stage == Stage::Open;
    if known.filter(is_open).is_none() {
        return Ok(false);
    }
    // What it depends on may have been noted since.
    let Some(epic) = find::get(&desk.staged, id)? else {
        return Ok(false);
    };
    let epic = Brief::of(&epic);
    let blockers = blockers(&desk.staged, board, &epic);
    Ok(blockers.iter().all(|on| on.part && over.contains(&on.id)))
}

/// Dependencies of a task that are over: which count as met, and whether one of them makes it fail.
pub(super) fn settle(state: &dyn State, task: &mut Task) -> Result<Option<(Id, Stage)>, Damage> {
    let mut failed = None;
    for id in task.depends.clone() {
        let Some(on) = find::get(state, &id)? else {
            continue;
        };
        if on.stage == Stage::Done || on.stage.is_over() && task.on_fail == OnFail::Ignore {
            task.met.insert(id);
        } else {
            task.met.remove(&id);
            if on.stage.is_over() && task.on_fail == OnFail::Fail {
                failed.get_or_insert((id, on.stage));
            }
        }
    }
    Ok(failed)
}
