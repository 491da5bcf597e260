//! A state in memory: places and bytes, and the number that grows.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Plan, State, locks, staged::Found};
use crate::model::bytes::Bytes;
use crate::model::key::Key;
use crate::model::lock::LockRecord;
use crate::model::place::Place;
use crate::model::record::Damage;

/// One whole state.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Book {
    pub(super) rev: u64,
    pub(super) places: BTreeMap<Place, Vec<u8>>,
    /// Places whose bytes no store can give back.
    pub(super) unreadable: BTreeSet<Place>,
}

impl Book {
    /// The state after a plan.
    pub(super) fn apply(&self, plan: &Plan) -> Book {
        let mut next = self.clone();
        if !plan.is_change {
            assert!(plan.edits.is_empty(), "what is no change edits nothing");
            return next;
        }
        next.rev += 1;
        for (place, bytes) in &plan.edits {
            match bytes {
                Some(bytes) => next.places.insert(place.clone(), bytes.clone()),
                None => next.places.remove(place),
            };
        }
        next
    }

    /// All locks that can be read.
    pub(super) fn locks(&self) -> Vec<LockRecord> {
        locks::all(self).unwrap().0
    }

    /// What stands at the place of a lock.
    pub(super) fn lock(&self, key: &str) -> Option<LockRecord> {
        locks::get(self, &key.parse::<Key>().unwrap()).unwrap()
    }

    /// The bytes at a place as JSON.
    pub(super) fn json(&self, place: &Place) -> Option<serde_json::Value> {
        let bytes = self.places.get(place)?;
        Some(serde_json::from_slice(bytes).unwrap())
    }

    /// No two sessions hold what excludes the other, and no hold is from a later state.
    pub(super) fn assert_sound(&self) {
        let locks = self.locks();
        for (index, one) in locks.iter().enumerate() {
            assert!(one.rev <= self.rev && one.holds.iter().all(|hold| hold.rev <= one.rev));
            for other in &locks[index..] {
                if one.mode.is_compatible(other.mode) || !one.key.overlaps(&other.key) {
                    continue;
                }
                for hold in &one.holds {
                    let rival = other
                        .holds
                        .iter()
                        .find(|rival| rival.actor() != hold.actor());
                    assert!(rival.is_none(), "both are held: {one:#?}\n{other:#?}");
                }
            }
        }
    }
}

impl State for Book {
    fn rev(&self) -> u64 {
        self.rev
    }

    fn get(&self, place: &Place) -> Result<Option<Bytes>, Damage> {
        if self.unreadable.contains(place) {
            return Err(Damage::new(place, "it cannot be read"));
        }
        Ok(self.places.get(place).map(|bytes| Bytes::from(&bytes[..])))
    }

    fn under(&self, dir: &str) -> Result<Vec<Found>, Damage> {
        let is_below = |place: &&Place| {
            let rest = place.as_str().strip_prefix(dir);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let places: BTreeSet<&Place> = self.places.keys().chain(&self.unreadable).collect();
        let found = places.into_iter().filter(is_below).map(|place| {
            let bytes = self.get(place).map(Option::unwrap_or_default);
            (place.clone(), bytes)
        });
        Ok(found.collect())
    }
}
