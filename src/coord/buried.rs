//! Records that were collected: no longer in the live tree, still in the history.

use crate::domain::State;
use crate::model::event::Event;
use crate::model::object_id::ObjectId;
use crate::model::place::Place;
use crate::model::request::Request;
use crate::store::past;

use super::view::View;
use super::{Coord, Failure};

/// A record as it was when it was collected.
pub struct Buried {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The commit that collected it.
    pub commit: ObjectId,
}

impl Coord {
    /// The record that stood at a place until it was collected, if the history here has it.
    ///
    /// Only collecting removes what is over, so only those commits are looked at.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn buried(&self, place: &Place) -> Result<Option<Buried>, Failure> {
        for state in past(&self.repo, self.tip()?) {
            let (commit, parsed) = state?;
            if !parsed.subject().starts_with("gc ") {
                continue;
            }
            let is_gc = Event::parse(parsed.body())
                .is_ok_and(|event| matches!(event.request, Request::Gc(_)));
            let Some(before) = parsed.parent.filter(|_| is_gc) else {
                continue;
            };
            let view = View::at(&self.repo, Some(before))?;
            if let Some(bytes) = view.get(place)? {
                return Ok(Some(Buried {
                    bytes: bytes.to_vec(),
                    commit,
                }));
            }
        }
        Ok(None)
    }
}
