//! The newest state that operations made, when somebody has put commits of their own on top.

use crate::coord::replay::{self, Checked};
use crate::coord::{Coord, Failure};
use crate::model::object_id::ObjectId;
use crate::store::history;

/// Most commits that are given up: a long run of them is no accident, and a person should look.
const DROPPED_MAX: usize = 1000;

/// Where a chain is in order again, below what was put on top.
#[derive(Clone, Debug, Default)]
pub(super) struct Honest {
    /// The newest state that an operation made; none when there is none.
    pub(super) tip: Option<ObjectId>,
    /// How many commits are above it.
    pub(super) dropped: usize,
}

/// Goes back from `tip` as long as a commit is none that its author was entitled to make, decided
/// again by the same rules.
///
/// What lies under commits that are in order stays, however it came there: giving it up would
/// lose what was acknowledged on top of it.
///
/// # Errors
/// When a commit on the way cannot be read.
pub(super) fn below(coord: &Coord, tip: ObjectId) -> Result<Honest, Failure> {
    let mut found = Honest::default();
    for state in history(coord.repo(), Some(tip)) {
        let (id, commit) = state?;
        match replay::check(coord.repo(), &commit)? {
            Checked::Confirmed | Checked::NotCheckable => {
                found.tip = Some(id);
                break;
            }
            Checked::Wrong(_) => found.dropped += 1,
        }
        if found.dropped > DROPPED_MAX {
            break;
        }
    }
    Ok(found)
}
