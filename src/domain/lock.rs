//! Taking locks: all keys or none.

use std::collections::BTreeSet;

use crate::model::key::Key;
use crate::model::limits::{HOLDERS_MAX, KEYS_MAX};
use crate::model::lock::{Hold, LockRecord, Mode};
use crate::model::notice::Happened;
use crate::model::refusal::{Conflict, Refusal};
use crate::model::reply::{Granted, How, Reply};
use crate::model::request::Lock;
use crate::model::time::Ttl;

use super::decide::{Decided, Desk, some_keys};
use super::{lease, line, locks, renew, wait};

pub(super) fn decide(desk: &mut Desk<'_>, request: &Lock) -> Result<Decided, Refusal> {
    if request.keys.len() > KEYS_MAX {
        return Err(Refusal::Limit {
            what: "keys in one request".into(),
            most: KEYS_MAX,
        });
    }
    // The order of the request is kept for the answer; the widest key is decided first, so that
    // what it covers is seen to be covered.
    let mut order: Vec<&Key> = request
        .keys
        .iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    order.sort_by_cached_key(|key| {
        request
            .keys
            .iter()
            .filter(|other| key.covers(other))
            .count()
    });
    order.reverse();
    let ahead = line::ahead_of(desk, &request.keys, request.mode)?;
    let mut conflicts = Vec::new();
    let mut granted = Vec::new();
    let mut replaced = Vec::new();
    let mut cleared = Vec::new();
    for key in order {
        let mut blocked = clear_the_way(desk, request, key, &mut cleared)?;
        if blocked.is_empty() {
            let grant = grant(desk, request, key, &cleared, &mut replaced)?;
            granted.push((key, grant));
        }
        conflicts.append(&mut blocked);
    }
    if !conflicts.is_empty() || !ahead.is_empty() {
        if let Some(until) = request.wait_until.filter(|until| *until > desk.stamp.at) {
            return wait::join(desk, request, until, conflicts);
        }
        return Err(match conflicts {
            none if none.is_empty() => Refusal::Reserved { ahead },
            conflicts => Refusal::held(conflicts, desk.me()),
        });
    }
    let was_waiting = wait::drop_granted(desk, &request.keys)?;
    let is_shared_again = |lock: &Granted| lock.how == How::Refreshed && lock.mode == Mode::Shared;
    if !cleared.is_empty()
        || !replaced.is_empty()
        || granted.iter().any(|(_, lock)| is_shared_again(lock))
    {
        // A wider lock may have ended or become narrower, and the rest of it is free now.
        line::hand_over(desk, &[])?;
    }
    granted.sort_by_key(|(key, _)| request.keys.iter().position(|asked| asked == *key));
    let locks: Vec<Granted> = granted.into_iter().map(|(_, grant)| grant).collect();
    let is_change = was_waiting || !desk.staged.is_empty();
    let subject = subject(desk, request);
    Ok(Decided {
        reply: Reply::Locked { locks, replaced },
        subject,
        is_change,
    })
}

/// Removes what no longer stands in the way of `key` and returns what does.
fn clear_the_way(
    desk: &mut Desk<'_>,
    request: &Lock,
    key: &Key,
    cleared: &mut Vec<(Key, How)>,
) -> Result<Vec<Conflict>, Refusal> {
    #[cfg(feature = "planted")]
    if crate::planted::has(crate::planted::Bug::NoLookAfterWait)
        && line::in_line(desk)?
            .iter()
            .any(|wait| wait.by == *desk.me() && wait.turn.is_some())
    {
        return Ok(Vec::new());
    }
    let mut blocked = Vec::new();
    for lock in locks::overlapping(&desk.staged, key)? {
        for hold in &lock.holds {
            let holder = hold.actor();
            if holder == *desk.me() || lock.mode.is_compatible(request.mode) {
                continue;
            }
            let (happened, how) = if let Some(evidence) = lease::ended(&lock.key, hold, desk.stamp)
            {
                let happened = evidence.happened();
                desk.rely_on(evidence);
                match happened {
                    Happened::Died => (happened, How::Died),
                    _ => (happened, How::Lapsed),
                }
            } else if request.takeover && holder.agent == desk.me().agent {
                (Happened::Takeover, How::TakenOver)
            } else {
                blocked.push(Conflict::new(key, &lock.key, lock.mode, hold));
                continue;
            };
            desk.take(&lock.key, &holder, happened)?;
            cleared.push((key.clone(), how));
        }
    }
    Ok(blocked)
}

