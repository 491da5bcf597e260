//! Why a check was not run at all. That is no verdict: nothing is known about the commit.

use std::path::Path;

use crate::coord::Failure;
use crate::store;

/// What stood in the way of a run.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The commit needs something that this machine has not, or may not use.
    #[error("{what}")]
    Refused {
        /// What is missing.
        what: String,
        /// What to do about it.
        hint: String,
    },
    /// Something failed that has nothing to do with the commit.
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl Trouble {
    pub(super) fn refused(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused {
            what: what.into(),
            hint: hint.into(),
        }
    }

    /// A run that ended in no way that was foreseen.
    pub(super) fn lost() -> Self {
        Self::refused(
            "the run broke off here",
            "run it again; if it does so each time, it is a defect of this program",
        )
    }

    /// A failed file operation.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| {
            Self::Store(store::Error::Io {
                doing,
                path,
                source,
            })
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused { what, hint } => Self::usage(what, hint),
            Trouble::Store(error) => Self::Store(error),
        }
    }
}
