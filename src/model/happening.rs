//! What happened, in one word and about one thing: what a watcher is told of each change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::Actor;
use super::key::Key;
use super::object_id::ObjectId;
use super::time::Timestamp;

/// One thing that a commit of the chain did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Happening {
    /// What, as `noun.word`: `lock.taken`, `task.done`, `message.sent`.
    pub kind: String,
    /// To which thing: a key, an id, a name.
    pub about: String,
    /// Who it happened to, where that is not the one who acted: whose lock, whose task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whose: Option<Actor>,
    /// The keys that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Key>,
}

/// A happening with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Told {
    /// Where to go on reading: what follows this one.
    pub cursor: Cursor,
    /// The commit.
    pub commit: ObjectId,
    /// The number of the state.
    pub rev: u64,
    /// When, by the wall clock of who acted.
    pub at: Timestamp,
    /// Who acted.
    pub by: Actor,
    /// What happened.
    #[serde(flatten)]
    pub happening: Happening,
    /// The line of the log.
    pub subject: String,
}

/// A place between two happenings: a commit, and how many of its happenings have been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub struct Cursor {
    /// The commit.
    pub commit: ObjectId,
    /// How many of its happenings are over; `None` for all.
    pub told: Option<usize>,
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        match cursor.told {
            None => cursor.commit.to_string(),
            Some(told) => format!("{}.{told}", cursor.commit),
        }
    }
}

impl TryFrom<String> for Cursor {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (commit, told) = match text.split_once('.') {
            None => (text.as_str(), None),
            Some((commit, told)) => (commit, Some(told)),
        };
        let wrong = || format!("`{}` is no cursor", text.escape_debug());
        Ok(Self {
            commit: commit.parse().map_err(|_| wrong())?,
            told: told.map(str::parse).transpose().map_err(|_| wrong())?,
        })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from(*self))
    }
}

/// Whether a kind is among those that a pattern names: exactly, `noun.*`, or `*`.
pub fn matches(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some("") => true,
        Some(start) if start.ends_with('.') => kind.starts_with(start),
        Some(_) | None => pattern == kind,
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, matches};

    #[test]
    fn patterns_are_exact_a_noun_or_all() {
        for (pattern, kind, is) in [
            ("*", "lock.taken", true),
            ("lock.*", "lock.taken", true),
            ("lock.*", "locksmith.taken", false),
            ("lock.taken", "lock.taken", true),
            ("lock.t*", "lock.taken", false),
            ("lock", "lock.taken", false),
        ] {
            assert_eq!(matches(pattern, kind), is, "{pattern} {kind}");
        }
    }

    #[test]
    fn cursors_are_read_as_they_are_written() {
        let commit = "1".repeat(40);
        for text in [
            commit.clone(),
            format!("{commit}.0"),
            format!("{commit}.12"),
        ] {
            let cursor = Cursor::try_from(text.clone()).expect("it is one");
            assert_eq!(cursor.to_string(), text);
        }
        for bad in [
            "",
            "x",
            "12.1",
            &format!("{commit}."),
            &format!("{commit}.x"),
        ] {
            assert!(Cursor::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
