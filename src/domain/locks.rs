//! Looking locks up: as few records as the key allows, and none that is damaged passed over.

use crate::model::id::Actor;
use crate::model::key::{Key, Lookups};
use crate::model::lock::{LockRecord, Mode};
use crate::model::place::Place;
use crate::model::record::{self, Damage};

use super::staged::State;

/// The directory of all lock records.
pub const LOCKS: &str = "locks";

/// The lock on exactly this key.
///
/// # Errors
/// When something is there that is no lock record of this key.
pub fn get(state: &dyn State, key: &Key) -> Result<Option<LockRecord>, Damage> {
    let place = key.place();
    state
        .get(&place)?
        .map(|bytes| read(&place, &bytes))
        .transpose()
}

/// Every lock whose key overlaps this one.
///
/// # Errors
/// When a record that might overlap cannot be read: it might be in the way.
pub fn overlapping(state: &dyn State, key: &Key) -> Result<Vec<LockRecord>, Damage> {
    #[cfg(feature = "planted")]
    if crate::planted::has(crate::planted::Bug::OverlapIgnored) {
        return Ok(get(state, key)?.into_iter().collect());
    }
    let Lookups { places, prefixes } = key.lookups();
    let mut found: Vec<LockRecord> = Vec::new();
    for place in &places {
        if let Some(bytes) = state.get(place)? {
            found.push(read(place, &bytes)?);
        }
    }
    for prefix in &prefixes {
        for (place, bytes) in state.under(prefix.trim_end_matches('/'))? {
            // The place alone tells whether the record matters; damage elsewhere is not ours.
            let held = Key::from_place(&place).map_err(|why| Damage::new(&place, why))?;
            if held.overlaps(key) {
                found.push(read(&place, &bytes?)?);
            }
        }
    }
    found.sort_by(|one, other| one.key.cmp(&other.key));
    found.dedup_by(|one, other| one.key == other.key);
    Ok(found)
}

/// All locks, and what could not be read among them.
///
/// # Errors
/// When the directory of locks cannot be read.
pub fn all(state: &dyn State) -> Result<(Vec<LockRecord>, Vec<Damage>), Damage> {
    let mut locks = Vec::new();
    let mut damaged = Vec::new();
    for (place, bytes) in state.under(LOCKS)? {
        match bytes.and_then(|bytes| read(&place, &bytes)) {
            Ok(lock) => locks.push(lock),
            Err(damage) => damaged.push(damage),
        }
    }
    Ok((locks, damaged))
}

/// The locks that a session holds, in the order of their places. Of all others no more is looked at
/// than whether its name is in them; damage among those is not its own.
///
/// # Errors
/// When the directory of locks cannot be read.
pub fn held_by(state: &dyn State, who: &Actor) -> Result<Vec<LockRecord>, Damage> {
    let names = [who.agent.as_str(), who.session.as_str()].map(|name| format!("\"{name}\""));
    let mut held = Vec::new();
    for (place, bytes) in state.under(LOCKS)? {
        let Ok(bytes) = bytes else { continue };
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        if !names.iter().all(|name| text.contains(name)) {
            continue;
        }
        if let Ok(lock) = read(&place, &bytes)
            && lock.holds.iter().any(|hold| hold.is_of(who))
        {
            held.push(lock);
        }
    }
    Ok(held)
}

/// Reads a lock record and checks that it belongs where it stands.
///
/// # Errors
/// [`Damage`] when it is no lock record, or that of another key.
pub fn read(place: &Place, bytes: &[u8]) -> Result<LockRecord, Damage> {
    let lock: LockRecord = record::parse(place, bytes)?;
    if lock.key.place() != *place {
        return Err(Damage::new(
            place,
            format!("it is the lock of `{}`, which belongs elsewhere", lock.key),
        ));
    }
    if lock.holds.is_empty() {
        return Err(Damage::new(place, "nobody holds it"));
    }
    if lock.mode == Mode::Exclusive && lock.holds.len() > 1 {
        return Err(Damage::new(place, "it is exclusive, and several hold it"));
    }
    Ok(lock)
}
