//! The newest state that operations made, when somebody has put commits of their own on top.

use crate::coord::replay::{self, Checked};
use crate::coord::{Coord, Failure};
use crate::model::object_id::ObjectId;
use crate::store::history;

/// Most commits that are given up: a long run of them is no accident, and a person should look.
const DROPPED_MAX: usize = 1000;

/// Goes back from `tip` as long as a commit is none that its author was entitled to make, decided
/// again by the same rules. Returns where that ends, and what was passed on the way.
///
/// What lies under commits that are in order stays, however it came there: giving it up would
/// lose what was acknowledged on top of it.
///
/// # Errors
/// When a commit on the way cannot be read, or there is no end to it.
pub(super) fn below(
    coord: &Coord,
    tip: ObjectId,
) -> Result<(Option<ObjectId>, Vec<(ObjectId, String)>), Failure> {
    let mut dropped = Vec::new();
    for state in history(coord.repo(), Some(tip)) {
        let (id, commit) = state?;
        match replay::check(coord.repo(), &commit)? {
            Checked::Confirmed | Checked::NotCheckable => return Ok((Some(id), dropped)),
            Checked::Wrong(why) => dropped.push((id, why)),
        }
        if dropped.len() > DROPPED_MAX {
            break;
        }
    }
    Ok((None, dropped))
}
