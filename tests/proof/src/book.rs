//! One whole state in memory, shared as far as it did not change.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use git_coord_proof::domain::staged::{Edits, Found};
use git_coord_proof::domain::{State, locks};
use git_coord_proof::model::bytes::Bytes;
use git_coord_proof::model::lock::LockRecord;
use git_coord_proof::model::place::Place;
use git_coord_proof::model::record::Damage;

/// A record, as its place has it.
#[derive(Clone)]
struct Record {
    place: Rc<Place>,
    bytes: Bytes,
}

/// All records, and those of locks once more as they read.
#[derive(Clone, Default)]
pub struct Book {
    pub rev: u64,
    records: Rc<BTreeMap<Rc<str>, Record>>,
    pub locks: Rc<BTreeMap<Rc<str>, Rc<LockRecord>>>,
}

impl Book {
    /// The next state.
    ///
    /// # Errors
    /// When a lock was written that cannot be read.
    pub fn with(&self, edits: &Edits) -> Result<Self, String> {
        let mut next = self.clone();
        next.rev += 1;
        for (place, bytes) in edits {
            let name: Rc<str> = place.as_str().into();
            let is_lock = name.starts_with("locks/");
            match bytes {
                Some(bytes) => {
                    if is_lock {
                        let lock = locks::read(place, bytes).map_err(|why| why.to_string())?;
                        Rc::make_mut(&mut next.locks).insert(Rc::clone(&name), Rc::new(lock));
                    }
                    let record = Record {
                        place: Rc::new(place.clone()),
                        bytes: Bytes::from(&bytes[..]),
                    };
                    Rc::make_mut(&mut next.records).insert(name, record);
                }
                None => {
                    Rc::make_mut(&mut next.records).remove(&name);
                    if is_lock {
                        Rc::make_mut(&mut next.locks).remove(&name);
                    }
                }
            }
        }
        Ok(next)
    }
}

impl Book {
    /// Records as text, for a report.
    pub fn shown(&self, below: &[&str]) -> String {
        let wanted = |name: &str| below.iter().any(|dir| name.starts_with(dir));
        let records = self.records.iter().filter(|(name, _)| wanted(name));
        records
            .map(|(name, record)| format!("{name}: {}\n", String::from_utf8_lossy(&record.bytes)))
            .collect()
    }
}

impl State for Book {
    fn rev(&self) -> u64 {
        self.rev
    }

    fn get(&self, place: &Place) -> Result<Option<Bytes>, Damage> {
        let record = self.records.get(place.as_str());
        Ok(record.map(|record| record.bytes.clone()))
    }

    fn under(&self, dir: &str) -> Result<Vec<Found>, Damage> {
        let from: (Bound<&str>, Bound<&str>) = (Bound::Excluded(dir), Bound::Unbounded);
        let below = self.records.range::<str, _>(from);
        let below = below
            .take_while(|(name, _)| name.starts_with(dir))
            .filter(|(name, _)| name.as_bytes().get(dir.len()) == Some(&b'/'));
        Ok(below
            .map(|(_, record)| ((*record.place).clone(), Ok(record.bytes.clone())))
            .collect())
    }
}
