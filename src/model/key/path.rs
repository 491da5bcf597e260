//! Keys on one file or one directory.

use super::error::KeyError;
use super::text::{is_deceptive, shown};
use super::{logical, text};
use crate::model::limits::KEY_BYTES_MAX;

/// What a path key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One file, or a symbolic link.
    File,
    /// A directory and everything below it.
    Dir,
}

/// A path from the top of the repository, in bytes, as git stores it.
///
/// The empty path is the whole repository and always a directory. The kind does not change which
/// paths overlap, because a file `a` and a file `a/b` cannot both be in one commit. It does change
/// what a lock guards, and so which patterns overlap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathKey {
    bytes: Vec<u8>,
    kind: Kind,
}

impl PathKey {
    /// Returns the key for `bytes`, which must be as git writes paths: no `/` at either end, no
    /// empty, `.` or `..` component, and none that is `.git` in any case.
    pub fn new(bytes: &[u8], kind: Kind) -> Result<PathKey, KeyError> {
        if bytes.is_empty() {
            return match kind {
                Kind::Dir => Ok(Self::root()),
                Kind::File => Err(KeyError::Empty),
            };
        }
        if bytes.len() > KEY_BYTES_MAX {
            return Err(KeyError::TooLong {
                text: shown(bytes),
                bytes: bytes.len(),
            });
        }
        for component in bytes.split(|&byte| byte == b'/') {
            check_component(component, bytes)?;
        }
        Ok(PathKey {
            bytes: bytes.to_vec(),
            kind,
        })
    }

    /// Returns the key for the whole repository.
    pub fn root() -> PathKey {
        PathKey {
            bytes: Vec::new(),
            kind: Kind::Dir,
        }
    }

    /// Returns the path; empty for the whole repository.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns what the path names.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Yields the components; none for the whole repository.
    pub fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes
            .split(|&byte| byte == b'/')
            .filter(|component| !component.is_empty())
    }

    /// Says whether one path is the other or above it, whatever their kinds.
    pub fn overlaps(&self, other: &PathKey) -> bool {
        is_at_or_above(&self.bytes, &other.bytes) || is_at_or_above(&other.bytes, &self.bytes)
    }

    /// Says whether a lock on this key guards the file at `path`.
    ///
    /// This is narrower than overlap. A lock on a file guards that file alone, and a lock on
    /// `a/b` does not guard a file `a`, although either pair excludes each other.
    pub fn covers(&self, path: &[u8]) -> bool {
        match self.kind {
            Kind::File => self.bytes == path,
            Kind::Dir => !path.is_empty() && is_at_or_above(&self.bytes, path),
        }
    }

    /// Says whether `other` is this path or below it.
    pub(super) fn is_at_or_above(&self, other: &PathKey) -> bool {
        is_at_or_above(&self.bytes, &other.bytes)
    }

    /// Returns the keys at or above this path that overlap it, besides itself: the other form of
    /// the same path, then both forms of each directory above, up to the root.
    pub fn ancestors(&self) -> Vec<PathKey> {
        if self.bytes.is_empty() {
            return Vec::new();
        }
        let both = |bytes: &[u8]| {
            [Kind::File, Kind::Dir].map(|kind| PathKey {
                bytes: bytes.to_vec(),
                kind,
            })
        };
        let slashes = (0..self.bytes.len())
            .rev()
            .filter(|&at| self.bytes[at] == b'/');
        let mut keys: Vec<PathKey> = both(&self.bytes)
            .into_iter()
            .filter(|key| key != self)
            .chain(slashes.flat_map(|at| both(&self.bytes[..at])))
            .collect();
        keys.push(Self::root());
        keys
    }

    /// Returns the text that reads as this key and nothing else, before any quoting.
    pub(super) fn plain(&self) -> Vec<u8> {
        if self.bytes.is_empty() {
            return b".".to_vec();
        }
        let mut text = Vec::new();
        if reads_otherwise(&self.bytes) {
            text.extend_from_slice(b":(literal)");
        }
        text.extend_from_slice(&self.bytes);
        if self.kind == Kind::Dir {
            text.push(b'/');
        }
        text
    }

    /// Reads `text` without `:(literal)`: a last slash means a directory.
    pub(super) fn read(text: &[u8]) -> Result<PathKey, KeyError> {
        match text.strip_suffix(b"/") {
            _ if text == b"." => Ok(Self::root()),
            Some(b"") => Err(KeyError::Outside { text: shown(text) }),
            Some(dir) => Self::new(dir, Kind::Dir),
            None => Self::new(text, Kind::File),
        }
    }
}

/// Says whether `above` is `path` or a directory over it.
fn is_at_or_above(above: &[u8], path: &[u8]) -> bool {
    match path.strip_prefix(above) {
        Some(rest) => above.is_empty() || matches!(rest.first(), None | Some(b'/')),
        None => false,
    }
}

/// Refuses a component that no path in a commit can have; `whole` is for the message.
pub(super) fn check_component(component: &[u8], whole: &[u8]) -> Result<(), KeyError> {
    let wrong = |why| {
        Err(KeyError::Path {
            text: shown(whole),
            why,
        })
    };
    match component {
        b"" => wrong("it has an empty component"),
        b"." | b".." => wrong("it has a `.` or `..` component"),
        _ if component.contains(&0) => wrong("it has a NUL byte"),
        _ if component.eq_ignore_ascii_case(b".git") => {
            Err(KeyError::GitDir { text: shown(whole) })
        }
        _ => Ok(()),
    }
}

/// Says whether a path, written plainly, would be taken for another kind of key.
pub(super) fn reads_otherwise(bytes: &[u8]) -> bool {
    super::glob::has_wild(bytes)
        || matches!(bytes[0], b'"' | b':')
        || logical::split_prefix(bytes).is_some()
        || has_outer_blank(bytes)
}

/// Says whether `bytes` begin or end with a blank, which is lost wherever text is trimmed.
pub(super) fn has_outer_blank(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.trim() != &*text
}

/// Returns `text` with characters that could deceive a reader refused.
pub(super) fn clean(text: &[u8]) -> Option<&str> {
    str::from_utf8(text)
        .ok()
        .filter(|text| !text.contains(is_deceptive))
}

/// Returns the canonical text for `plain`, quoted if it has to be.
pub(super) fn written(plain: &[u8]) -> String {
    text::quote(plain)
}
