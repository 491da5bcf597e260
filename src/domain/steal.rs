//! Taking a lock from its holder, on purpose and on the record.

use crate::model::lock::{Hold, LockRecord, Mode};
use crate::model::notice::Happened;
use crate::model::refusal::{Conflict, Refusal};
use crate::model::reply::{Granted, How, Reply};
use crate::model::request::Steal;

use super::decide::{Decided, Desk};
use super::locks;

pub(super) fn decide(desk: &mut Desk<'_>, request: &Steal) -> Result<Decided, Refusal> {
    let key = &request.key;
    let Some(lock) = locks::get(&desk.staged, key)? else {
        return Err(Refusal::NotHeld {
            keys: vec![key.clone()],
            conflicts: Vec::new(),
        });
    };
    let me = desk.me().clone();
    // The revision that was seen names one hold. Another one says that somebody was at work since.
    let Some(victim) = lock.holds.iter().find(|hold| hold.rev == request.rev) else {
        let now = lock
            .holds
            .iter()
            .map(|hold| hold.rev)
            .max()
            .unwrap_or(lock.rev);
        return Err(Refusal::RevChanged {
            key: key.clone(),
            named: request.rev,
            now,
        });
    };
    let from = victim.actor();
    if from != me {
        desk.take(key, &from, Happened::Stolen)?;
    }
    let mode = mode_beside_others(desk, request, lock.mode)?;
    let rev = desk.staged.next_rev();
    let mut holds: Vec<Hold> = match locks::get(&desk.staged, key)? {
        Some(rest) => rest
            .holds
            .into_iter()
            .filter(|hold| !hold.is_of(&me))
            .collect(),
        None => Vec::new(),
    };
    let hold = Hold {
        agent: me.agent.clone(),
        session: me.session.clone(),
        rev,
        since: desk.stamp.at,
        renewed: desk.stamp.at,
        ttl_secs: request.ttl_secs.unwrap_or_default(),
        reason: Some(request.reason.clone()),
        branch: None,
        task: None,
        host: request.host.clone(),
    };
    let until = hold.until();
    holds.push(hold);
    let record = LockRecord::new(desk.stamp, rev, key.clone(), mode, holds.clone());
    desk.set_holds(&record, holds)?;
    let subject = format!(
        "steal {key} from {} by {}: {}",
        from.agent,
        me.agent,
        request.reason.as_str()
    );
    let lock = Granted {
        key: key.clone(),
        mode,
        rev,
        until,
        how: How::Stolen,
    };
    Ok(Decided::change(
        Reply::Stolen {
            lock,
            from: vec![from],
        },
        subject,
    ))
}

/// The mode that the new holder can have beside everybody who holds what overlaps, after the
/// victim's hold is gone: alone it is exclusive, and a shared lock stays shared among others.
///
/// Only the one hold whose revision was named is taken. The victim's other locks, which it may
/// hold across this one, were not looked at and are in the way as anybody's.
fn mode_beside_others(desk: &Desk<'_>, request: &Steal, before: Mode) -> Result<Mode, Refusal> {
    let mut others = Vec::new();
    for lock in locks::overlapping(&desk.staged, &request.key)? {
        for hold in lock.holds.iter().filter(|hold| !hold.is_of(desk.me())) {
            others.push(Conflict::new(&request.key, &lock.key, lock.mode, hold));
        }
    }
    match before {
        _ if others.is_empty() => Ok(Mode::Exclusive),
        Mode::Shared if others.iter().all(|other| other.mode == Mode::Shared) => Ok(Mode::Shared),
        _ => Err(Refusal::LockHeld { conflicts: others }),
    }
}
