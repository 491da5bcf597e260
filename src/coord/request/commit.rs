//! The empty commit that carries a request.

use crate::model::object_id::ObjectId;
use crate::model::relay::{Asked, REQUEST_BYTES_MAX, TRAILER, Unreadable};
use crate::store::{Backend, Commit, Error, HashKind, NewObject, ObjectKind, Repo};

/// Largest such commit that is read, in bytes: the message, people and a signature.
const COMMIT_BYTES_MAX: usize = REQUEST_BYTES_MAX + 16 * 1024;

/// A commit that says that it carries a request.
pub(in crate::coord) struct Carried {
    /// The commit, without which there is nothing to be said about who wrote it.
    pub(in crate::coord) commit: Option<Commit>,
    /// The request, or why it cannot be read.
    pub(in crate::coord) asked: Result<Asked, Unreadable>,
}

/// The request that a commit carries. None when it is an ordinary commit: it changes something, it
/// is a merge, or it does not say that it is a request. (A host that squashes a branch quotes the
/// messages of all its commits in one that is not empty.)
pub(in crate::coord) fn read(repo: &Repo, id: &ObjectId) -> Result<Option<Carried>, Error> {
    let data = match repo.read(id, ObjectKind::Commit, COMMIT_BYTES_MAX) {
        // Too large for a request, or no commit at all.
        Err(Error::Damaged { .. }) => {
            return Ok(Some(Carried {
                commit: None,
                asked: Err(Unreadable::TooLarge(COMMIT_BYTES_MAX)),
            }));
        }
        other => other?,
    };
    let Ok(commit) = Commit::parse(id, &data) else {
        return Ok(None);
    };
    if !commit.message.contains(TRAILER) || !is_empty(repo, &commit)? {
        return Ok(None);
    }
    Ok(Asked::parse(&commit.message)
        .transpose()
        .map(|asked| Carried {
            commit: Some(commit),
            asked,
        }))
}

/// Whether a commit changes nothing.
fn is_empty(repo: &Repo, commit: &Commit) -> Result<bool, Error> {
    let before = match &commit.parent {
        Some(parent) => repo.tree_of(parent)?,
        None => empty_tree(repo.hash()),
    };
    Ok(before == commit.tree)
}

/// The tree without entries.
pub(super) fn empty_tree(hash: HashKind) -> ObjectId {
    NewObject::new(hash, ObjectKind::Tree, Vec::new()).id
}
