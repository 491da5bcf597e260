//! One fetch for all that planning needs: the state, the target, the branches of entries, and what
//! they have sealed.

use crate::domain::queue::find;
use crate::model::branch::Branch;
use crate::model::object_id::ObjectId;
use crate::store::{Backend, names};

use super::super::{Coord, Failure, view};

impl Coord {
    /// Brings everything about a target up to date. Nothing has to be fetched where this clone
    /// decides.
    pub(super) fn fetch_for(&self, target: &Branch) -> Result<(), Failure> {
        let Some(remote) = self.settings.remote.clone() else {
            return Ok(());
        };
        let _guard = self.repo.lock(self.settings.timeout * 4)?;
        let (entries, _) = find::all(&self.view(None)?, target)?;
        let waiting = entries.iter().filter(|entry| !entry.stage.is_over());
        let mut branches: Vec<String> = waiting
            .filter_map(|entry| Some(entry.branch.as_ref()?.full()))
            .collect();
        branches.push(target.full());
        branches.sort();
        branches.dedup();
        view::refresh_with(self, &remote, &branches)?;
        Ok(())
    }

    /// What the target has, as far as this clone knows; as just fetched when `is_fresh`.
    pub(super) fn target_tip(
        &self,
        target: &Branch,
        is_fresh: bool,
    ) -> Result<Option<ObjectId>, Failure> {
        let full = target.full();
        let Some(remote) = &self.settings.remote else {
            return Ok(self.repo.tip(&full)?);
        };
        let fetched = self.repo.tip(&names::fetched(remote, &full))?;
        if is_fresh {
            return Ok(fetched);
        }
        let tracking = self.repo.tip(&format!("refs/remotes/{remote}/{target}"))?;
        Ok(match (fetched, tracking) {
            // The person may have fetched since.
            (Some(fetched), Some(tracking)) if self.repo.is_ancestor(&fetched, &tracking)? => {
                Some(tracking)
            }
            (fetched, tracking) => fetched.or(tracking),
        })
    }

    /// The newest commit of a branch that is known here: of this clone's own, else of the remote's.
    ///
    /// # Errors
    /// When a ref cannot be read.
    pub fn newest_of(&self, branch: &Branch) -> Result<Option<ObjectId>, Failure> {
        match self.repo.tip(&branch.full())? {
            Some(own) => Ok(Some(own)),
            None => self.branch_tip(branch),
        }
    }

    /// What a branch has where entries come from, as far as this clone knows.
    pub(super) fn branch_tip(&self, branch: &Branch) -> Result<Option<ObjectId>, Failure> {
        let full = branch.full();
        Ok(match &self.settings.remote {
            None => self.repo.tip(&full)?,
            Some(remote) => self.repo.tip(&names::fetched(remote, &full))?,
        })
    }
}
