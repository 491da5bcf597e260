//! Which kinds of records differ between two states, for those who look at one kind only.

use std::collections::BTreeSet;

use crate::model::object_id::ObjectId;
use crate::store::{Error, changes, past};

use super::{Coord, Failure};

/// Most commits that are looked through; of more it is not said what they touched.
const COMMITS_MAX: usize = 50;

impl Coord {
    /// The top directories of the tree (`locks`, `tasks`) in which the state differs now from what it
    /// was at `before`; `None` when that is too far away to tell.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn touched_since(
        &self,
        before: Option<ObjectId>,
    ) -> Result<Option<BTreeSet<String>>, Failure> {
        let mut touched = BTreeSet::new();
        for (index, state) in past(self.repo(), self.tip()?).enumerate() {
            let (id, commit) = match state {
                Ok(state) => state,
                Err(Error::Missing { .. }) => return Ok(None),
                Err(why) => return Err(why.into()),
            };
            if Some(id) == before {
                return Ok(Some(touched));
            }
            if index >= COMMITS_MAX {
                return Ok(None);
            }
            for change in changes(self.repo(), &commit)? {
                let top = change.path.split('/').next().unwrap_or_default();
                touched.insert(top.to_owned());
            }
        }
        // The chain begins within it, or it was replaced.
        Ok(before.is_none().then_some(touched))
    }
}
