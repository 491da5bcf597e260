//! Sealing: the commit of an entry gets a ref of its own, which keeps it and lets it travel.
//!
//! That happens before the entry is written, as objects are written before a ref names them. A ref
//! is named after its commit: it is made once and never moves, and one that is left over says
//! nothing. Refs that no waiting entry needs go along with the next one that is made; a host that
//! refuses to delete them just keeps them.

use std::collections::BTreeSet;

use crate::domain::State;
use crate::env;
use crate::model::branch::Branch;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::queue::{Entry, EntryRecord, QUEUE, Stage};
use crate::model::record;
use crate::store::{Backend, RefSwap, Swapped, names};

use super::super::authority::confirmed;
use super::super::{Coord, Failure, as_keys};

/// How long the ref of a sealed commit is kept after its entry left the line without having landed, in
/// seconds: somebody may be about to queue it again.
const KEPT_SECS: i64 = 24 * 60 * 60;

/// What an entry seals.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The commit.
    pub commit: ObjectId,
    /// What the target has.
    pub base: ObjectId,
    /// What it changes since it left the target.
    pub paths: Vec<Key>,
}

impl Coord {
    /// Looks at what a commit would bring to the target.
    ///
    /// # Errors
    /// When there is no such target or commit, or nothing that is not on the target already.
    pub fn sealed(&self, target: &Branch, commit: ObjectId) -> Result<Sealed, Failure> {
        let Some(tip) = self.target_tip(target, false)? else {
            return Err(super::no_target(target));
        };
        let commit = self.without_requests(&[tip], commit)?;
        if self.repo.is_ancestor(&commit, &tip)? {
            let what = format!("{} is on `{target}` already", commit.short());
            return Err(Failure::usage(what, "commit something on the branch first"));
        }
        let paths = as_keys(self.repo.touched(&tip, &commit)?)?;
        Ok(Sealed {
            commit,
            base: tip,
            paths,
        })
    }

    /// Makes the ref of a sealed commit where the state is decided.
    ///
    /// # Errors
    /// As every push.
    pub fn seal(&self, commit: ObjectId) -> Result<(), Failure> {
        let name = Entry::head_ref(&commit);
        let Some(remote) = self.settings.remote.clone() else {
            return self.seal_here(name, commit);
        };
        let stale = self.left_over(&remote)?;
        confirmed(&remote, self.repo.push_heads(&remote, &commit, &stale)?)
    }

    /// The same, unless a relay does it with the request that asks for it: then the commit has to be
    /// on the remote before.
    ///
    /// # Errors
    /// As every push; and when a relay could not find the commit.
    pub fn seal_for(
        &self,
        target: &Branch,
        branch: Option<&Branch>,
        commit: ObjectId,
    ) -> Result<(), Failure> {
        if !self.is_by_branch() {
            return self.seal(commit);
        }
        let remote = self.settings.authority();
        let is_there = match branch {
            // The request goes with it, or may.
            Some(_) if !self.has_request_branch() => true,
            Some(branch) => {
                let tracking = format!("refs/remotes/{remote}/{branch}");
                match self.repo.tip(&tracking)? {
                    Some(tip) => self.repo.is_ancestor(&commit, &tip)?,
                    None => false,
                }
            }
            None => false,
        };
        if is_there {
            return Ok(());
        }
        Err(Failure::usage(
            format!(
                "{} is not on `{remote}`, and whoever lands it on `{target}` has to find it there",
                commit.short()
            ),
            "push the branch first, then put it in line",
        ))
    }

    /// The same for somebody else, who may not. The guard is held.
    ///
    /// # Errors
    /// As every push.
    pub(in crate::coord) fn seal_held(&self, commit: ObjectId) -> Result<(), Failure> {
        match &self.settings.remote {
            Some(remote) => confirmed(remote, self.repo.push_heads(remote, &commit, &[])?),
            None => Ok(()),
        }
    }

    fn seal_here(&self, name: String, commit: ObjectId) -> Result<(), Failure> {
        let _guard = self.repo.lock(self.settings.timeout)?;
        if self.repo.tip(&name)?.is_some() {
            return Ok(());
        }
        let swap = RefSwap {
            name,
            old: None,
            new: commit,
        };
        match self.repo.swap(&[swap])? {
            Swapped::Moved | Swapped::Lost => Ok(()),
        }
    }

    /// Sealed commits that were fetched and that no entry of any target waits with any more.
    fn left_over(&self, remote: &str) -> Result<Vec<ObjectId>, Failure> {
        let (mut needed, mut over) = (BTreeSet::new(), BTreeSet::new());
        let now = env::now();
        for (place, bytes) in self.view(None)?.under(QUEUE)? {
            let read = bytes.and_then(|bytes| record::parse::<EntryRecord>(&place, &bytes));
            // What cannot be read may need anything.
            let Ok(entry) = read else {
                return Ok(Vec::new());
            };
            // What has landed is on the target, and is never queued again.
            let is_old = entry.stage == Stage::Landed
                || entry
                    .ended_at
                    .is_some_and(|end| now.secs_since(end) > KEPT_SECS);
            match entry.stage.is_over() && is_old {
                true => over.insert(entry.sealed),
                false => needed.insert(entry.sealed),
            };
        }
        let mut stale = Vec::new();
        for commit in over.difference(&needed) {
            let fetched = names::fetched(remote, &Entry::head_ref(commit));
            if self.repo.tip(&fetched)?.is_some() {
                stale.push(*commit);
            }
        }
        Ok(stale)
    }

    /// Brings the sealed commits of this clone to the remote that decides from now on.
    ///
    /// # Errors
    /// When they cannot be pushed.
    pub fn bring_seals(&self, remote: &str) -> Result<(), Failure> {
        for (place, bytes) in self.view(None)?.under(QUEUE)? {
            let read = bytes.and_then(|bytes| record::parse::<EntryRecord>(&place, &bytes));
            let Ok(entry) = read else { continue };
            let is_here = self.repo.tip(&Entry::head_ref(&entry.sealed))?.is_some();
            if is_here && !entry.stage.is_over() {
                confirmed(remote, self.repo.push_heads(remote, &entry.sealed, &[])?)?;
            }
        }
        Ok(())
    }
}
