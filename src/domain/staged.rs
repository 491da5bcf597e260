//! A state with the edits of one operation staged over it.

use std::collections::BTreeMap;

use crate::model::bytes::Bytes;
use crate::model::limits::RECORD_BYTES_MAX;
use crate::model::place::Place;
use crate::model::record::{self, Damage, Record};
use crate::model::refusal::Refusal;

/// One whole state, as a decision sees it. It does not change while it is looked at.
pub trait State {
    /// The number of this state; 0 before the first operation.
    fn rev(&self) -> u64;

    /// The bytes at a place.
    ///
    /// # Errors
    /// [`Damage`] when something is there and cannot be read. That is never "nothing".
    fn get(&self, place: &Place) -> Result<Option<Bytes>, Damage>;

    /// Everything below a directory, in the order of the places; what cannot be read is in the
    /// list with the reason.
    ///
    /// # Errors
    /// When the directory itself cannot be read: what it holds is then unknown.
    fn under(&self, dir: &str) -> Result<Vec<Found>, Damage>;
}

/// A place with its bytes, or why they cannot be read.
pub type Found = (Place, Result<Bytes, Damage>);

/// What an operation would change; `None` removes.
pub type Edits = BTreeMap<Place, Option<Vec<u8>>>;

/// A state as it will be, while an operation is being decided.
pub struct Staged<'s> {
    state: &'s dyn State,
    edits: Edits,
}

impl<'s> Staged<'s> {
    /// Nothing staged yet.
    pub fn on(state: &'s dyn State) -> Self {
        Self {
            state,
            edits: Edits::new(),
        }
    }

    /// The number that the new state will have. No decision is made on the last possible state.
    pub fn next_rev(&self) -> u64 {
        self.state.rev().saturating_add(1)
    }

    /// Stages a record; unknown fields of the one that it replaces are kept.
    ///
    /// # Errors
    /// When the record would be too large, or what stands there is no such record: what cannot be
    /// read, or only by a newer program, is never written over.
    pub fn put<T: Record>(&mut self, place: &Place, record: &T) -> Result<(), Refusal> {
        let before = self.get(place)?;
        if let Some(before) = &before {
            record::parse::<T>(place, before)?;
        }
        let bytes = record::to_bytes(record, before.as_deref()).map_err(|why| Refusal::Limit {
            what: format!("{place}: {why}; bytes"),
            most: RECORD_BYTES_MAX,
        })?;
        self.edits.insert(place.clone(), Some(bytes));
        Ok(())
    }

    /// Stages bytes that were read from another chain and checked.
    pub fn bring(&mut self, place: &Place, bytes: Vec<u8>) {
        self.edits.insert(place.clone(), Some(bytes));
    }

    /// Stages a record in another place than it had, where it is removed.
    ///
    /// # Errors
    /// As [`Staged::put`].
    pub fn shift<T: Record>(
        &mut self,
        from: &Place,
        to: &Place,
        record: &T,
    ) -> Result<(), Refusal> {
        let before = self.get(from)?;
        self.put(to, record)?;
        let bytes = record::to_bytes(record, before.as_deref()).map_err(|_| Refusal::Limit {
            what: format!("bytes in {to}"),
            most: RECORD_BYTES_MAX,
        })?;
        self.edits.insert(to.clone(), Some(bytes));
        self.remove(from);
        Ok(())
    }

    /// Stages a removal.
    pub fn remove(&mut self, place: &Place) {
        self.edits.insert(place.clone(), None);
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Damage`] when something is there that is no such record.
    pub fn read<T: Record>(&self, place: &Place) -> Result<Option<T>, Damage> {
        self.get(place)?
            .map(|bytes| record::parse(place, &bytes))
            .transpose()
    }

    /// Whether nothing was staged.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Forgets what was staged.
    pub fn clear(&mut self) {
        self.edits.clear();
    }

    /// What was staged. Edits that change nothing are left out.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn into_edits(mut self) -> Result<Edits, Damage> {
        let state = self.state;
        let mut failed = None;
        self.edits.retain(|place, new| match state.get(place) {
            Ok(old) => old.as_deref() != new.as_deref(),
            Err(damage) => {
                failed.get_or_insert(damage);
                true
            }
        });
        failed.map_or(Ok(self.edits), Err)
    }
}

impl State for Staged<'_> {
    fn rev(&self) -> u64 {
        self.state.rev()
    }

    fn get(&self, place: &Place) -> Result<Option<Bytes>, Damage> {
        match self.edits.get(place) {
            Some(staged) => Ok(staged.as_deref().map(Bytes::from)),
            None => self.state.get(place),
        }
    }

    fn under(&self, dir: &str) -> Result<Vec<Found>, Damage> {
        let mut found = self.state.under(dir)?;
        let is_below = |place: &Place| {
            place
                .as_str()
                .strip_prefix(dir)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let staged: Vec<_> = self
            .edits
            .iter()
            .filter(|(place, _)| is_below(place))
            .collect();
        if staged.is_empty() {
            return Ok(found);
        }
        found.retain(|(place, _)| !self.edits.contains_key(place));
        let added = staged.into_iter().filter_map(|(place, new)| {
            new.as_deref()
                .map(|bytes| (place.clone(), Ok(Bytes::from(bytes))))
        });
        found.extend(added);
        found.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(found)
    }
}

impl From<Damage> for Refusal {
    fn from(damage: Damage) -> Self {
        Self::Damaged {
            place: damage.place,
            why: damage.why,
        }
    }
}
