//! Sealing: the commit of an entry gets a ref of its own, which keeps it and lets it travel.
//!
//! That happens before the entry is written, as objects are written before a ref names them. A ref
//! is named after its commit: it is made once and never moves, and one that is left over says
//! nothing. Refs that no waiting entry needs go along with the next one that is made; a host that
//! refuses to delete them just keeps them.

use std::collections::BTreeSet;

use crate::domain::queue::find;
use crate::model::branch::Branch;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::queue::Entry;
use crate::store::{Backend, Pushed, RefSwap, Swapped};

use super::super::{Coord, Failure, as_keys};

/// What an entry seals.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The commit.
    pub commit: ObjectId,
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
            let what = format!("there is no branch `{target}` to land on");
            return Err(Failure::usage(what, "name another with `--target BRANCH`"));
        };
        if self.repo.is_ancestor(&commit, &tip)? {
            let what = format!("{} is on `{target}` already", commit.short());
            return Err(Failure::usage(what, "commit something on the branch first"));
        }
        let paths = as_keys(self.repo.touched(&tip, &commit)?)?;
        Ok(Sealed { commit, paths })
    }

    /// Makes the ref of a sealed commit where the state is decided.
    ///
    /// # Errors
    /// As every push.
    pub fn seal(&self, target: &Branch, commit: ObjectId) -> Result<(), Failure> {
        let name = Entry::head_ref(&commit);
        let Some(remote) = self.settings.remote.clone() else {
            return self.seal_here(name, commit);
        };
        if self.repo.tip(&name)? == Some(commit) && self.is_needed(target, &commit)? {
            return Ok(());
        }
        let stale = self.left_over(target, &commit)?;
        match self.repo.push_heads(&remote, &commit, &stale)? {
            Pushed::Moved => Ok(()),
            Pushed::Rejected(why) => Err(Failure::Rejected { remote, why }),
            Pushed::Unreached(why) => Err(Failure::Unreachable { remote, why }),
            Pushed::Lacks(lack) => Err(Failure::Lacks { remote, lack }),
            Pushed::Unknown(why) => Err(Failure::Unknown { remote, why }),
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

    fn is_needed(&self, target: &Branch, commit: &ObjectId) -> Result<bool, Failure> {
        let (entries, _) = find::all(&self.view(None)?, target)?;
        let mut waiting = entries.iter().filter(|entry| !entry.stage.is_over());
        Ok(waiting.any(|entry| entry.sealed == *commit))
    }

    /// Sealed commits of entries that are over, whose refs are still here.
    fn left_over(&self, target: &Branch, but: &ObjectId) -> Result<Vec<ObjectId>, Failure> {
        let (entries, _) = find::all(&self.view(None)?, target)?;
        let (over, waiting): (Vec<_>, Vec<_>) =
            entries.iter().partition(|entry| entry.stage.is_over());
        let needed: BTreeSet<ObjectId> = waiting.iter().map(|entry| entry.sealed).collect();
        let mut stale = BTreeSet::new();
        for entry in over {
            let is_here = self.repo.tip(&Entry::head_ref(&entry.sealed))?.is_some();
            if is_here && entry.sealed != *but && !needed.contains(&entry.sealed) {
                stale.insert(entry.sealed);
            }
        }
        Ok(stale.into_iter().collect())
    }
}
