//! Giving locks back.

use crate::model::key::Key;
use crate::model::refusal::{Conflict, Refusal};
use crate::model::reply::Reply;
use crate::model::request::{Unlock, Which};

use super::decide::{Decided, Desk, some_keys};
use super::{line, locks, task};

pub(super) fn decide(desk: &mut Desk<'_>, request: &Unlock) -> Result<Decided, Refusal> {
    let released = own_keys(desk, &request.which)?;
    let me = desk.me().clone();
    for key in &released {
        desk.drop_hold(key, &me)?;
        if let Some(id) = key.claimed_task() {
            task::unlocked(desk, &id, &me)?;
        }
    }
    let next = if released.is_empty() {
        Vec::new()
    } else {
        line::hand_over(desk, &released)?
    };
    let subject = format!("unlock {} by {}", some_keys(&released), me.agent);
    let is_change = !released.is_empty();
    Ok(Decided {
        reply: Reply::Unlocked { released, next },
        subject,
        is_change,
    })
}

/// The named keys, each of them held by the actor; or all that it holds.
pub(super) fn own_keys(desk: &Desk<'_>, which: &Which) -> Result<Vec<Key>, Refusal> {
    let keys = match which {
        Which::All => {
            let (all, _) = locks::all(&desk.staged)?;
            let own = all
                .into_iter()
                .filter(|lock| lock.holds.iter().any(|h| h.is_of(desk.me())));
            return Ok(own.map(|lock| lock.key).collect());
        }
        Which::Keys(keys) => keys,
    };
    let mut missing = Vec::new();
    let mut conflicts = Vec::new();
    for key in keys {
        let lock = locks::get(&desk.staged, key)?;
        let is_own =
            |lock: &crate::model::lock::LockRecord| lock.holds.iter().any(|h| h.is_of(desk.me()));
        if lock.as_ref().is_some_and(is_own) {
            continue;
        }
        missing.push(key.clone());
        if let Some(lock) = lock {
            let others = lock
                .holds
                .iter()
                .map(|h| Conflict::new(key, &lock.key, lock.mode, h));
            conflicts.extend(others);
        }
    }
    if !missing.is_empty() {
        return Err(Refusal::NotHeld {
            keys: missing,
            conflicts,
        });
    }
    let mut keys = keys.clone();
    keys.sort();
    keys.dedup();
    Ok(keys)
}
