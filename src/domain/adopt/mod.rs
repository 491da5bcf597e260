//! Taking over what a clone has that worked alone until now: locks only into free places, other
//! records all or none.

mod records;

use crate::model::limits::{HOLDERS_MAX, KEYS_MAX};
use crate::model::lock::{LockRecord, Mode};
use crate::model::refusal::{Conflict, Refusal};
use crate::model::reply::Reply;
use crate::model::request::Adopt;

use super::decide::{Decided, Desk};
use super::locks;

pub use records::{BROUGHT, Collision, Wrote, collision, twin};

pub(super) fn decide(desk: &mut Desk<'_>, request: &Adopt) -> Result<Decided, Refusal> {
    if request.locks.len() > KEYS_MAX {
        return Err(Refusal::Limit {
            what: "locks to adopt at once".into(),
            most: KEYS_MAX,
        });
    }
    let records = records::decide(desk, &request.records)?;
    let rev = desk.staged.next_rev();
    let mut adopted = Vec::new();
    let mut conflicts = Vec::new();
    let mut is_change = !records.is_empty();
    for lock in &request.locks {
        let in_the_way: Vec<LockRecord> = locks::overlapping(&desk.staged, &lock.key)?
            .into_iter()
            .filter(|there| !is_compatible(there, lock))
            .collect();
        if in_the_way.is_empty() {
            let there = locks::get(&desk.staged, &lock.key)?;
            is_change |= join(desk, lock, there, rev)?;
            adopted.push(lock.key.clone());
        }
        conflicts.extend(in_the_way.iter().flat_map(|there| {
            let holds = there.holds.iter();
            holds.map(|hold| Conflict::new(&lock.key, &there.key, there.mode, hold))
        }));
    }
    let count: usize = records.values().sum();
    let what = match (adopted.len(), count) {
        (locks, 0) => format!("{locks} locks"),
        (0, count) => format!("{count} records"),
        (locks, count) => format!("{locks} locks and {count} records"),
    };
    let subject = format!("adopt {what} by {}", desk.me().agent);
    Ok(Decided {
        reply: Reply::Adopted {
            locks: adopted,
            conflicts,
            records,
        },
        subject,
        is_change,
    })
}

/// Adds the holds of a lock to those that are there, none of which is against them. A hold that is
/// there already stays as it is: it may have been renewed since.
fn join(
    desk: &mut Desk<'_>,
    lock: &LockRecord,
    there: Option<LockRecord>,
    rev: u64,
) -> Result<bool, Refusal> {
    let mut holds = there
        .as_ref()
        .map_or_else(Vec::new, |there| there.holds.clone());
    let before = holds.len();
    for hold in &lock.holds {
        if !holds.iter().any(|known| known.is_of(&hold.actor())) {
            let mut hold = hold.clone();
            hold.rev = rev;
            holds.push(hold);
        }
    }
    if holds.len() > HOLDERS_MAX || lock.mode == Mode::Exclusive && holds.len() > 1 {
        return Err(Refusal::Limit {
            what: format!("holders of `{}`", lock.key),
            most: HOLDERS_MAX,
        });
    }
    if holds.len() == before {
        return Ok(false);
    }
    desk.set_holds(there.as_ref().unwrap_or(lock), holds)?;
    Ok(true)
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