/// Gives the free `key` to the actor, folding own locks that the new one makes superfluous.
fn grant(
    desk: &mut Desk<'_>,
    request: &Lock,
    key: &Key,
    cleared: &[(Key, How)],
    replaced: &mut Vec<Key>,
) -> Result<Granted, Refusal> {
    let me = desk.me().clone();
    let mut before = None;
    let mut covering = None;
    let mut superfluous = Vec::new();
    for lock in locks::overlapping(&desk.staged, key)? {
        let Some(own) = lock.holds.iter().find(|hold| hold.is_of(&me)) else {
            continue;
        };
        if lock.key == *key {
            before = Some(own.clone());
        } else if lock.key.covers(key) {
            // What the same request asks for is not given up for its sake.
            if request.narrow && !request.keys.contains(&lock.key) {
                superfluous.push(lock.key);
            } else if lock.mode >= request.mode {
                covering = Some((lock.mode, own.clone(), lock.key));
            }
        } else if key.covers(&lock.key) && request.mode >= lock.mode {
            superfluous.push(lock.key);
        }
    }
    if covering.is_some() && before.is_some() {
        superfluous.push(key.clone());
    }
    for key in superfluous {
        desk.drop_hold(&key, &me)?;
        replaced.push(key);
    }
    if let Some((mode, own, wider)) = covering {
        // Asking for what one holds is a sign of life, and the answer says until when that is.
        let renewed = match own.is_half_gone(desk.stamp.at) {
            true => renew::renew(desk, &wider, None)?,
            false => None,
        };
        return Ok(Granted {
            rev: renewed.as_ref().map_or(own.rev, |renewed| renewed.rev),
            until: renewed.map_or(own.until(), |renewed| renewed.until),
            key: wider,
            mode,
            how: How::Covered,
        });
    }
    let rev = desk.staged.next_rev();
    let hold = new_hold(desk, request, rev, before.as_ref());
    let until = hold.until();
    let mut holds: Vec<Hold> = match locks::get(&desk.staged, key)? {
        Some(lock) => lock
            .holds
            .into_iter()
            .filter(|other| !other.is_of(&me))
            .collect(),
        None => Vec::new(),
    };
    if holds.len() >= HOLDERS_MAX {
        return Err(Refusal::Limit {
            what: format!("holders of `{key}`"),
            most: HOLDERS_MAX,
        });
    }
    holds.push(hold);
    let record = LockRecord::new(desk.stamp, rev, key.clone(), request.mode, holds.clone());
    desk.set_holds(&record, holds)?;
    let how = match cleared.iter().find(|(cleared, _)| cleared == key) {
        Some((_, how)) => *how,
        None if before.is_some() => How::Refreshed,
        None => How::Acquired,
    };
    Ok(Granted {
        key: key.clone(),
        mode: request.mode,
        rev,
        until,
        how,
    })
}

/// A hold from now; a refreshed one keeps what the request does not say anew.
fn new_hold(desk: &Desk<'_>, request: &Lock, rev: u64, before: Option<&Hold>) -> Hold {
    let at = desk.stamp.at;
    Hold {
        agent: desk.me().agent.clone(),
        session: desk.me().session.clone(),
        rev,
        since: before.map_or(at, |before| before.since),
        renewed: at,
        ttl_secs: request
            .ttl_secs
            .or(before.map(|before| before.ttl_secs))
            .unwrap_or_default(),
        reason: request.reason.clone().or_else(|| before?.reason.clone()),
        branch: request.branch.clone().or_else(|| before?.branch.clone()),
        task: request.task.clone().or_else(|| before?.task.clone()),
        host: request.host.clone(),
    }
}

fn subject(desk: &Desk<'_>, request: &Lock) -> String {
    let shared = if request.mode == Mode::Shared {
        " shared"
    } else {
        ""
    };
    let ttl: Ttl = request.ttl_secs.unwrap_or_default();
    let why = request
        .reason
        .as_ref()
        .map(|why| format!(": {}", why.as_str()))
        .unwrap_or_default();
    format!(
        "lock {}{shared} by {} for {ttl}{why}",
        some_keys(&request.keys),
        desk.me().agent
    )
}
