//! What keeps entries from being merged at all: branches that moved, locks of others, pauses, and
//! what they come after.

use std::collections::BTreeMap;

use crate::domain::check;
use crate::domain::feature::{find as features, pause};
use crate::domain::queue::feature::contested;
use crate::domain::queue::find;
use crate::domain::queue::plan::Hindrance;
use crate::model::feature::Status;
use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::queue::{EntryRecord, Stage};
use crate::model::stamp::Stamp;

use super::super::{Failure, as_keys};
use super::Snapshot;
use super::merges::Merges;

impl Snapshot<'_> {
    /// Everybody who is kept back, and by what.
    pub(super) fn hindered(
        &self,
        merges: &mut Merges<'_>,
    ) -> Result<BTreeMap<Id, Hindrance>, Failure> {
        let mut hindered = BTreeMap::new();
        let stamp = self.coord.stamp_with_sights();
        for entry in self.entries.iter().filter(|entry| !entry.stage.is_over()) {
            let hindrance = match self.hindrance(entry, &stamp, merges) {
                Ok(hindrance) => hindrance,
                // What is wrong with one entry, or with what it is about, holds up no other.
                Err(why) => Some(Hindrance::Unmergeable(why.to_string())),
            };
            if let Some(hindrance) = hindrance {
                hindered.insert(entry.id.clone(), hindrance);
            }
        }
        Ok(hindered)
    }

    fn hindrance(
        &self,
        entry: &EntryRecord,
        stamp: &Stamp,
        merges: &mut Merges<'_>,
    ) -> Result<Option<Hindrance>, Failure> {
        if !self.coord.has_commit(&entry.sealed) {
            return Ok(Some(Hindrance::Missing));
        }
        if let Some(now) = self.moved(entry)? {
            return Ok(Some(Hindrance::Stale { now }));
        }
        for id in &entry.after {
            let other = find::get(&self.view, &self.target, id)?;
            let is = match other.map(|other| other.stage) {
                Some(Stage::Queued | Stage::Landed) => continue,
                Some(stage) => stage.as_str(),
                None => match features::get(&self.view, id)?.map(|feature| feature.status) {
                    Some(Status::Active | Status::Queued) => "not in the queue yet",
                    Some(Status::Cancelled) => "cancelled",
                    // What was collected is over, and what is not known was never asked for.
                    Some(Status::Landed) | None => continue,
                },
            };
            return Ok(Some(Hindrance::Absent {
                id: id.clone(),
                is: is.into(),
            }));
        }
        if let Err(Failure::Refused(refusal)) = self
            .coord
            .without_requests(&[self.tip.commit], entry.sealed)
        {
            return Ok(Some(Hindrance::Unmergeable(refusal.to_string())));
        }
        let paths = as_keys(self.own_paths(entry, merges)?)?;
        let as_submitter = Stamp {
            by: entry.submitter.clone(),
            ..stamp.clone()
        };
        if entry.is_feature {
            let pause = pause::of(&self.view, &as_submitter, &entry.id)?;
            self.coord.note_sights(&pause.by);
            if let Some(conflict) = pause.by.into_iter().next() {
                return Ok(Some(Hindrance::Paused { by: conflict.by }));
            }
            if let Some(feature) = features::get(&self.view, &entry.id)?
                && let Some(drift) = contested(&self.view, &feature, &paths)?.into_iter().next()
            {
                return Ok(Some(Hindrance::Drift {
                    path: drift.path,
                    feature: drift.feature,
                }));
            }
        }
        let verdict = check::paths(
            &self.view,
            &as_submitter,
            &paths,
            &self.coord.required(&paths),
        )?;
        if let Some(path) = verdict.uncovered.first() {
            let agent = &entry.submitter.agent;
            let why = format!("`{path}` needs a lock, and {agent} holds none on it");
            return Ok(Some(Hindrance::Unmergeable(why)));
        }
        self.coord.note_sights(&verdict.conflicts);
        Ok(verdict
            .conflicts
            .into_iter()
            .next()
            .map(|conflict| Hindrance::Locked {
                key: conflict.held,
                by: conflict.by,
            }))
    }

    /// What an entry changes, less what those change that it comes after: a branch that is stacked on
    /// others has their commits too.
    fn own_paths(
        &self,
        entry: &EntryRecord,
        merges: &mut Merges<'_>,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        let mut paths = merges.touched(entry)?.clone();
        for id in &entry.after {
            let Some(below) = self.entries.iter().find(|other| other.id == *id) else {
                continue;
            };
            let is_below = !below.stage.is_over()
                && self.coord.repo.is_ancestor(&below.sealed, &entry.sealed)?;
            if is_below {
                let theirs = merges.touched(below)?;
                paths.retain(|path| theirs.binary_search(path).is_err());
            }
        }
        Ok(paths)
    }

    /// What the branch of an entry has now, if that is not what was sealed. A branch that lags
    /// behind was only not pushed yet, and one that is gone says nothing.
    fn moved(&self, entry: &EntryRecord) -> Result<Option<ObjectId>, Failure> {
        let Some(branch) = &entry.branch else {
            return Ok(None);
        };
        let Some(now) = self.coord.branch_tip(branch)? else {
            return Ok(None);
        };
        // What was asked on the branch since is no work.
        let now = self.coord.below_requests(now)?;
        if now == entry.sealed || self.coord.repo.is_ancestor(&now, &entry.sealed)? {
            return Ok(None);
        }
        Ok(Some(now))
    }
}
