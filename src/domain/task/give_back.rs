//! Giving tasks back: by their holder, with the lock of their claim, or out of their end.

use crate::model::id::{Actor, Id};
use crate::model::refusal::Refusal;
use crate::model::task::{Did, Release, Retry, Stage, Task, Told};
use crate::model::text::Text;

use super::super::decide::{Decided, Desk};
use super::finish::own;
use super::{change, find, over, subject, wrong_state};

/// The holder gives its claim back, and the attempt with it.
pub(super) fn release(desk: &mut Desk<'_>, ask: &Release) -> Result<Decided, Refusal> {
    let task = own(desk, &ask.id)?;
    let released = over::revoke(desk, &task, false, None)?;
    let mut task = task.body;
    open(&mut task, ask.why.clone());
    let task = desk.put_task(task)?;
    let subject = subject(desk, "release", &task);
    let told = Told {
        released,
        ..Told::new(Did::Released, vec![task])
    };
    Ok(change(told, subject))
}

fn open(task: &mut Task, why: Option<Text>) {
    task.stage = Stage::Open;
    task.attempts = task.attempts.saturating_sub(1);
    task.claimed = None;
    task.started_at = None;
    task.why = why;
}

/// The lock of a claim was given back as any lock is: so is the task.
pub(in crate::domain) fn unlocked(desk: &mut Desk<'_>, id: &Id, by: &Actor) -> Result<(), Refusal> {
    // What cannot be read keeps nobody from giving back its lock.
    let Ok(Some(task)) = find::get(&desk.staged, id) else {
        return Ok(());
    };
    let is_own = task
        .claimed
        .as_ref()
        .is_some_and(|claimed| claimed.by == *by);
    if is_own && matches!(task.stage, Stage::Claimed | Stage::Running) {
        let mut task = task.body;
        open(&mut task, None);
        desk.put_task(task)?;
    }
    Ok(())
}

/// What failed, was cancelled or died is opened again, with all its attempts.
pub(super) fn retry(desk: &mut Desk<'_>, ask: &Retry) -> Result<Decided, Refusal> {
    let task = find::expect(&desk.staged, &ask.id)?;
    if !matches!(task.stage, Stage::Failed | Stage::Cancelled | Stage::Dead) {
        let needs = "a task that failed, was cancelled or is dead";
        return Err(wrong_state(&ask.id, task.stage.as_str(), needs));
    }
    let mut task = task.body;
    task.stage = Stage::Open;
    task.attempts = 0;
    task.claimed = None;
    task.started_at = None;
    task.ended_at = None;
    task.result = None;
    task.why = None;
    if let Some((on, stage)) = over::settle(&desk.staged, &mut task)? {
        let needs = "to be tried again first, because the other fails with it";
        return Err(wrong_state(&on, stage.as_str(), needs));
    }
    super::cycle::refuse(&desk.staged, [&task])?;
    let task = desk.shift_task(task)?;
    let subject = subject(desk, "retry", &task);
    Ok(change(Told::new(Did::Reopened, vec![task]), subject))
}
