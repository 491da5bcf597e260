//! A task that goes over to another session with a handoff: its holder offered it.

use crate::model::id::{Actor, Id};
use crate::model::refusal::Refusal;
use crate::model::reply::{Granted, Reply};
use crate::model::task::{Claim as Ask, Claimed, Stage};
use crate::model::text::Text;

use super::super::decide::Desk;
use super::{claim, find};

/// Makes the actor the one who has claimed a task that another session had. The lock of the claim is
/// the actor's already. False when there is no such task, or somebody else has claimed it.
pub(in crate::domain) fn hand_over(
    desk: &mut Desk<'_>,
    id: &Id,
    from: &Actor,
) -> Result<bool, Refusal> {
    let me = desk.me().clone();
    let Some(task) = find::get(&desk.staged, id)? else {
        return Ok(false);
    };
    let Some(claimed) = &task.claimed else {
        return Ok(false);
    };
    if !matches!(task.stage, Stage::Claimed | Stage::Running) {
        return Ok(false);
    }
    if claimed.by == me {
        return Ok(true);
    }
    if claimed.by != *from {
        return Ok(false);
    }
    // Who was fit to work on it vouches for the skills of who goes on, and for nothing else: nobody
    // reviews own work because it was handed over.
    claim::fit(desk, &task, &task.requires.capabilities)?;
    let wanted_back = claimed.wanted_back.clone();
    let mut task = task.body;
    task.workers.insert(me.agent.clone());
    task.claimed = Some(Claimed {
        by: me,
        at: desk.stamp.at,
        wanted_back,
    });
    desk.put_task(task)?;
    Ok(true)
}

/// Claims the task of a handoff whose writer has it no longer, by the ordinary decision. Nothing is
/// done for a task that is over or is not here; none is the answer when it cannot be had because
/// its last attempt came to nothing.
pub(in crate::domain) fn claim_left(
    desk: &mut Desk<'_>,
    id: &Id,
    branch: Option<&Text>,
    host: Option<&Text>,
) -> Result<Option<Vec<Granted>>, Refusal> {
    let task = find::get(&desk.staged, id)?.filter(|task| !task.stage.is_over());
    let Some(task) = task else {
        return Ok(None);
    };
    let ask = Ask {
        id: id.clone(),
        capabilities: task.requires.capabilities.clone(),
        lock: false,
        ttl_secs: None,
        branch: branch.cloned(),
        host: host.cloned(),
        takeover: false,
    };
    let Reply::Task(told) = claim::decide(desk, &ask)?.reply else {
        return Ok(None);
    };
    let is_claimed = told.tasks.iter().any(|task| !task.stage.is_over());
    Ok(is_claimed.then_some(told.locks))
}
