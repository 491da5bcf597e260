//! What a chain that is left has, as requests to the authority that is joined: its live locks, and
//! the records that the other chain lacks.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::domain::State;
use crate::domain::adopt::{BROUGHT, Collision, collision};
use crate::domain::{lease, locks};
use crate::model::event::Event;
use crate::model::id::OpId;
use crate::model::key::Key;
use crate::model::lock::LockRecord;
use crate::model::object_id::ObjectId;
use crate::model::place::Place;
use crate::model::record::Damage;
use crate::model::refusal::Conflict;
use crate::model::reply::Reply;
use crate::model::request::{Adopt, Brought, Request};
use crate::model::stored::Head;
use crate::store::past;

use super::view::View;
use super::{Coord, Failure};

/// Most locks or records in one request, and most bytes of them: the request stands in a commit's
/// message.
const LOCKS_MAX: usize = 64;
const RECORDS_MAX: usize = 500;
const BYTES_MAX: usize = 96 * 1024;

/// What comes along.
pub(super) struct Luggage {
    from: ObjectId,
    locks: Vec<LockRecord>,
    pub(super) records: Vec<Brought>,
    /// What cannot be read, and so stays behind.
    pub(super) damaged: Vec<String>,
}

/// What has arrived.
#[derive(Default)]
pub(super) struct Arrived {
    pub(super) locks: Vec<Key>,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) records: BTreeMap<String, usize>,
}

impl Arrived {
    pub(super) fn add(&mut self, reply: Reply) {
        if let Reply::Adopted {
            locks,
            conflicts,
            records,
        } = reply
        {
            self.locks.extend(locks);
            self.conflicts.extend(conflicts);
            for (kind, count) in records {
                *self.records.entry(kind).or_default() += count;
            }
        }
    }
}

impl Luggage {
    /// The live locks of a chain.
    pub(super) fn locks_only(coord: &Coord, from: ObjectId) -> Result<Self, Failure> {
        Ok(Self {
            from,
            locks: live_locks(coord, from)?,
            records: Vec::new(),
            damaged: Vec::new(),
        })
    }

    /// All that a chain has and the one that is joined lacks. What has not changed since the two
    /// were one is not looked at.
    pub(super) fn whole(
        coord: &Coord,
        from: ObjectId,
        to: Option<ObjectId>,
    ) -> Result<Self, Failure> {
        let mut luggage = Self::locks_only(coord, from)?;
        let base = common(coord, from, to)?;
        let (ours, base) = (
            View::at(&coord.repo, Some(from))?,
            View::at(&coord.repo, base)?,
        );
        for dir in BROUGHT {
            let before: BTreeMap<Place, ObjectId> =
                base.snapshot().places(dir)?.into_iter().collect();
            for (place, id) in ours.snapshot().places(dir)? {
                if before.get(&place) == Some(&id) {
                    continue;
                }
                match luggage.brought(&ours, &base, &place) {
                    Ok(brought) => luggage.records.push(brought),
                    Err(damage) => luggage.damaged.push(damage.to_string()),
                }
            }
        }
        Ok(luggage)
    }

    fn brought(&self, ours: &View<'_>, base: &View<'_>, place: &Place) -> Result<Brought, Damage> {
        let bytes = ours.get(place)?.unwrap_or_default();
        if let Some(Err(damage)) = crate::domain::belongs::check(place, &bytes) {
            return Err(damage);
        }
        let record = serde_json::from_slice(&bytes).map_err(|why| Damage::new(place, why))?;
        Ok(Brought {
            place: place.as_str().to_owned(),
            replaces: written_by(base, place),
            record,
        })
    }

    /// What both have under one name, and not the same.
    pub(super) fn collisions(&self, there: &dyn State) -> Result<Vec<Collision>, Failure> {
        let found = self.records.iter();
        let found = found.filter_map(|brought| collision(there, brought).transpose());
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The requests, records first: the lock of a claim is of use only with its task.
    pub(super) fn requests(&self) -> Vec<Request> {
        let mut portions = Portions {
            from: self.from,
            all: Vec::new(),
            bytes: 0,
        };
        for brought in &self.records {
            portions
                .with_room_for(brought)
                .records
                .push(brought.clone());
        }
        for lock in &self.locks {
            portions.with_room_for(lock).locks.push(lock.clone());
        }
        portions.all.into_iter().map(Request::Adopt).collect()
    }
}

/// Requests, of which the last one is being filled.
struct Portions {
    from: ObjectId,
    all: Vec<Adopt>,
    bytes: usize,
}

impl Portions {
    fn with_room_for(&mut self, item: &impl Serialize) -> &mut Adopt {
        let size = serde_json::to_vec(item).map_or(0, |json| json.len());
        self.bytes += size;
        let is_full = |last: &Adopt| {
            last.locks.len() >= LOCKS_MAX
                || last.records.len() + last.locks.len() >= RECORDS_MAX
                || self.bytes > BYTES_MAX
        };
        if self.all.last().is_none_or(is_full) {
            self.bytes = size;
            self.all.push(Adopt {
                from: self.from,
                locks: Vec::new(),
                records: Vec::new(),
            });
        }
        let last = self.all.len() - 1;
        &mut self.all[last]
    }
}

/// Whether the records of a chain arrived in one that continues `since`: they come in one
/// publication, all or none, and others may have changed them after that.
pub(super) fn has_arrived(coord: &Coord, from: ObjectId, since: ObjectId) -> Result<bool, Failure> {
    let tip = coord.tip()?;
    for state in past(&coord.repo, tip) {
        let (id, commit) = state?;
        if id == since {
            break;
        }
        let Ok(event) = Event::parse(commit.body()) else {
            continue;
        };
        if matches!(&event.request, Request::Adopt(adopt) if adopt.from == from && !adopt.records.is_empty())
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The last state that both chains have, if they have one.
fn common(
    coord: &Coord,
    ours: ObjectId,
    theirs: Option<ObjectId>,
) -> Result<Option<ObjectId>, Failure> {
    let known = past(&coord.repo, theirs).map(|state| state.map(|(id, _)| id));
    let known: HashSet<ObjectId> = known.collect::<Result<_, _>>()?;
    for state in past(&coord.repo, Some(ours)) {
        let (id, _) = state?;
        if known.contains(&id) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// The operation that wrote what a state has at a place, or of a task at its other place.
fn written_by(state: &View<'_>, place: &Place) -> Option<OpId> {
    let other = crate::domain::adopt::twin(place);
    let found = [Some(place.clone()), other].into_iter().flatten();
    let mut found = found.filter_map(|place| state.get(&place).ok().flatten());
    let head: Head = serde_json::from_slice(&found.next()?).ok()?;
    Some(head.op)
}

/// The locks of a chain, with the holds whose leases have not ended.
fn live_locks(coord: &Coord, tip: ObjectId) -> Result<Vec<LockRecord>, Failure> {
    let view = View::at(&coord.repo, Some(tip))?;
    let stamp = coord.stamp_with_sights();
    let mut live = locks::all(&view)?.0;
    for lock in &mut live {
        lock.holds
            .retain(|hold| lease::ended(&lock.key, hold, &stamp).is_none());
    }
    live.retain(|lock| !lock.holds.is_empty());
    Ok(live)
}
