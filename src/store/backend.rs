//! The contract that every backend keeps.

use std::time::Duration;

use super::commit::Commit;
use super::error::Result;
use super::guard::Guard;
use super::object::{HashKind, NewObject, ObjectKind};
use crate::model::object_id::ObjectId;

/// One ref to move, from exactly one value to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefSwap {
    /// Full name.
    pub name: String,
    /// The value that must stand there now; `None` means that the ref must not exist.
    pub old: Option<ObjectId>,
    /// The value that shall stand there.
    pub new: ObjectId,
}

/// How a local compare-and-swap ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a lost swap changed nothing and has to be decided again"]
pub enum Swapped {
    /// All refs moved.
    Moved,
    /// Another value stood there; nothing moved.
    Lost,
}

/// How a push ended, as far as git's machine-readable output and exit code tell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "only `Moved` means that the remote has it"]
pub enum Pushed {
    /// The remote confirmed every ref.
    Moved,
    /// The push was refused, here or there. Whether a rival was first or the remote has a rule
    /// against it is told by fetching, never by the words.
    Rejected(String),
    /// The remote was not reached; nothing was sent.
    Unreached(String),
    /// The remote was reached and cannot do what the push needs; nothing was sent.
    Lacks(Lack),
    /// Something was sent and no answer came. Whether it happened is settled by ancestry.
    Unknown(String),
}

/// What a host may not offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Moving several refs, or none of them.
    AtomicPush,
    /// Taking options for its hooks.
    PushOptions,
}

/// Objects and refs of one repository, and its way to a remote.
///
/// Implementations: [`super::Repo`] (with git2 or the git program for objects) and
/// [`super::Memory`].
pub trait Backend {
    /// The hash function of object ids.
    fn hash(&self) -> HashKind;

    /// Where copies of many records may be kept, so that they are read in one go.
    fn bundle_file(&self) -> Option<std::path::PathBuf> {
        None
    }

    /// Reads one object of the expected kind.
    ///
    /// # Errors
    /// `Missing` when there is none, `Damaged` when it is of another kind or larger than
    /// `bytes_max` (checked before the content is inflated where the backend can).
    fn read(&self, id: &ObjectId, kind: ObjectKind, bytes_max: usize) -> Result<Vec<u8>>;

    /// Writes objects, hardened against power loss as far as the backend was told to.
    /// Objects that exist already are fine.
    ///
    /// # Errors
    /// When one could not be written; others may have been, unreferenced, for git to collect.
    fn write(&self, objects: &[NewObject]) -> Result<()>;

    /// Writes again those of `objects` that are gone, and says how many. A `git prune
    /// --expire=now` takes what no ref named yet when it began.
    ///
    /// # Errors
    /// As [`Backend::write`].
    fn restore(&self, objects: &[NewObject]) -> Result<usize>;

    /// The commit that a ref names; `None` when there is no such ref.
    ///
    /// # Errors
    /// When the ref exists and cannot be read.
    fn tip(&self, name: &str) -> Result<Option<ObjectId>>;

    /// Moves local refs by compare-and-swap. The caller holds the clone's [`super::Guard`].
    ///
    /// # Errors
    /// When it is not known whether they moved, or git refused for another reason than the value;
    /// [`super::Error::Unkept`] when they have moved all the same, and
    /// [`super::Error::Unsettled`] when that cannot be seen.
    fn swap(&self, swaps: &[RefSwap]) -> Result<Swapped>;

    /// Takes the lock that all local writers of this clone share, waiting at most `wait`.
    ///
    /// # Errors
    /// When the wait is over or the lock file cannot be used.
    fn lock(&self, wait: Duration) -> Result<Guard>;

    /// Takes that lock only if nobody holds it.
    ///
    /// # Errors
    /// When the lock file cannot be used.
    fn try_lock(&self) -> Result<Option<Guard>>;

    /// Writes a signed commit with the user's own signing setup, and returns it as it stands.
    ///
    /// # Errors
    /// When this backend cannot sign or the signing program fails.
    fn sign(&self, commit: &Commit) -> Result<NewObject>;

    /// Pushes refs to `remote` in one atomic step, each under a lease on its old value.
    ///
    /// # Errors
    /// Only for failures on this side; what the remote did is in [`Pushed`].
    fn push(&self, remote: &str, swaps: &[RefSwap]) -> Result<Pushed>;

    /// Fetches one ref of `remote` into quarantine and returns its value there.
    ///
    /// # Errors
    /// [`super::Error::Remote`] when the remote cannot be used.
    fn fetch(&self, remote: &str, name: &str) -> Result<Option<ObjectId>>;
}
