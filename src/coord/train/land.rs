//! Landing the first part of a train: the target and the state move in one push.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::domain::land::PATHS_MAX;
use crate::domain::queue::plan::Plan;
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::queue::{Ask, Land, Landing};
use crate::model::record::Damage;
use crate::model::request::Request;
use crate::store::RefSwap;

use super::super::answer::Done;
use super::super::authority::{Alongside, HERE};
use super::super::{Coord, Failure, RequireLock, as_keys, lead};
use super::Snapshot;
use super::merges::Merges;

impl Snapshot<'_> {
    /// Lands the first `count` of the train. The target moves from exactly what was planned on, to
    /// exactly the commit whose tree was checked.
    ///
    /// # Errors
    /// A refusal when the state has moved on: plan again. The other ends of a push.
    pub(super) fn push_train(
        &self,
        plan: &Plan,
        count: usize,
        options: &[String],
    ) -> Result<Done, Failure> {
        let Some(last) = count.checked_sub(1).and_then(|last| plan.train.get(last)) else {
            return Err(Failure::usage("nothing is certified", "see `queue why`"));
        };
        let mut merges = Merges::new(self)?;
        let mut entries = Vec::with_capacity(count);
        let mut before = self.tip.commit;
        for link in &plan.train[..count] {
            // What the branch changed, and where that came to stand: a directory that was renamed
            // on the target meanwhile takes new files along.
            let mut paths = self.coord.repo.changed(&before, &link.point.commit)?;
            if let Some(entry) = self.entries.iter().find(|entry| entry.id == link.id) {
                paths.extend(merges.touched(entry)?.iter().cloned());
            }
            paths.sort();
            paths.dedup();
            let paths = as_keys(paths)?;
            entries.push(Landing {
                id: link.id.clone(),
                sealed: link.sealed,
                require: self.coord.required(&paths),
                paths,
            });
            before = link.point.commit;
        }
        // Asserted, not assumed: what lands has the tree that was checked.
        let tree = self.coord.repo.tree_of(&last.point.commit)?;
        if tree != last.point.tree {
            return Err(Failure::Damaged(Damage {
                place: last.point.commit.to_string(),
                why: "its tree is not the one that was checked".into(),
                is_newer: false,
            }));
        }
        let request = Request::Queue(Ask::Land(Land {
            target: self.target.clone(),
            old: self.tip.commit,
            new: last.point.commit,
            tree,
            check: self.check.clone(),
            entries,
        }));
        let remote = self.coord.settings.remote.clone();
        let with = Alongside {
            remote: remote.unwrap_or_else(|| HERE.into()),
            branch: RefSwap {
                name: self.target.full(),
                old: Some(self.tip.commit),
                new: last.point.commit,
            },
            options: options.to_vec(),
            is_ahead: Cell::new(false),
        };
        if self.coord.settings.remote.is_none() {
            // A ref of this clone is about to name what was merged here.
            let repo = &self.coord.repo;
            repo.harden(&last.point.commit, Some(&self.tip.commit))?;
        }
        lead::handle_with(self.coord, request, &with)
    }

    /// What entries have changed that are on the target already, as far as that can be told.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub fn changed_by(&self, ids: &[Id]) -> Result<BTreeMap<Id, Vec<Key>>, Failure> {
        let mut changed = BTreeMap::new();
        let mut count = 0;
        for entry in self.entries.iter().filter(|entry| ids.contains(&entry.id)) {
            let Some(base) = entry.base.filter(|base| self.coord.has_commit(base)) else {
                continue;
            };
            let paths = as_keys(self.coord.repo.touched(&base, &entry.sealed)?)?;
            count += paths.len();
            if count > PATHS_MAX {
                break;
            }
            changed.insert(entry.id.clone(), paths);
        }
        Ok(changed)
    }
}

impl Coord {
    /// Those of the paths that need a lock of one's own.
    pub(super) fn required(&self, paths: &[Key]) -> Vec<Key> {
        let is_required = |path: &&Key| self.settings.rule_for(path) == RequireLock::Require;
        paths.iter().filter(is_required).cloned().collect()
    }

    /// Whether a commit is in this repository.
    pub(in crate::coord) fn has_commit(&self, id: &ObjectId) -> bool {
        self.repo.tree_of(id).is_ok()
    }
}
