//! What can go wrong below the rules: never a "no", always a failure to read, write or reach.

use std::path::PathBuf;

use crate::model::object_id::ObjectId;
use crate::model::text::shown;

/// The result of a store operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the store, with what was tried and on what.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory is not inside a git repository.
    #[error("{} is not inside a git repository", shown(&at.to_string_lossy()))]
    NoRepository {
        /// Where the search began.
        at: PathBuf,
    },
    /// An object that the chain names is not there.
    #[error("object {id} is missing from this repository")]
    Missing {
        /// The absent object.
        id: ObjectId,
    },
    /// Stored data breaks the format; it is left as it is.
    #[error("{what} is damaged: {why}")]
    Damaged {
        /// The ref, commit or place.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The remote's chain does not continue the one that this clone has seen.
    #[error("the coordination state was rewritten: {why}")]
    Rewritten {
        /// The tip this clone trusts.
        trusted: ObjectId,
        /// The tip that was offered.
        offered: Option<ObjectId>,
        /// How the two differ.
        why: String,
    },
    /// The git program failed in a way that no rule here expects.
    #[error("`git {command}` failed: {why}")]
    Git {
        /// The subcommand and its first words.
        command: String,
        /// Git's own words, cleaned.
        why: String,
    },
    /// The remote did not answer, or refused for a reason other than the lease.
    #[error("remote `{remote}` could not be used: {why}")]
    Remote {
        /// The remote's name.
        remote: String,
        /// Git's own words, cleaned, or the deadline that passed.
        why: String,
    },
    /// Two commits that this program does not merge, or not here.
    #[error("this cannot be merged: {why}")]
    Unmergeable {
        /// What is in the way, and what to do about it.
        why: String,
    },
    /// Refs have moved, and something that should make the move last has failed after that.
    #[error("the change was made, but this disk may not keep it: {source}")]
    Unkept {
        /// What failed.
        source: Box<Error>,
    },
    /// Refs were to move, and whether they have cannot be seen.
    #[error("it is not known whether the change was made: {source}")]
    Unsettled {
        /// Why they cannot be read.
        source: Box<Error>,
    },
    /// A file operation beside git failed.
    #[error("{doing} {}: {source}", shown(&path.to_string_lossy()))]
    Io {
        /// What was tried, as "reading", "locking" ...
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// libgit2 failed.
    #[error("{doing}: {source}")]
    LibGit {
        /// What was tried.
        doing: &'static str,
        /// libgit2's own words.
        source: git2::Error,
    },
}

impl Error {
    /// Damaged data at a named thing. Both may quote what was found, so both are cleaned.
    pub fn damaged(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Damaged {
            what: shown(&what.into()),
            why: shown(&why.into()),
        }
    }

    /// For `map_err` on what follows a move.
    pub(super) fn unkept(source: Self) -> Self {
        Self::Unkept {
            source: Box::new(source),
        }
    }

    /// For `map_err` on what has to say whether refs have moved.
    pub(super) fn unsettled(source: Self) -> Self {
        Self::Unsettled {
            source: Box::new(source),
        }
    }

    /// For `map_err` on file operations.
    pub fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }

    /// For `map_err` on libgit2 calls.
    pub(crate) fn lib(doing: &'static str) -> impl FnOnce(git2::Error) -> Self {
        move |source| Self::LibGit { doing, source }
    }
}
