//! Taking work over: the locks that were offered and are still held, in one step.

use crate::model::handoff::{Accept, Accepted, Did, Handoff, HandoffRecord, Told};
use crate::model::id::Actor;
use crate::model::lock::{Hold, LockRecord};
use crate::model::notice::Happened;
use crate::model::refusal::Refusal;
use crate::model::reply::{Granted, How, Reply};
use crate::model::stored::Stored;
use crate::model::text::Text;

use super::super::decide::{Decided, Desk};
use super::super::{locks, task};
use super::find;

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Accept) -> Result<Decided, Refusal> {
    let handoff = find::expect(&desk.staged, &ask.id)?;
    let me = desk.me().clone();
    let is_again = may_accept(&handoff, &me)?;
    let mut told = Told {
        did: if is_again { Did::Found } else { Did::Accepted },
        handoff,
        locks: Vec::new(),
        gone: Vec::new(),
        tasks: Vec::new(),
    };
    for key in told.handoff.locks.clone() {
        let Some(lock) = locks::get(&desk.staged, &key)? else {
            told.gone.push(key);
            continue;
        };
        let granted = if is_again {
            own(&lock, &me)
        } else {
            move_hold(desk, &lock, &told.handoff.from, ask.host.as_ref())?
        };
        match granted {
            Some(granted) => {
                if let Some(id) = key.claimed_task()
                    && task::hand_over(desk, &id, &told.handoff.from)?
                {
                    told.tasks.push(id);
                }
                told.locks.push(granted);
            }
            None => told.gone.push(key),
        }
    }
    if !is_again {
        take_task(desk, &mut told, ask.host.as_ref())?;
    }
    let subject = format!(
        "handoff accept {} by {}: {} of {} locks from {}",
        ask.id,
        me.agent,
        told.locks.len(),
        told.handoff.locks.len(),
        told.handoff.from.agent
    );
    if is_again {
        return Ok(Decided {
            reply: Reply::Handoff(Box::new(told)),
            subject,
            is_change: false,
        });
    }
    let body = Handoff {
        accepted: Some(Accepted {
            by: me,
            at: desk.stamp.at,
        }),
        ..told.handoff.body.clone()
    };
    told.handoff = Stored::new(desk.stamp, desk.staged.next_rev(), body);
    desk.staged.put(&Handoff::place(&ask.id), &told.handoff)?;
    Ok(Decided::change(Reply::Handoff(Box::new(told)), subject))
}

/// Whether the session has accepted it already; asking again is no mistake.
///
/// # Errors
/// When somebody else has accepted it, or only somebody else may.
fn may_accept(handoff: &HandoffRecord, me: &Actor) -> Result<bool, Refusal> {
    match &handoff.accepted {
        Some(accepted) if accepted.by == *me => return Ok(true),
        Some(accepted) => {
            return Err(Refusal::WrongState {
                what: "handoff".into(),
                name: handoff.id.to_string(),
                is: format!("accepted by {}", accepted.by),
                needs: "one that nobody has accepted".into(),
            });
        }
        None => {}
    }
    match &handoff.content.to {
        Some(to) if *to != me.agent => Err(Refusal::NotAllowed {
            what: format!(
                "handoff `{}` is for {to}, who alone may accept it",
                handoff.id
            ),
        }),
        Some(_) | None => Ok(false),
    }
}

/// What the session holds of a lock.
fn own(lock: &LockRecord, me: &Actor) -> Option<Granted> {
    let hold = lock.holds.iter().find(|hold| hold.is_of(me))?;
    Some(granted(lock, hold, How::Refreshed))
}

fn granted(lock: &LockRecord, hold: &Hold, how: How) -> Granted {
    Granted {
        key: lock.key.clone(),
        mode: lock.mode,
        rev: hold.rev,
        until: hold.until(),
        how,
    }
}

/// Puts the actor in the place of the holder, without a moment in which the lock is free: those who
/// wait for it go on waiting. None when the holder has it no longer.
fn move_hold(
    desk: &mut Desk<'_>,
    lock: &LockRecord,
    from: &Actor,
    host: Option<&Text>,
) -> Result<Option<Granted>, Refusal> {
    let me = desk.me().clone();
    let Some(before) = lock.holds.iter().find(|hold| hold.is_of(from)).cloned() else {
        return Ok(None);
    };
    let at = desk.stamp.at;
    // Who shares the lock already goes on with its own hold.
    let own = lock.holds.iter().find(|hold| hold.is_of(&me)).cloned();
    let base = own.unwrap_or(Hold {
        since: at,
        ..before
    });
    let hold = Hold {
        agent: me.agent.clone(),
        session: me.session.clone(),
        rev: desk.staged.next_rev(),
        renewed: at,
        host: host.cloned(),
        ..base
    };
    let others = lock.holds.iter();
    let mut holds: Vec<Hold> = others
        .filter(|other| !other.is_of(from) && !other.is_of(&me))
        .cloned()
        .collect();
    let granted = granted(lock, &hold, How::TakenOver);
    holds.push(hold);
    desk.set_holds(lock, holds)?;
    if *from != me {
        desk.tell(from, Happened::Handover, Some(&lock.key), None);
    }
    Ok(Some(granted))
}

/// A session that has accepted a task has it: one that was offered and given back since is claimed
/// as any task is, so that somebody else who has it by now is in the way of the whole.
fn take_task(desk: &mut Desk<'_>, told: &mut Told, host: Option<&Text>) -> Result<(), Refusal> {
    let Some(id) = told.handoff.content.task.clone() else {
        return Ok(());
    };
    if told.tasks.contains(&id) {
        return Ok(());
    }
    let branch = told.handoff.content.branch.as_ref();
    if let Some(locks) = task::claim_left(desk, &id, branch, host)? {
        for lock in locks {
            told.gone.retain(|key| *key != lock.key);
            told.locks.retain(|known| known.key != lock.key);
            told.locks.push(lock);
        }
        told.tasks.push(id);
    }
    Ok(())
}
