//! Why nobody can take a task now, or who is at it.

use std::collections::BTreeSet;

use crate::model::id::Id;
use crate::model::lock::Mode;
use crate::model::refusal::Refusal;
use crate::model::stamp::Stamp;
use crate::model::task::TaskRecord;

use super::super::staged::State;
use super::super::task::board::{Board, Brief};
use super::super::task::claims::{self, Claim};
use super::super::task::{find, standing};
use super::{DEPTH_MAX, Reason};

/// What is in the way of a task that is not over: its claim, its dependencies and theirs, and locks
/// of others on its keys.
///
/// # Errors
/// When a record that matters cannot be read.
pub fn of(state: &dyn State, stamp: &Stamp, task: &TaskRecord) -> Result<Vec<Reason>, Refusal> {
    if task.stage.is_over() {
        let end = task
            .ended_at
            .map(|end| format!(" since {end}"))
            .unwrap_or_default();
        let text = format!("it is {}{end}", task.stage.as_str());
        let retry = format!("git coord task retry {}", task.id);
        return Ok(vec![Reason::plain("over", text, retry)]);
    }
    let board = Board::read(state)?;
    let mut seen = BTreeSet::from([task.id.clone()]);
    let mut reasons = Vec::new();
    let brief = Brief::of(task);
    reasons.extend(claimed(state, stamp, &brief));
    reasons.extend(waits_for(state, stamp, &board, &brief, &mut seen, 0));
    if let Some(agent) = task
        .assignee
        .as_ref()
        .filter(|agent| **agent != stamp.by.agent)
    {
        let text = format!("it is only for {agent}");
        let help = format!("git coord task edit {} --unassign", task.id);
        reasons.push(Reason::plain("assignee", text, help));
    }
    if let Some(feature) = &task.feature {
        reasons.extend(super::feature::pauses(state, stamp, feature)?);
    }
    if !task.keys.is_empty() {
        reasons.extend(super::keys(state, stamp, &task.keys, Mode::Exclusive)?);
    }
    Ok(reasons)
}

/// Who has it.
fn claimed(state: &dyn State, stamp: &Stamp, brief: &Brief) -> Option<Reason> {
    let claim = claims::of(state, &brief.id, brief.stage, brief.claimed.as_ref(), stamp);
    let Claim::Held(hold) = claim else {
        return None;
    };
    let who = hold.actor();
    let text = match who == stamp.by {
        true => "you have it".to_owned(),
        false => format!("{who} has it, {}", brief.stage.as_str()),
    };
    let unblock = "they finish it, give it back, or their lease ends".to_owned();
    Some(Reason {
        who: Some(who),
        since: Some(hold.since),
        until: Some(hold.until()),
        ..Reason::plain("claimed", text, unblock)
    })
}

/// What it waits for, and what those wait for.
fn waits_for(
    state: &dyn State,
    stamp: &Stamp,
    board: &Board,
    brief: &Brief,
    seen: &mut BTreeSet<Id>,
    depth: usize,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for blocker in standing::blockers(state, board, brief) {
        let id = &blocker.id;
        let record = find::get(state, id).ok().flatten();
        let title = record.as_ref().map_or("", |task| task.title.as_str());
        let what = if blocker.part { "its part" } else { "task" };
        let text = format!("it waits for {what} {id}, {}: {title}", blocker.is);
        let unblock = match blocker.is.as_str() {
            "open" | "claimed" | "running" => format!("task {id} is done"),
            "missing" | "damaged" => {
                format!("git coord task edit {} --remove-depends {id}", brief.id)
            }
            _ => format!(
                "git coord task retry {id}, or git coord task edit {} --remove-depends {id}",
                brief.id
            ),
        };
        let mut reason = Reason::plain("dependency", text, unblock);
        if !seen.insert(id.clone()) {
            reason.code = "circle".into();
        } else if let Some(open) = board.get(id).filter(|_| depth < DEPTH_MAX) {
            reason.because.extend(claimed(state, stamp, &open.brief));
            let below = waits_for(state, stamp, board, &open.brief, seen, depth + 1);
            reason.because.extend(below);
        }
        reasons.push(reason);
    }
    reasons
}
