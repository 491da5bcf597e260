//! Taking over the locks of a clone that worked alone until now: only into free places.

use crate::model::limits::KEYS_MAX;
use crate::model::lock::LockRecord;
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
    let rev = desk.staged.next_rev();
    let mut adopted = Vec::new();
    let mut conflicts = Vec::new();
    for lock in &request.locks {
        let in_the_way: Vec<LockRecord> = locks::overlapping(&desk.staged, &lock.key)?
            .into_iter()
            .filter(|there| !is_compatible(there, lock))
            .collect();
        if in_the_way.is_empty() && locks::get(&desk.staged, &lock.key)?.is_none() {
            let mut holds = lock.holds.clone();
            holds.iter_mut().for_each(|hold| hold.rev = rev);
            desk.set_holds(lock, holds)?;
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

/// Locks of the same single session never conflict; neither do shared ones.
fn is_compatible(there: &LockRecord, new: &LockRecord) -> bool {
    let is_same_holder = |one: &LockRecord| {
        one.holds
            .iter()
            .all(|h| new.holds.iter().all(|n| n.is_of(&h.actor())))
    };
    there.mode.is_compatible(new.mode) || is_same_holder(there)
}
