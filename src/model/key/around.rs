//! What reading a typed key depends on besides its text, and what comes of it.
//!
//! The disk is behind [`WorkTree`], so that the rules of reading run in tests without one.

use super::{Key, KeyError};

/// What a path is in the working tree or the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file, or a symbolic link that leads to no directory.
    File,
    /// A directory, or a symbolic link to one.
    Dir,
}

/// What resolving has to know about the disk. Paths are in bytes, from the top of the repository.
pub trait WorkTree {
    /// Returns what is at `path`, in the working tree or only in the index.
    fn entry(&self, path: &[u8]) -> Option<Entry>;

    /// Returns `path` with the symbolic links in its parents followed, but not one at its end.
    ///
    /// What does not exist is kept as it is. Fails if a link leads out of the repository.
    fn real(&self, path: &[u8]) -> Result<Vec<u8>, KeyError>;

    /// Returns how the disk spells an existing path that is given in any case.
    fn spelling(&self, path: &[u8]) -> Option<Vec<u8>>;

    /// Returns an absolute path from the top of the repository instead; empty for the top itself.
    fn absolute(&self, path: &[u8]) -> Result<Vec<u8>, KeyError>;
}

/// What a typed key depends on, besides its text.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The current directory from the top of the repository: empty, or such as `a/b`.
    pub prefix: &'a [u8],
    /// Whether the disk ignores case (`core.ignoreCase`).
    pub ignore_case: bool,
    /// Whether the disk decomposes Unicode (`core.precomposeUnicode`).
    pub precompose: bool,
    /// The prefixes that the team added.
    pub team_prefixes: &'a [String],
    /// Whether a logical key has to be typed in its canonical form.
    pub strict: bool,
    /// The disk.
    pub tree: &'a dyn WorkTree,
}

/// A key, and what its author should know about how it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The key.
    pub key: Key,
    /// One sentence, if the text was not canonical or could have meant something else.
    pub note: Option<String>,
}

impl Resolved {
    /// Says no more than the key.
    pub(super) fn silent(key: Key) -> Resolved {
        Resolved { key, note: None }
    }

    /// Adds a note, unless there is one.
    pub(super) fn noted(mut self, note: impl FnOnce() -> String) -> Resolved {
        self.note = self.note.or_else(|| Some(note()));
        self
    }
}
