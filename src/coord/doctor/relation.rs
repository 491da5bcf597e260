//! How one chain stands to another.

use std::collections::HashMap;

use crate::coord::Coord;
use crate::model::object_id::ObjectId;
use crate::store::{Advance, Error, advance, history};

/// How a tip stands to the one that is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// The same, or it goes on from there.
    Continues,
    /// It is older by so many states.
    Shortened(u64),
    /// Both go on from a common state, another way each.
    Forked(ObjectId),
    /// They have nothing in common.
    Foreign,
    /// A commit on the way cannot be read.
    Unknown(String),
}

/// How `offered` stands to `trusted`.
pub(super) fn relate(coord: &Coord, trusted: ObjectId, offered: ObjectId) -> Relation {
    match advance(coord.repo(), Some(trusted), Some(offered)) {
        Ok(Advance::Same | Advance::Forward(_) | Advance::NewEpoch) => Relation::Continues,
        Err(Error::Rewritten { .. }) => part(coord, trusted, offered),
        Err(why) => Relation::Unknown(why.to_string()),
    }
}

/// Where two chains part.
fn part(coord: &Coord, trusted: ObjectId, offered: ObjectId) -> Relation {
    let ours: HashMap<ObjectId, u64> = ancestry(coord, trusted).zip(0..).collect();
    if let Some(steps) = ours.get(&offered) {
        return Relation::Shortened(*steps);
    }
    match ancestry(coord, offered).find(|id| ours.contains_key(id)) {
        Some(common) => Relation::Forked(common),
        None => Relation::Foreign,
    }
}

/// A tip and everything before it, also in earlier epochs, as far as it is here.
fn ancestry(coord: &Coord, tip: ObjectId) -> impl Iterator<Item = ObjectId> {
    let mut next = Some(tip);
    std::iter::from_fn(move || {
        let id = next.take()?;
        let (_, commit) = history(coord.repo(), Some(id)).next()?.ok()?;
        let link = commit.epoch_link().map(|link| link.tip);
        next = commit.parent.or(link);
        Some(id)
    })
}
