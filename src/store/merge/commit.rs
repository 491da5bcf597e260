//! Merge commits that come out the same in every clone.

use chrono::{DateTime, Utc};

use super::super::commit::{self, Person};
use super::super::error::Result;
use super::super::object::{NewObject, ObjectKind};
use super::super::repo::Repo;
use crate::model::object_id::ObjectId;

/// All that a commit is made of: who has the same gets the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeCommit {
    /// What was merged.
    pub tree: ObjectId,
    /// The target first.
    pub parents: Vec<ObjectId>,
    /// Author and committer.
    pub person: Person,
    /// When, to the second; written in UTC.
    pub at: DateTime<Utc>,
    /// Subject, blank line, body.
    pub message: String,
}

impl Repo {
    /// Writes a commit, unsigned, with no hook and no setting asked, and returns its id.
    ///
    /// It is not flushed to disk: as long as no ref names it, it can be made again. A push reads it
    /// like any object, and the receiver flushes what it got. Before a ref of *this* clone names it,
    /// [`Repo::harden`] has its turn.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn merge_commit(&self, commit: &MergeCommit) -> Result<ObjectId> {
        let data = commit::bytes(
            &commit.tree,
            &commit.parents,
            [&commit.person, &commit.person],
            commit.at,
            &commit.message,
        );
        let hash = self.layout().hash;
        let object = NewObject::new(hash, ObjectKind::Commit, data);
        self.write_unhardened(&object)?;
        Ok(object.id)
    }
}
