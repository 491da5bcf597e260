//! The live locks of a chain that is left, as requests to the authority that is joined.

use crate::domain::{lease, locks};
use crate::model::key::Key;
use crate::model::lock::LockRecord;
use crate::model::object_id::ObjectId;
use crate::model::refusal::Conflict;
use crate::model::reply::Reply;

use super::view::View;
use super::{Coord, Failure};

/// Most locks in one request, and most bytes of them: the request stands in a commit's message.
const LOCKS_MAX: usize = 64;
const LOCKS_BYTES_MAX: usize = 48 * 1024;
/// The locks of a chain whose leases have not ended, in portions of one request each.
pub(super) fn live_locks(coord: &Coord, tip: ObjectId) -> Result<Vec<Vec<LockRecord>>, Failure> {
    let view = View::at(&coord.repo, Some(tip))?;
    let stamp = coord.stamp_with_sights();
    let mut portions: Vec<Vec<LockRecord>> = Vec::new();
    let mut bytes = usize::MAX;
    for mut lock in locks::all(&view)?.0 {
        lock.holds
            .retain(|hold| lease::ended(&lock.key, hold, &stamp).is_none());
        if lock.holds.is_empty() {
            continue;
        }
        let size = serde_json::to_vec(&lock).map_or(0, |json| json.len());
        let is_full = |portion: &Vec<LockRecord>| portion.len() >= LOCKS_MAX;
        if bytes.saturating_add(size) > LOCKS_BYTES_MAX || portions.last().is_some_and(is_full) {
            portions.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(portion) = portions.last_mut() {
            portion.push(lock);
        }
    }
    Ok(portions)
}

/// Adds what one request brought to what the others did.
pub(super) fn collect(reply: Reply, taken: &mut Vec<Key>, in_the_way: &mut Vec<Conflict>) {
    if let Reply::Adopted { locks, conflicts } = reply {
        taken.extend(locks);
        in_the_way.extend(conflicts);
    }
}
