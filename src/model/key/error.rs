//! What can be wrong with a key, in the words of the person who typed it.

use crate::model::limits::KEY_BYTES_MAX;
use crate::model::place::PlaceError;

/// Why a text names no key. Foreign text in it is already escaped and shortened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing was given.
    #[error("a key is empty")]
    Empty,
    /// The canonical key is longer than the limit.
    #[error("a key of {bytes} bytes is too long: `{text}`")]
    TooLong {
        /// The key, shortened.
        text: String,
        /// Its length.
        bytes: usize,
    },
    /// A path has a component that no file of a repository can have.
    #[error("`{text}` is not a path in a repository: {why}")]
    Path {
        /// The path.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The path leads into git's own directory.
    #[error("`{text}` is inside `.git`, which no commit can hold")]
    GitDir {
        /// The path.
        text: String,
    },
    /// The path leads out of the repository.
    #[error("`{text}` is outside the repository")]
    Outside {
        /// The path.
        text: String,
    },
    /// A backslash where another path separator was meant.
    #[error("`{text}` does not exist, but `{instead}` does")]
    Backslash {
        /// What was typed.
        text: String,
        /// The same with slashes.
        instead: String,
    },
    /// A pattern cannot be read.
    #[error("the pattern `{text}` cannot be read: {why}")]
    Glob {
        /// The pattern.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// `:(…)` with a word that keys have no use for.
    #[error("`{text}` asks for the pathspec magic `{magic}`, which keys do not have")]
    Magic {
        /// What was typed.
        text: String,
        /// The unknown word.
        magic: String,
    },
    /// The part before the first colon is not a prefix that is known here.
    #[error("`{text}` begins with the unknown prefix `{prefix}:`")]
    UnknownPrefix {
        /// What was typed.
        text: String,
        /// The unknown prefix.
        prefix: String,
        /// The prefixes that are known, separated by blanks.
        known: String,
    },
    /// The claim of a task, which is no key that is typed.
    #[error("`{text}` is the claim of a task")]
    Claim {
        /// What was typed.
        text: String,
        /// The task.
        task: String,
    },
    /// The value after a known prefix does not fit it.
    #[error("`{text}` is not a key: {why}")]
    Logical {
        /// What was typed.
        text: String,
        /// What is wrong with it.
        why: &'static str,
        /// A key that is right.
        example: &'static str,
    },
    /// The key is understood, but strict reading wants the canonical form.
    #[error("`{text}` is not in canonical form")]
    Lenient {
        /// What was typed.
        text: String,
        /// The canonical form.
        canonical: String,
    },
    /// A stored text stands for a key, but is not how that key is written.
    #[error("the stored key `{text}` is not in canonical form (`{canonical}`)")]
    NotCanonical {
        /// What was read.
        text: String,
        /// What it should have been.
        canonical: String,
    },
    /// A place in the state holds no key.
    #[error("`{text}` is not the place of a lock")]
    NotAPlace {
        /// The place.
        text: String,
    },
    /// A component of a place is not encoded as keys are.
    #[error("`{text}` is not the place of a lock: {cause}")]
    Encoding {
        /// The place.
        text: String,
        /// What is wrong with the component.
        cause: PlaceError,
    },
    /// The file system would not say what a path is.
    #[error("`{text}` cannot be looked up: {cause}")]
    Lookup {
        /// The path.
        text: String,
        /// What the system said.
        cause: String,
    },
}

impl KeyError {
    /// Returns what to do next, as one sentence without a full stop.
    pub fn hint(&self) -> String {
        match self {
            Self::Empty => "name a path such as `src/auth.rs`, or `.` for this directory".into(),
            Self::TooLong { .. } => {
                format!("keys have at most {KEY_BYTES_MAX} bytes; lock a directory above it")
            }
            Self::Path { .. } => "give a path relative to the current directory".into(),
            Self::GitDir { .. } => "lock the files that commits hold, not git's own".into(),
            Self::Outside { .. } => {
                "give a path inside the working tree, or run the command in the other repository"
                    .into()
            }
            Self::Backslash { instead, .. } => {
                format!("write `{instead}`, or `:(literal)…` if the backslash is part of the name")
            }
            Self::Glob { .. } => {
                "escape a character with `\\`, or write `:(literal)…` for a file of that name"
                    .into()
            }
            Self::Magic { .. } => "use `:(top)`, `:/`, `:(literal)` or `:(glob)`".into(),
            Self::UnknownPrefix { known, text, .. } => format!(
                "known prefixes: {known}; a team adds its own in the state's configuration; \
                 for a file write `./{text}`"
            ),
            Self::Claim { task, text } => {
                format!(
                    "take the task with `git coord task claim {task}`; for a file write `./{text}`"
                )
            }
            Self::Logical { example, .. } => format!("write it like `{example}`"),
            Self::Lenient { canonical, .. } => format!("write `{canonical}`"),
            Self::NotCanonical { .. } | Self::NotAPlace { .. } | Self::Encoding { .. } => {
                "it is kept as it is; `git log -p` on the state shows who wrote it".into()
            }
            Self::Lookup { .. } => "check the permissions of the directories above it".into(),
        }
    }
}
