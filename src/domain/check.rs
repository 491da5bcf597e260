//! May these paths be changed? Asked by hooks, by `check`, and by the push that lands them.

use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::{Hold, LockRecord, Mode};
use crate::model::record::Damage;
use crate::model::refusal::Conflict;
use crate::model::stamp::Stamp;

use super::lease;
use super::locks;
use super::staged::State;

/// What stands between an actor and a change of some paths.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Locks of others. A shared lock counts too: its holder relies on the path as it is.
    pub conflicts: Vec<Conflict>,
    /// Paths that need a lock of one's own and have none.
    pub uncovered: Vec<Key>,
    /// Own locks that cover any of the paths.
    pub own: Vec<Key>,
    /// The leases that were held to have ended.
    pub lapsed: Vec<crate::model::stamp::Evidence>,
}

/// Judges a change of `paths` by the stamp's actor. Paths that one of `require` covers need an own
/// exclusive lock.
///
/// # Errors
/// When a record that might be in the way cannot be read.
pub fn paths(
    state: &dyn State,
    stamp: &Stamp,
    paths: &[Key],
    require: &[Key],
) -> Result<Verdict, Damage> {
    let me = &stamp.by;
    let mut verdict = Verdict::default();
    for path in paths {
        let mut is_covered = false;
        for lock in locks::overlapping(state, path)? {
            // A lock on `lib/a` overlaps a file `lib`, which it does not guard.
            if own_hold(&lock, me).is_some() && lock.key.covers(path) {
                is_covered |= lock.mode == Mode::Exclusive;
                verdict.own.push(lock.key.clone());
            }
            for hold in lock.holds.iter().filter(|hold| !hold.is_of(me)) {
                match lease::ended(&lock.key, hold, stamp) {
                    Some(evidence) => verdict.lapsed.push(evidence),
                    None => verdict
                        .conflicts
                        .push(Conflict::new(path, &lock.key, lock.mode, hold)),
                }
            }
        }
        if !is_covered && require.iter().any(|rule| rule.overlaps(path)) {
            verdict.uncovered.push(path.clone());
        }
    }
    verdict.own.sort();
    verdict.own.dedup();
    Ok(verdict)
}

fn own_hold<'l>(lock: &'l LockRecord, me: &Actor) -> Option<&'l Hold> {
    lock.holds.iter().find(|hold| hold.is_of(me))
}
