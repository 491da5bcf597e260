//! Whom the merge queue asks before it lands something, where `coord.landMode` says so.

use crate::coord::train::LandMode;
use crate::coord::{Coord, Failure};
use crate::github::{self, Lander};
use crate::model::object_id::ObjectId;

/// Who speaks with the host, if it has a word in this.
///
/// # Errors
/// When it is not known which repository of the host this is, or who asks.
pub(super) fn of(coord: &Coord, tip: &ObjectId) -> Result<Option<Lander>, Failure> {
    let manner = coord.land_manner(tip)?;
    match manner.mode {
        LandMode::Push => Ok(None),
        LandMode::StatusThenPush | LandMode::Pr => {
            let client = github::open(coord)?;
            Ok(Some(Lander::new(client, manner.method, manner.wait)))
        }
    }
}
