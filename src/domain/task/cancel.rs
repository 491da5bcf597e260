//! Cancelling tasks: the right of whoever added them, and of those who are trusted with it.

use std::collections::BTreeSet;

use crate::model::id::Id;
use crate::model::limits::BATCH_MAX;
use crate::model::refusal::Refusal;
use crate::model::task::{Cancel, Did, Stage, TaskRecord, Told};

use super::super::decide::{Decided, Desk};
use super::super::{secret, trust};
use super::add::limit;
use super::board::Board;
use super::{change, find, over, wrong_state};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Cancel) -> Result<Decided, Refusal> {
    let why = ask.why.as_ref().map(|why| ("why", why.as_str()));
    secret::check(why, &BTreeSet::new())?;
    let mut ids: Vec<Id> = Vec::new();
    for id in &ask.ids {
        let task = find::expect(&desk.staged, id)?;
        if task.stage.is_over() {
            return Err(wrong_state(
                id,
                task.stage.as_str(),
                "a task that is not over",
            ));
        }
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    if ask.dependants {
        with_dependants(desk, &mut ids)?;
    }
    limit("tasks in one request", ids.len(), BATCH_MAX)?;
    let mut released = Vec::new();
    let mut cancelled: Vec<TaskRecord> = Vec::new();
    let mut is_trusted = None;
    for id in &ids {
        let task = find::expect(&desk.staged, id)?;
        let me = desk.me().agent.clone();
        if task.added_by.agent != me {
            let trusted = match is_trusted {
                Some(known) => known,
                None => *is_trusted.insert(desk.may_decide()?),
            };
            if !trusted {
                return Err(Refusal::NotAllowed {
                    what: format!(
                        "task `{id}` can be cancelled by {}, who added it, or with trust {}",
                        task.added_by.agent,
                        trust::DECIDES
                    ),
                });
            }
        }
        released.extend(over::revoke(desk, &task, false, ask.why.as_ref())?);
        cancelled.push(over::end(desk, task, Stage::Cancelled, |task| {
            task.why = ask.why.clone();
        })?);
    }
    let ended: Vec<(Id, Stage)> = ids
        .iter()
        .map(|id| (id.clone(), Stage::Cancelled))
        .collect();
    let after = over::resolve(desk, ended)?;
    released.extend(after.released);
    let subject = match cancelled.as_slice() {
        [task] => super::subject(desk, "cancel", task),
        tasks => format!("task cancel {} by {}", tasks.len(), desk.me().agent),
    };
    let told = Told {
        released,
        also: after.also,
        ready: after.ready,
        ..Told::new(Did::Cancelled, cancelled)
    };
    Ok(change(told, subject))
}

/// Adds those that wait for these, and those that wait for them, and so on.
fn with_dependants(desk: &Desk<'_>, ids: &mut Vec<Id>) -> Result<(), Refusal> {
    let board = Board::read(&desk.staged)?;
    let dependants = board.dependants();
    let mut seen: BTreeSet<Id> = ids.iter().cloned().collect();
    let mut at = 0;
    while let Some(id) = ids.get(at).cloned() {
        at += 1;
        for open in dependants.get(&id).into_iter().flatten() {
            if seen.insert(open.brief.id.clone()) {
                ids.push(open.brief.id.clone());
            }
        }
    }
    Ok(())
}
