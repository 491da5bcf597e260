//! Tasks that would wait for each other, or be parts of each other, are refused.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::id::Id;
use crate::model::refusal::Refusal;
use crate::model::task::Task;

use super::super::staged::State;
use super::find;

/// Refuses tasks that are about to be written when one of them waits for itself, over however many
/// others. Each task on the way is looked at once.
pub(super) fn refuse<'t>(
    state: &dyn State,
    tasks: impl IntoIterator<Item = &'t Task>,
) -> Result<(), Refusal> {
    let fresh: BTreeMap<&Id, &Task> = tasks.into_iter().map(|task| (&task.id, task)).collect();
    let mut safe: BTreeSet<Id> = BTreeSet::new();
    for start in fresh.keys() {
        // Depth first: the path, and for each task on it what is still to be looked at.
        let mut path: Vec<(Id, Vec<Id>)> = Vec::new();
        let mut on_path: BTreeSet<Id> = BTreeSet::new();
        let mut enter = Some((*start).clone());
        loop {
            if let Some(id) = enter.take() {
                if on_path.contains(&id) {
                    let begin = path.iter().position(|(other, _)| *other == id);
                    let circle = &path[begin.unwrap_or_default()..];
                    // One that is there already is no fault of those that come after it.
                    if circle.iter().any(|(id, _)| fresh.contains_key(id)) {
                        let ids = circle.iter().map(|(id, _)| id.clone());
                        let ids = ids.chain([id.clone()]).collect();
                        return Err(Refusal::Cycle { ids });
                    }
                } else if !safe.contains(&id) {
                    let below = below(state, &fresh, &id);
                    on_path.insert(id.clone());
                    path.push((id, below));
                }
            }
            let Some((_, left)) = path.last_mut() else {
                break;
            };
            match left.pop() {
                Some(next) => enter = Some(next),
                None => {
                    if let Some((id, _)) = path.pop() {
                        on_path.remove(&id);
                        safe.insert(id);
                    }
                }
            }
        }
        refuse_parents(state, &fresh, start)?;
    }
    Ok(())
}

/// What a task waits for. One that cannot be read is somebody else's trouble.
fn below(state: &dyn State, fresh: &BTreeMap<&Id, &Task>, id: &Id) -> Vec<Id> {
    if let Some(task) = fresh.get(id) {
        return task.depends.iter().cloned().collect();
    }
    match find::get(state, id) {
        Ok(Some(task)) if !task.met.is_superset(&task.depends) => {
            task.body.depends.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn refuse_parents(
    state: &dyn State,
    fresh: &BTreeMap<&Id, &Task>,
    start: &Id,
) -> Result<(), Refusal> {
    let mut path = vec![start.clone()];
    loop {
        let at = path.last().unwrap_or(start);
        let parent = match fresh.get(at) {
            Some(task) => task.parent.clone(),
            None => find::get(state, at)
                .ok()
                .flatten()
                .and_then(|task| task.body.parent),
        };
        let Some(parent) = parent else { return Ok(()) };
        let is_known = path.contains(&parent);
        path.push(parent);
        if is_known {
            return Err(Refusal::Cycle { ids: path });
        }
    }
}
