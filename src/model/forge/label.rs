//! Labels, and how those of ours are called.
//!
//! A name has at most 50 characters and is the same in upper and lower case; a description has at most
//! 100. So a long key is cut and told apart by a digest, and a key that has capital letters has the
//! digest too. The description has the key as far as it fits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::key::Key;
use super::super::text::shown;

/// What all labels of ours begin with. No other is ever touched.
pub const PREFIX: &str = "coord:";
/// Labels of the merge queue.
pub const QUEUE: &str = "coord:queue:";
/// The label by which people stop work. It is theirs to put on and to take off.
pub const PAUSE: &str = "coord:pause";
/// Labels of how a task stands that an issue became.
pub const STATE: &str = "coord:state:";
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 50;
/// Longest description, in characters.
const ABOUT_CHARS_MAX: usize = 100;
/// Digits of a digest.
const DIGITS: usize = 8;

/// A label of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Label {
    /// Its name, as it is written.
    pub name: String,
    /// Six hexadecimal digits.
    pub color: String,
    /// What it says when one points at it.
    #[serde(default)]
    pub description: String,
}

impl Label {
    /// Somebody holds a lock on this.
    pub fn lock(key: &Key) -> Self {
        Self::of("coord:lock:", &key.to_string(), "d93f0b", "locked: ")
    }

    /// Somebody works on this task.
    pub fn task(id: &str) -> Self {
        Self::of("coord:task:", id, "0e8a16", "works on task ")
    }

    /// Somebody has announced what this branch will change.
    pub fn feature(id: &str) -> Self {
        Self::of("coord:feature:", id, "fbca04", "has announced feature ")
    }

    /// How the branch stands in the merge queue.
    pub fn queue(word: &str) -> Self {
        Self::of(QUEUE, word, "1d76db", "merge queue: ")
    }

    /// How the task stands that this issue became.
    pub fn state(word: &str) -> Self {
        Self::of(STATE, word, "5319e7", "task: ")
    }

    fn of(prefix: &str, what: &str, color: &str, about: &str) -> Self {
        Self {
            name: named(prefix, what),
            color: color.into(),
            description: cut(&format!("{about}{}", shown(what)), ABOUT_CHARS_MAX),
        }
    }

    /// Whether it was made here for one thing, and is of no use when that is over.
    pub fn is_spent(&self) -> bool {
        let made = [
            ("coord:lock:", "locked: "),
            ("coord:task:", "works on task "),
            ("coord:feature:", "has announced feature "),
        ];
        let is = |(prefix, about): &(&str, &str)| {
            self.name.starts_with(prefix) && self.description.starts_with(about)
        };
        made.iter().any(is)
    }

    /// Whether a name is one of ours.
    pub fn is_ours(name: &str) -> bool {
        name.get(..PREFIX.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
    }

    /// What the host goes by: names that differ only in case are the same one there.
    pub fn folded(name: &str) -> String {
        name.to_lowercase()
    }
}

fn named(prefix: &str, what: &str) -> String {
    let whole = format!("{prefix}{}", shown(what));
    // A comma separates names where labels are listed. Spaces at an end are cut off there.
    let is_itself = whole.chars().count() <= NAME_CHARS_MAX
        && whole.to_lowercase() == whole
        && !whole.contains(',')
        && whole.trim() == whole
        && shown(what) == what;
    if is_itself {
        return whole;
    }
    let digest = Sha256::digest(what.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let room = NAME_CHARS_MAX - prefix.chars().count() - DIGITS - 1;
    // The end of a path says more than its beginning.
    let readable: Vec<char> = shown(what).replace(',', "_").chars().collect();
    let end: String = readable[readable.len().saturating_sub(room)..]
        .iter()
        .collect();
    format!("{prefix}{}~{}", end.trim(), &digest[..DIGITS])
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Label;

    #[test]
    fn short_names_are_plain() {
        let name = |path: &str| Label::lock(&path.parse().expect("a key")).name;
        assert_eq!(name("src/"), "coord:lock:src/");
        assert_eq!(name("api:GET /v1"), "coord:lock:api:GET /v1~73f90fc3");
        let long = format!("src/{}mod.rs", "deep/".repeat(20));
        assert!(name(&long).starts_with("coord:lock:"), "{}", name(&long));
        assert!(name(&long).contains("/mod.rs~"), "{}", name(&long));
    }

    proptest! {
        #[test]
        fn different_things_have_different_names(a in "\\PC{1,80}", b in "\\PC{1,80}") {
            let (one, other) = (Label::task(&a), Label::task(&b));
            for label in [&one, &other] {
                prop_assert!(label.name.chars().count() <= 50);
                prop_assert!(label.description.chars().count() <= 100);
                prop_assert!(Label::is_ours(&label.name) && !label.name.contains(','));
            }
            let same = Label::folded(&one.name) == Label::folded(&other.name);
            prop_assert_eq!(same, a == b);
        }
    }
}
