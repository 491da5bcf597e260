//! Keys: what a lock or a claim is on.
//!
//! A [`Key`] is always canonical: equal keys have equal texts and equal places, and the text and
//! the place each lead back to the key. What people type is read by [`resolve`], which knows the
//! working tree; nothing else here does. Whether two keys exclude each other is decided by
//! [`Key::overlaps`] alone, and [`Key::lookups`] says where in the state it is worth asking.
//!
//! Keys are compared byte by byte. On a disk that ignores case, [`resolve`] finds the one
//! spelling that the repository uses; two keys that differ in case alone do not overlap.

mod around;
mod error;
#[cfg(test)]
mod fsck;
mod glob;
mod here;
mod logical;
mod path;
mod placing;
#[cfg(test)]
mod properties;
mod resolve;
#[cfg(test)]
mod resolve_tests;
#[cfg(test)]
mod tests;
mod text;
mod typed;
mod wild;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use around::{Entry, Resolved, Surroundings, WorkTree};
pub use error::KeyError;
pub use glob::{GlobKey, SEGMENTS_MAX};
pub use here::Here;
use logical::PAUSE;
pub use logical::{LogicalKey, PREFIXES, is_prefix};
pub use path::{Kind, PathKey};
pub use placing::{CLAIMS, GLOBS, LOCKS, Lookups};
pub use resolve::resolve;
pub(crate) use text::shown;

/// What a lock or a claim is on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// One file or directory: `src/auth.rs`, `src/`, `.` for the whole repository.
    Path(PathKey),
    /// A pattern of paths: `src/**/*.sql`.
    Glob(GlobKey),
    /// Something that is not a file: `api:GET /v1/users`.
    Logical(LogicalKey),
}

impl Key {
    /// The key that the claim of a task locks: `task:<id>`.
    pub fn claim_of_task(id: &super::id::Id) -> Key {
        Key::Logical(LogicalKey::claim_of_task(id))
    }

    /// The key that is locked while a check runs on a tree: `check:<tree>-<check>`.
    pub fn run_of_check(tree: &super::object_id::ObjectId, check: &super::queue::CheckId) -> Key {
        Key::Logical(LogicalKey::run_of_check(tree, check))
    }

    /// The task whose claim this key locks.
    pub fn claimed_task(&self) -> Option<super::id::Id> {
        match self {
            Key::Logical(key) if key.prefix() == super::task::CLAIMS => key.value().parse().ok(),
            _ => None,
        }
    }

    /// The key whose lock stops work on a feature: `feature:<id>:pause`.
    pub fn pause_of_feature(id: &super::id::Id) -> Key {
        Key::Logical(LogicalKey::pause_of_feature(id))
    }

    /// The feature that a lock on this key stops; none for a pattern.
    pub fn paused_feature(&self) -> Option<super::id::Id> {
        match self {
            Key::Logical(key) if key.prefix() == "feature" => {
                key.value().strip_suffix(PAUSE)?.parse().ok()
            }
            _ => None,
        }
    }

    /// Reads a canonical text: the exact inverse of `Display`.
    ///
    /// It is not lenient: a text that means a key but is not how that key is written is an error.
    /// What a person typed goes through [`resolve`].
    pub fn parse(text: &str) -> Result<Key, KeyError> {
        let key = Self::read(text)?;
        let canonical = key.to_string();
        if canonical == text {
            Ok(key)
        } else {
            let [text, canonical] = [text, &canonical].map(|text| shown(text.as_bytes()));
            Err(KeyError::NotCanonical { text, canonical })
        }
    }

    fn read(text: &str) -> Result<Key, KeyError> {
        let bytes = match text::unquote(text.as_bytes()) {
            Some(bytes) => Cow::Owned(bytes),
            None => Cow::Borrowed(text.as_bytes()),
        };
        if let Some(path) = bytes.strip_prefix(b":(literal)") {
            return PathKey::read(path).map(Key::Path);
        }
        if let Some(pattern) = bytes.strip_prefix(b":(glob)") {
            return GlobKey::read_exact(pattern).map(Key::Glob);
        }
        if let Some((prefix, value)) = logical::split_prefix(&bytes) {
            return LogicalKey::new(prefix, &String::from_utf8_lossy(value)).map(Key::Logical);
        }
        if glob::has_wild(&bytes) {
            return GlobKey::new(&bytes).map(Key::Glob);
        }
        PathKey::read(&bytes).map(Key::Path)
    }

    /// Says whether two locks on these keys would get in each other's way. Symmetric.
    ///
    /// Two paths overlap if one is the other or above it; with a pattern, if some path is guarded
    /// by both, or one asks for a directory where the other is a file.
    /// Logical keys overlap if they are equal, or a wildcard in one meets the other. Files and
    /// logical keys never do. Two keys that do not overlap guard no file in common.
    pub fn overlaps(&self, other: &Key) -> bool {
        match (self, other) {
            (Key::Path(one), Key::Path(two)) => one.overlaps(two),
            (Key::Glob(one), Key::Glob(two)) => one.overlaps(two),
            (Key::Path(path), Key::Glob(glob)) | (Key::Glob(glob), Key::Path(path)) => {
                glob.overlaps_path(path)
            }
            (Key::Logical(one), Key::Logical(two)) => one.overlaps(two),
            (Key::Logical(_), Key::Path(_) | Key::Glob(_))
            | (Key::Path(_) | Key::Glob(_), Key::Logical(_)) => false,
        }
    }

    /// Says whether a lock on this key guards everything that a lock on `other` would: the same
    /// key, or one further down. Never wrongly true; a pattern that happens to contain another
    /// pattern is not recognised.
    pub fn covers(&self, other: &Key) -> bool {
        match (self, other) {
            (Key::Path(one), Key::Path(two)) => {
                one == two || one.kind() == Kind::Dir && one.is_at_or_above(two)
            }
            (Key::Path(one), Key::Glob(two)) => {
                one.kind() == Kind::Dir && one.is_at_or_above(&two.base())
            }
            (Key::Glob(one), Key::Path(two)) => two.kind() == Kind::File && one.covers(two.bytes()),
            (Key::Logical(one), Key::Logical(two)) => one == two || two.wildcards().contains(one),
            (one, two) => one == two,
        }
    }

    /// Says whether a lock on this key guards the file at `path`, from the top of the repository.
    pub fn covers_path(&self, path: &[u8]) -> bool {
        match self {
            Key::Path(key) => key.covers(path),
            Key::Glob(key) => key.covers(path),
            Key::Logical(_) => false,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Path(key) => out.write_str(&path::written(&key.plain())),
            Key::Glob(key) => out.write_str(&path::written(&key.plain())),
            Key::Logical(key) => write!(out, "{}:{}", key.prefix(), key.value()),
        }
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Key, KeyError> {
        Key::parse(text)
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Key::parse(&text).map_err(de::Error::custom)
    }
}

impl JsonSchema for Key {
    fn schema_name() -> Cow<'static, str> {
        "Key".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::Key").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A canonical key: a path (`src/auth.rs`, `src/`, `.`), a pattern \
                (`**/*.sql`), or a prefix and a value (`api:GET /v1/users`).",
            "examples": ["src/auth.rs", "src/", "**/*.sql", "api:GET /v1/users"],
        })
    }
}
