//! Taking over the locks of a clone that worked alone until now: only into free places.

use crate::model::limits::{HOLDERS_MAX, KEYS_MAX};
use crate::model::lock::{Hold, LockRecord, Mode};
use crate::model::refusal::{Conflict, Refusal};
use crate::model::reply::Reply;
use crate::model::request::Adopt;

use super::decide::{Decided, Desk};
use super::locks;

pub(super) fn decide(desk: &mut Desk<'_>, request: &Adopt) -> Result<Decided, Refusal> {
    if request.locks.len() > KEYS_MAX {
        return Err(Refusal::Limit {
            what: "locks to adopt at once".into(),
            most: KEYS_MAX,
        });
    }
    let mut adopted = Vec::new();
    let mut conflicts = Vec::new();
    for lock in &request.locks {
        let in_the_way: Vec<LockRecord> = locks::overlapping(&desk.staged, &lock.key)?
            .into_iter()
            .filter(|there| !is_compatible(there, lock))
            .collect();
        if in_the_way.is_empty() && add(desk, lock)? {
            adopted.push(lock.key.clone());
        }
        conflicts.extend(in_the_way.iter().flat_map(|there| {
            let holds = there.holds.iter();
            holds.map(|hold| Conflict::new(&lock.key, &there.key, there.mode, hold))
        }));
    }
    let subject = format!("adopt {} locks by {}", adopted.len(), desk.me().agent);
    let is_change = !adopted.is_empty();
    Ok(Decided {
        reply: Reply::Adopted {
            locks: adopted,
            conflicts,
        },
        subject,
        is_change,
    })
}

/// Adds the holds of sessions that do not hold the key here yet; says whether there were any.
fn add(desk: &mut Desk<'_>, lock: &LockRecord) -> Result<bool, Refusal> {
    let mut holds = locks::get(&desk.staged, &lock.key)?.map_or(Vec::new(), |there| there.holds);
    let before = holds.len();
    for hold in &lock.holds {
        if !holds.iter().any(|there| there.is_of(&hold.actor())) {
            let rev = desk.staged.next_rev();
            holds.push(Hold {
                rev,
                ..hold.clone()
            });
        }
    }
    if holds.len() > HOLDERS_MAX || lock.mode == Mode::Exclusive && holds.len() > 1 {
        return Err(Refusal::Limit {
            what: format!("holders of `{}`", lock.key),
            most: HOLDERS_MAX,
        });
    }
    let is_new = holds.len() > before;
    if is_new {
        desk.set_holds(lock, holds)?;
    }
    Ok(is_new)
}

/// Locks of the same single session never conflict; neither do shared ones.
fn is_compatible(there: &LockRecord, new: &LockRecord) -> bool {
    let is_same_holder = |one: &LockRecord| {
        one.holds
            .iter()
            .all(|h| new.holds.iter().all(|n| n.is_of(&h.actor())))
    };
    there.mode.is_compatible(new.mode) || is_same_holder(there)
}
