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
        let branches = self.branches_for(target)?;
        view::refresh_with(self, &remote, &branches)?;
        // Entries that came with it may have branches that were not asked for.
        let all = self.branches_for(target)?;
        if all.iter().any(|branch| !branches.contains(branch)) {
            view::refresh_with(self, &remote, &all)?;
        }
        Ok(())
    }

    /// The branches that planning looks at: the target, and those that entries come from.
    fn branches_for(&self, target: &Branch) -> Result<Vec<String>, Failure> {
        let (entries, _) = find::all(&self.view(None)?, target)?;
        let waiting = entries.iter().filter(|entry| !entry.stage.is_over());
        let mut branches: Vec<String> = waiting
            .filter_map(|entry| Some(entry.branch.as_ref()?.full()))
            .collect();
        branches.push(target.full());
        branches.sort();
        branches.dedup();
        Ok(branches)
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

    /// The newest commit of a branch that is known here, of this clone's own and of the remote's.
    ///
    /// # Errors
    /// When the two have parted: it has to be said which is meant.
    pub fn newest_of(&self, branch: &Branch) -> Result<Option<ObjectId>, Failure> {
        let (own, theirs) = (self.repo.tip(&branch.full())?, self.branch_tip(branch)?);
        let (Some(ours), Some(other)) = (own, theirs) else {
            return Ok(own.or(theirs));
        };
        if self.repo.is_ancestor(&other, &ours)? {
            return Ok(Some(ours));
        }
        if self.repo.is_ancestor(&ours, &other)? {
            return Ok(Some(other));
        }
        let what =
            format!("`{branch}` is another here than at the remote, and neither has the other");
        Err(Failure::usage(
            what,
            "bring them together, or `git coord queue add` the one you mean",
        ))
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
