//! Going on with what another session left: its checkpoint, its task and its locks.
//!
//! Nothing is taken from who is alive. Each lock goes over by the ordinary decision about locks, so
//! that its lease has ended or its holder is proven dead, and what others wait for is theirs.

use crate::model::agent::{Checkpoints, Did, Point, Presence, Restore, Taken, Told};
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::{Hold, LockRecord, Mode};
use crate::model::notice::Happened;
use crate::model::refusal::{Conflict, Refusal};
use crate::model::reply::{Granted, Reply};
use crate::model::request::Lock;
use crate::model::stored::Stored;

use super::super::decide::{Decided, Desk};
use super::super::{lease, line, lock, locks, task, wait};
use super::checkpoint;
use super::leave::is_dead;
use super::life::ALIVE_SECS;
use super::present::{get as session_of, name};

pub(super) fn take(desk: &mut Desk<'_>, ask: &Restore) -> Result<Decided, Refusal> {
    let (from, me) = (&ask.from, desk.me().clone());
    let wrong = |is: String, needs: &str| Refusal::WrongState {
        what: "checkpoint".into(),
        name: name(from),
        is,
        needs: needs.into(),
    };
    let Some(mut left) = checkpoint::get(&desk.staged, from)? else {
        return Err(Refusal::NotFound {
            what: "checkpoint".into(),
            name: name(from),
        });
    };
    let Some(point) = left.points.last().cloned() else {
        return Err(wrong("empty".into(), "one checkpoint at least"));
    };
    if *from == me {
        return Err(wrong("your own".into(), "that of another session"));
    }
    if let Some(taken) = &left.taken {
        let by = name(&taken.by);
        return Err(wrong(
            format!("taken over by {by} at {}", taken.at),
            "one that nobody went on from",
        ));
    }
    let may_take = ask.takeover && from.agent == me.agent;
    let held = holds_of(desk, from)?;
    // What it holds is judged lock by lock; who holds nothing any more by when it was last seen.
    if !is_dead(desk, from) && !may_take && held.is_empty() && is_here(desk, from)? {
        return Err(wrong(
            "of a session that is alive".into(),
            "a session that is over",
        ));
    }
    // The record of the branch and the machine goes with the locks.
    desk.has_written_here |= desk.stamp.here.is_some();
    let mut told = Told::new(Did::Restored, Some(from.clone()));
    for (lock, hold) in &held {
        let keys = std::slice::from_ref(&lock.key);
        if !line::ahead_of(desk, keys, lock.mode)?.is_empty() {
            told.left.push(lock.key.clone());
            continue;
        }
        let granted = take_lock(desk, lock, hold, may_take)?;
        if lock
            .key
            .claimed_task()
            .is_some_and(|id| Some(id) == point.task)
        {
            told.task.clone_from(&point.task);
        }
        told.locks.extend(granted);
    }
    for id in held.iter().filter_map(|(lock, _)| lock.key.claimed_task()) {
        if told
            .locks
            .iter()
            .any(|lock| lock.key == Key::claim_of_task(&id))
        {
            task::go_on(desk, &id, from)?;
        }
    }
    if wait::drop_of(desk, from, |_| true)?.is_some() {
        line::hand_over(desk, &[])?;
    }
    if session_of(&desk.staged, from).is_ok_and(|session| session.is_some()) {
        desk.staged.remove(&Presence::place(from));
    }
    left.body.taken = Some(Taken {
        by: me.clone(),
        at: desk.stamp.at,
    });
    let record = Stored::new(desk.stamp, desk.staged.next_rev(), left.body);
    desk.staged.put(&Checkpoints::place(from), &record)?;
    // Should this session die before it makes a checkpoint of its own, the next one finds this.
    let own = Point {
        from: Some(from.clone()),
        ..point.clone()
    };
    checkpoint::add(desk, own)?;
    told.point = Some(point);
    let subject = format!("agent restore {} by {}", name(from), name(&me));
    Ok(Decided::change(Reply::Agent(Box::new(told)), subject))
}

/// What a session holds, in the order of the keys.
fn holds_of(desk: &Desk<'_>, who: &Actor) -> Result<Vec<(LockRecord, Hold)>, Refusal> {
    let held = locks::held_by(&desk.staged, who)?.into_iter();
    let held = held.filter_map(|lock| {
        let hold = lock.holds.iter().find(|hold| hold.is_of(who))?.clone();
        Some((lock, hold))
    });
    Ok(held.collect())
}

/// Whether a session was seen a short while ago.
fn is_here(desk: &Desk<'_>, who: &Actor) -> Result<bool, Refusal> {
    let seen = session_of(&desk.staged, who)?.map(|session| session.head.at);
    Ok(seen.is_some_and(|seen| seen.plus_secs(ALIVE_SECS) > desk.stamp.at))
}

/// Takes one lock as whoever asks for it would, with what was said about it.
fn take_lock(
    desk: &mut Desk<'_>,
    held: &LockRecord,
    hold: &Hold,
    takeover: bool,
) -> Result<Vec<Granted>, Refusal> {
    if held.mode == Mode::Shared {
        // It could stand beside the new one; who is over is to have nothing any more.
        let happened = match lease::ended(&held.key, hold, desk.stamp) {
            Some(why) => {
                let happened = why.happened();
                desk.rely_on(why);
                happened
            }
            None if takeover => Happened::Takeover,
            None => {
                let conflict = Conflict::new(&held.key, &held.key, held.mode, hold);
                return Err(Refusal::LockHeld {
                    conflicts: vec![conflict],
                });
            }
        };
        desk.take(&held.key, &hold.actor(), happened)?;
    }
    let here = desk.stamp.here.as_ref();
    let lock = Lock {
        keys: vec![held.key.clone()],
        mode: held.mode,
        ttl_secs: Some(hold.ttl_secs),
        reason: hold.reason.clone(),
        branch: hold.branch.clone(),
        task: hold.task.clone(),
        host: here.and_then(|here| here.host.clone()),
        takeover,
        narrow: false,
        wait_until: None,
    };
    match lock::decide(desk, &lock)?.reply {
        Reply::Locked { locks, .. } => Ok(locks),
        _ => Ok(Vec::new()),
    }
}
