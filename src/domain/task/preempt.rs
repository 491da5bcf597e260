//! Asking for a less urgent task back.

use crate::model::id::{Actor, Id};
use crate::model::key::Key;
use crate::model::notice::Happened;
use crate::model::refusal::Refusal;
use crate::model::task::{Did, Task, Told};

use super::super::decide::{Decided, Desk};
use super::super::locks;
use super::board::{Board, Open};
use super::choice::least_urgent_first;
use super::claims::{Claim, Claims};
use super::standing;
use super::{change, find, text, wrong_state};

/// Marks the least urgent claimed task for hand-back, and tells its holder: first one that stands
/// in the way of what the urgent task will change, then any that is less urgent.
pub(super) fn decide(desk: &mut Desk<'_>, id: &Id) -> Result<Decided, Refusal> {
    let urgent = find::expect(&desk.staged, id)?;
    if urgent.stage.is_over() {
        return Err(wrong_state(
            id,
            urgent.stage.as_str(),
            "a task that is not over",
        ));
    }
    let board = Board::read(&desk.staged)?;
    let claims = Claims::read(&desk.staged)?;
    if let Some(open) = board.get(id)
        && let Some(holder) = holder(desk, &claims, open)
    {
        return Err(Refusal::NotYours {
            what: "task".into(),
            name: id.to_string(),
            owner: holder,
        });
    }
    let me = desk.me().clone();
    let mut less = Vec::new();
    for open in &board.tasks {
        let claimed = open.brief.claimed.as_ref();
        let is_asked = claimed.is_some_and(|claimed| claimed.wanted_back.is_some());
        if open.brief.priority <= urgent.priority || is_asked {
            continue;
        }
        if holder(desk, &claims, open).is_some_and(|holder| holder != me) {
            less.push(open);
        }
    }
    let less = least_urgent_first(less);
    let mut chosen = None;
    for open in &less {
        if is_in_the_way(desk, open, &urgent.keys)? {
            chosen = Some(*open);
            break;
        }
    }
    let Some(open) = chosen.or_else(|| less.first().copied()) else {
        let is = "more urgent than nothing that others have claimed";
        return Err(wrong_state(id, is, "a less urgent task that somebody has"));
    };
    let mut task = open.record()?.body;
    let why = text(format!(
        "task {id} is more urgent ({}): {}",
        urgent.priority,
        urgent.title.as_str()
    ));
    if let Some(claimed) = &mut task.claimed {
        claimed.wanted_back = why.clone();
        desk.tell(
            &claimed.by,
            Happened::Wanted,
            Some(&Task::key(&task.id)),
            why,
        );
    }
    let subject = format!("task preempt {} for {id} by {}", task.id, me.agent);
    let task = desk.put_task(task)?;
    Ok(change(Told::new(Did::AskedBack, vec![task]), subject))
}

/// Who has a task. That a lease has ended is a reason to look further, and kept as one.
fn holder(desk: &mut Desk<'_>, claims: &Claims, open: &Open) -> Option<Actor> {
    let claim = standing::claim(claims, &open.brief, desk.stamp);
    if let Claim::Lapsed(_, evidence) = &claim {
        desk.rely_on(evidence.clone());
    }
    claim.holder()
}

/// Whether the holder of a task holds something that these keys overlap.
fn is_in_the_way(desk: &Desk<'_>, open: &Open, keys: &[Key]) -> Result<bool, Refusal> {
    let Some(claimed) = &open.brief.claimed else {
        return Ok(false);
    };
    for key in keys {
        let there = locks::overlapping(&desk.staged, key)?;
        let mut holds = there.iter().flat_map(|lock| &lock.holds);
        if holds.any(|hold| hold.is_of(&claimed.by)) {
            return Ok(true);
        }
    }
    Ok(false)
}
