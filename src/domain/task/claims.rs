//! Whose claims count: a task says who claimed it, and the lock of the task whether that is so.

use std::collections::HashMap;

use crate::model::id::{Actor, Id};
use crate::model::key::{CLAIMS, Key};
use crate::model::lock::{Hold, LockRecord};
use crate::model::record::Damage;
use crate::model::stamp::{Evidence, Stamp};
use crate::model::task::{Claimed, Stage, Task};

use super::super::staged::State;
use super::super::{lease, locks};

/// How the claim of a task stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody has claimed it.
    Free,
    /// Somebody has it.
    Held(Hold),
    /// Somebody had it, and the lease has ended.
    Lapsed(Hold, Evidence),
    /// Somebody had it, and the lock is gone.
    Gone,
    /// The lock cannot be read, so nobody can tell.
    Unknown(Damage),
}

impl Claim {
    /// Whether the task can be claimed by somebody else.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Free | Self::Lapsed(..) | Self::Gone)
    }

    /// Whether an attempt was begun and came to nothing.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Lapsed(..) | Self::Gone)
    }

    /// The hold of a claim that counts.
    pub fn held(&self) -> Option<&Hold> {
        match self {
            Self::Held(hold) => Some(hold),
            _ => None,
        }
    }

    /// The session that has it.
    pub fn holder(&self) -> Option<Actor> {
        self.held().map(Hold::actor)
    }
}

/// The claim of one task.
pub fn of(
    state: &dyn State,
    id: &Id,
    stage: Stage,
    claimed: Option<&Claimed>,
    stamp: &Stamp,
) -> Claim {
    let lock = locks::get(state, &Task::key(id));
    judge(stage, claimed, stamp, |_| match &lock {
        Ok(lock) => Ok(lock.as_ref()),
        Err(damage) => Err(damage.clone()),
    })
}

fn judge<'l>(
    stage: Stage,
    claimed: Option<&Claimed>,
    stamp: &Stamp,
    lock: impl FnOnce(&Claimed) -> Result<Option<&'l LockRecord>, Damage>,
) -> Claim {
    let Some(claimed) = claimed.filter(|_| matches!(stage, Stage::Claimed | Stage::Running)) else {
        return Claim::Free;
    };
    let lock = match lock(claimed) {
        Ok(Some(lock)) => lock,
        Ok(None) => return Claim::Gone,
        Err(damage) => return Claim::Unknown(damage),
    };
    let Some(hold) = lock.holds.iter().find(|hold| hold.is_of(&claimed.by)) else {
        return Claim::Gone;
    };
    #[cfg(feature = "planted")]
    if crate::planted::has(crate::planted::Bug::ClaimNotLookedAt) {
        return Claim::Gone;
    }
    match lease::ended(&lock.key, hold, stamp) {
        Some(evidence) => Claim::Lapsed(hold.clone(), evidence),
        None => Claim::Held(hold.clone()),
    }
}

/// The locks of all claims, read once.
pub struct Claims {
    locks: HashMap<Id, Result<LockRecord, Damage>>,
}

impl Claims {
    /// Reads them.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn read(state: &dyn State) -> Result<Self, Damage> {
        let mut locks = HashMap::new();
        for (place, bytes) in state.under(CLAIMS)? {
            // What stands in no lock's place is nobody's claim.
            let Some(id) = Key::from_place(&place)
                .ok()
                .and_then(|key| key.claimed_task())
            else {
                continue;
            };
            let lock = bytes.and_then(|bytes| locks::read(&place, &bytes));
            locks.insert(id, lock);
        }
        Ok(Self { locks })
    }

    /// Those that can be read.
    pub fn all(&self) -> impl Iterator<Item = &LockRecord> {
        self.locks.values().flatten()
    }

    /// The claim of a task.
    pub fn of(&self, id: &Id, stage: Stage, claimed: Option<&Claimed>, stamp: &Stamp) -> Claim {
        judge(stage, claimed, stamp, |_| match self.locks.get(id) {
            Some(Ok(lock)) => Ok(Some(lock)),
            Some(Err(damage)) => Err(damage.clone()),
            None => Ok(None),
        })
    }
}
