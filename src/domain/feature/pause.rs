//! A lock on `feature:<id>:pause` stops the line: its tasks are neither handed out nor claimed, commits
//! on its branch and pushes of it are refused, and it does not land. Who holds the lock is not stopped.

use crate::model::feature::{Feature, PAUSES};
use crate::model::id::Id;
use crate::model::record::Damage;
use crate::model::refusal::Conflict;
use crate::model::stamp::{Evidence, Stamp};

use super::super::staged::State;
use super::super::{lease, locks};
use super::find;

/// How the pause of a feature stands for one session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pause {
    /// The locks of others that stop it, also those on a wider key such as `feature:*`.
    pub by: Vec<Conflict>,
    /// Leases that were held to have ended: a decision that relies on it has to keep them.
    pub lapsed: Vec<Evidence>,
}

impl Pause {
    /// Whether the session has to stop.
    pub fn is_on(&self) -> bool {
        !self.by.is_empty()
    }
}

/// Whether a feature is paused for the stamp's session.
///
/// # Errors
/// When a lock that may pause it cannot be read.
pub fn of(state: &dyn State, stamp: &Stamp, id: &Id) -> Result<Pause, Damage> {
    let key = Feature::pause(id);
    let mut pause = Pause::default();
    for lock in locks::overlapping(state, &key)? {
        for hold in lock.holds.iter().filter(|hold| !hold.is_of(&stamp.by)) {
            match lease::ended(&lock.key, hold, stamp) {
                Some(evidence) => pause.lapsed.push(evidence),
                None => {
                    let conflict = Conflict::new(&key, &lock.key, lock.mode, hold);
                    pause.by.push(conflict);
                }
            }
        }
    }
    Ok(pause)
}

/// What stops work on branches: the pauses of the features that are made on them.
///
/// # Errors
/// When a record that may matter cannot be read.
pub fn of_branches(state: &dyn State, stamp: &Stamp, branches: &[&str]) -> Result<Pause, Damage> {
    let mut pause = Pause::default();
    // Most of the time nothing is paused, and no feature need be read.
    if branches.is_empty() || state.under(PAUSES)?.is_empty() {
        return Ok(pause);
    }
    let (features, damaged) = find::all(state)?;
    // It may be the one that is made on such a branch.
    if let Some(damage) = damaged.into_iter().next() {
        return Err(damage);
    }
    let is_here = |feature: &&Feature| {
        let own = feature.branch.as_ref().map(|branch| branch.as_str());
        !feature.status.is_over() && own.is_some_and(|own| branches.contains(&own))
    };
    for feature in features.iter().map(|feature| &feature.body).filter(is_here) {
        let own = of(state, stamp, &feature.id)?;
        pause.by.extend(own.by);
        pause.lapsed.extend(own.lapsed);
    }
    Ok(pause)
}
