//! Where in the state the lock on a key lives, and where those live that could exclude it.
//!
//! ```text
//! locks/path/src/auth.rs=             a lock on a file; `=` marks the leaf
//! locks/path/src/=                    a lock on a directory
//! locks/path/=                        a lock on the whole repository
//! locks/glob/src/%2a%2a/%2a.sql=      a lock on a pattern
//! locks/key/api/^g^e^t%20/v1/users=   a lock on a logical key
//! ```
//!
//! The marker keeps a lock on `src` and a lock on `src/auth.rs` from wanting one name to be both
//! a blob and a tree.

use super::glob::GlobKey;
use super::logical::LogicalKey;
use super::path::{Kind, PathKey};
use super::text::shown;
use super::{Key, KeyError};
use crate::model::place::{Place, decode_component, encode_component};

/// The tree under which every lock lives.
pub const LOCKS: &str = "locks/";
/// The tree under which the locks on patterns live.
pub const GLOBS: &str = "locks/glob/";
/// The tree under which the locks live that claims of tasks are.
pub const CLAIMS: &str = "locks/key/task";
const PATHS: &str = "locks/path/";
const LOGICAL: &str = "locks/key/";

/// Where the locks are that could exclude one key: all of them, and few besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookups {
    /// Single places, the key's own among them.
    pub places: Vec<Place>,
    /// Trees to be read whole, each ending in `/`.
    pub prefixes: Vec<String>,
}

impl Lookups {
    /// Says whether `place` is one of those to be read.
    pub fn contains(&self, place: &Place) -> bool {
        self.places.contains(place)
            || self
                .prefixes
                .iter()
                .any(|prefix| place.as_str().starts_with(prefix))
    }
}

impl PathKey {
    /// Returns the tree under which every lock below this path lives, ending in `/`.
    ///
    /// A file has one too: a lock on `a/b` is in the way of a lock on a file `a`.
    pub fn subtree(&self) -> String {
        self.components().fold(PATHS.to_owned(), |tree, name| {
            tree + &encode_component(name) + "/"
        })
    }
}

impl Key {
    /// Returns the place of the lock on this key.
    pub fn place(&self) -> Place {
        let text = match self {
            Key::Path(key) => {
                let mut text = key.subtree();
                if key.kind() == Kind::File {
                    text.pop();
                }
                text
            }
            Key::Glob(key) => GLOBS.to_owned() + &encode(&key.exact()),
            Key::Logical(key) => {
                format!(
                    "{LOGICAL}{}/{}",
                    encode_component(key.prefix().as_bytes()),
                    encode(key.value().as_bytes())
                )
            }
        };
        Place::encoded(text + "=")
    }

    /// Returns the key whose lock lives at `place`: the exact inverse of [`Key::place`].
    pub fn from_place(place: &Place) -> Result<Key, KeyError> {
        let text = || shown(place.as_str().as_bytes());
        let not_a_place = || KeyError::NotAPlace { text: text() };
        let body = place.as_str().strip_suffix('=').ok_or_else(not_a_place)?;
        let join = |levels: &str| {
            let names: Result<Vec<_>, _> = split(levels).map(decode_component).collect();
            let names = names.map_err(|cause| KeyError::Encoding {
                text: text(),
                cause,
            })?;
            Ok::<_, KeyError>(names.join(&b'/'))
        };
        let key = if let Some(levels) = body.strip_prefix(PATHS) {
            Key::Path(match levels.strip_suffix('/') {
                _ if levels.is_empty() => PathKey::root(),
                Some(levels) => PathKey::new(&join(levels)?, Kind::Dir)?,
                None => PathKey::new(&join(levels)?, Kind::File)?,
            })
        } else if let Some(levels) = body.strip_prefix(GLOBS) {
            Key::Glob(GlobKey::read_exact(&join(levels)?)?)
        } else if let Some((prefix, levels)) = body
            .strip_prefix(LOGICAL)
            .and_then(|rest| rest.split_once('/'))
        {
            let value = String::from_utf8(join(levels)?).map_err(|_| not_a_place())?;
            let prefix = String::from_utf8(join(prefix)?).map_err(|_| not_a_place())?;
            Key::Logical(LogicalKey::new(&prefix, &value)?)
        } else {
            return Err(not_a_place());
        };
        // Two places may decode to one key only if one of them was not written by this program.
        if key.place() == *place {
            Ok(key)
        } else {
            Err(not_a_place())
        }
    }

    /// Returns where the locks are that could exclude this key.
    ///
    /// Every key that overlaps this one has its place in the answer. For two path keys the
    /// reverse is also true, so a lock on a path reads only what it must; patterns are always
    /// read, all of them, and compared.
    pub fn lookups(&self) -> Lookups {
        let (around, prefixes) = match self {
            Key::Path(key) => (
                paths(key.ancestors()),
                vec![key.subtree(), GLOBS.to_owned()],
            ),
            Key::Glob(key) => {
                let base = key.base();
                let mut around = paths(base.ancestors());
                let prefixes = vec![base.subtree(), GLOBS.to_owned()];
                around.push(Key::Path(base));
                (around, prefixes)
            }
            Key::Logical(key) => {
                let tree = LOGICAL.to_owned() + &encode_component(key.prefix().as_bytes()) + "/";
                let below = key.below().into_iter().map(|names| {
                    names.iter().fold(tree.clone(), |tree, name| {
                        tree + &encode_component(name.as_bytes()) + "/"
                    })
                });
                (
                    key.wildcards().into_iter().map(Key::Logical).collect(),
                    below.collect(),
                )
            }
        };
        let mut places: Vec<Place> = around.iter().map(Key::place).collect();
        places.push(self.place());
        Lookups { places, prefixes }
    }
}

fn paths(keys: Vec<PathKey>) -> Vec<Key> {
    keys.into_iter().map(Key::Path).collect()
}

/// Encodes what is between slashes, each part by itself.
fn encode(text: &[u8]) -> String {
    let names: Vec<String> = text
        .split(|&byte| byte == b'/')
        .map(encode_component)
        .collect();
    names.join("/")
}

/// Splits at the slashes that separate components, not at those within a long one.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text
            .match_indices('/')
            .find(|(at, _)| !text[..*at].ends_with('+'));
        let (component, after) = match end {
            Some((at, _)) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        rest = after;
        Some(component)
    })
}
