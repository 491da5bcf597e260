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
        for entry in self.entries.iter().filter(|entry| !entry.stage.is_over()) {
            if let Some(hindrance) = self.hindrance(entry, merges)? {
                hindered.insert(entry.id.clone(), hindrance);
            }
        }
        Ok(hindered)
    }

    fn hindrance(
        &self,
        entry: &EntryRecord,
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
        let Ok(paths) = merges.touched(entry) else {
            return Ok(None);
        };
        let paths = as_keys(paths.clone())?;
        let as_submitter = Stamp {
            by: entry.submitter.clone(),
            ..self.coord.stamp_with_sights()
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
        let verdict = check::paths(&self.view, &as_submitter, &paths, &[])?;
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

    /// What the branch of an entry has now, if that is not what was sealed. A branch that lags
    /// behind was only not pushed yet, and one that is gone says nothing.
    fn moved(&self, entry: &EntryRecord) -> Result<Option<ObjectId>, Failure> {
        let Some(branch) = &entry.branch else {
            return Ok(None);
        };
        let Some(now) = self.coord.branch_tip(branch)? else {
            return Ok(None);
        };
        if now == entry.sealed || self.coord.repo.is_ancestor(&now, &entry.sealed)? {
            return Ok(None);
        }
        Ok(Some(now))
    }
}
