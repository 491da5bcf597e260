//! Every answer that says no, with a stable code and what to do next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::Actor;
use super::key::Key;
use super::lock::{Hold, Mode};
use super::text::{Text, shown};
use super::time::Timestamp;

/// A lock that is in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conflict {
    /// What was asked for.
    pub wanted: Key,
    /// What is held: the same key, one above it, or one below.
    pub held: Key,
    /// In which mode.
    pub mode: Mode,
    /// By whom.
    pub by: Actor,
    /// Since when.
    pub since: Timestamp,
    /// When its lease ends unless renewed.
    pub until: Timestamp,
    /// Its revision, for `lock --steal --rev`.
    pub rev: u64,
    /// Why, in the holder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// On which branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// For which task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Text>,
}

impl Conflict {
    /// From the hold that is in the way.
    pub fn new(wanted: &Key, held: &Key, mode: Mode, hold: &Hold) -> Self {
        Self {
            wanted: wanted.clone(),
            held: held.clone(),
            mode,
            by: hold.actor(),
            since: hold.since,
            until: hold.until(),
            rev: hold.rev,
            reason: hold.reason.clone(),
            branch: hold.branch.clone(),
            task: hold.task.clone(),
        }
    }
}

/// Somebody who waits for a key and is first in line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ahead {
    /// What was asked for.
    pub wanted: Key,
    /// Who is first in line.
    pub by: Actor,
    /// Until when the key is kept for it.
    pub until: Timestamp,
}

/// A request that was understood and is not granted. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Refusal {
    /// Somebody else holds what overlaps.
    #[error("{}", held(conflicts))]
    LockHeld {
        /// Every lock in the way.
        conflicts: Vec<Conflict>,
    },
    /// Another session of the same agent holds it.
    #[error("another session of the same agent holds it: {}", held(conflicts))]
    OtherSession {
        /// Every lock in the way.
        conflicts: Vec<Conflict>,
    },
    /// It is free, but kept for somebody who waited.
    #[error("{}", kept(ahead))]
    Reserved {
        /// Who is first.
        ahead: Vec<Ahead>,
    },
    /// Waiting would close a circle of sessions that wait for each other.
    #[error("waiting would be a deadlock: {}", circle(cycle))]
    Deadlock {
        /// The sessions of the circle, beginning and ending with the one that asked.
        cycle: Vec<Actor>,
        /// Own locks that the last of the others waits for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        held: Vec<Key>,
    },
    /// The session does not hold it.
    #[error("{}", not_held(keys, conflicts))]
    NotHeld {
        /// Which keys.
        keys: Vec<Key>,
        /// Who holds them instead.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        conflicts: Vec<Conflict>,
    },
    /// The lock is not at the revision that was named.
    #[error(
        "`{key}` is at revision {now}, not {named}: its holder is at work, or it changed hands"
    )]
    RevChanged {
        /// The lock.
        key: Key,
        /// The revision that the request named.
        named: u64,
        /// The revision that it has.
        now: u64,
    },
    /// Paths that need a lock of one's own have none.
    #[error("a lock is required for {}", list(paths))]
    LockRequired {
        /// Which paths.
        paths: Vec<Key>,
    },
    /// The remote branch has commits that the local one lacks.
    #[error("`{branch}` of `{remote}` has commits that are not in `{local}`")]
    #[serde(rename = "not_fast_forward")]
    Behind {
        /// The remote.
        remote: String,
        /// Its branch.
        branch: String,
        /// What was to land.
        local: String,
    },
    /// A limit would be passed.
    #[error("{what}: at most {most}")]
    Limit {
        /// What there would be too much of.
        what: String,
        /// The limit.
        most: usize,
    },
    /// A record that matters for the answer cannot be read.
    #[error("{place} cannot be read: {why}")]
    Damaged {
        /// Where it is.
        place: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Refusal {
    /// The stable word for programs, as in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::LockHeld { .. } => "lock_held",
            Self::OtherSession { .. } => "other_session",
            Self::Reserved { .. } => "reserved",
            Self::Deadlock { .. } => "deadlock",
            Self::NotHeld { .. } => "not_held",
            Self::RevChanged { .. } => "rev_changed",
            Self::LockRequired { .. } => "lock_required",
            Self::Behind { .. } => "not_fast_forward",
            Self::Limit { .. } => "limit",
            Self::Damaged { .. } => "damaged",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::LockHeld { conflicts } => match conflicts.first() {
                Some(first) => format!(
                    "wait with `git coord lock --wait {}`, work on something else, or, if {} is gone, \
                     `git coord lock --steal --rev {} --reason … {}`",
                    typed(conflicts.iter().map(|conflict| &conflict.wanted)),
                    first.by.agent,
                    first.rev,
                    typed([&first.held])
                ),
                None => "try again".into(),
            },
            Self::OtherSession { conflicts } => format!(
                "if that session is over or is yours, take over with `git coord lock --takeover {}`",
                typed(conflicts.iter().map(|conflict| &conflict.wanted))
            ),
            Self::Reserved { ahead } => format!(
                "get in line with `git coord lock --wait {}`",
                typed(ahead.iter().map(|ahead| &ahead.wanted))
            ),
            Self::Deadlock { held, .. } => format!(
                "give back what the others wait for with `git coord unlock {}`, then ask for all \
                 of it at once",
                typed(held)
            ),
            Self::NotHeld { keys, conflicts } if conflicts.is_empty() => format!(
                "see what you hold with `git coord locks --mine`, or take it with `git coord lock {}`",
                typed(keys)
            ),
            Self::NotHeld { .. } => "see what you hold with `git coord locks --mine`".into(),
            Self::RevChanged { key, .. } => {
                format!(
                    "look again with `git coord locks --json --key {}`",
                    typed([key])
                )
            }
            Self::LockRequired { paths } => {
                format!("take it with `git coord lock {}`", typed(paths))
            }
            Self::Behind { .. } => {
                "get them first with `git pull --rebase`, then push again".into()
            }
            Self::Limit { .. } => "give something back, or ask for less at a time".into(),
            Self::Damaged { .. } => {
                "nothing was changed; `git coord doctor` shows damage and what can be done".into()
            }
        }
    }
}

/// Most keys and locks that one message names.
const SHOWN_MAX: usize = 10;

/// Keys as words of a command, each once; a few of them where there are many.
fn typed<'k>(keys: impl IntoIterator<Item = &'k Key>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@%+=,".contains(c);
    let mut words: Vec<String> = Vec::new();
    for key in keys {
        let mut text = shown(&key.to_string());
        if text.starts_with('-') {
            text.insert_str(0, "./"); // no option
        }
        let word = if text.chars().all(is_plain) {
            text
        } else {
            format!("'{}'", text.replace('\'', r"'\''"))
        };
        if words.len() == SHOWN_MAX {
            words.push("…".into());
            break;
        }
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" ")
}

/// The lines of a message: not so many that the rest of it is lost.
fn some_lines(lines: impl ExactSizeIterator<Item = String>) -> String {
    let more = lines.len().saturating_sub(SHOWN_MAX);
    let mut lines: Vec<String> = lines.take(SHOWN_MAX).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

fn held(conflicts: &[Conflict]) -> String {
    let lines = conflicts.iter().map(|conflict| {
        let Conflict {
            wanted,
            held,
            mode,
            by,
            since,
            until,
            reason,
            branch,
            ..
        } = conflict;
        let mut line = format!("`{held}` is locked by {by} since {since} until {until}");
        if let Some(branch) = branch {
            line.push_str(&format!(", on branch `{}`", shown(branch.as_str())));
        }
        if *mode == Mode::Shared {
            line.push_str(", shared");
        }
        if wanted != held {
            line.push_str(&format!(", which overlaps `{wanted}`"));
        }
        if let Some(reason) = reason {
            line.push_str(&format!(": {}", shown(reason.as_str())));
        }
        line
    });
    some_lines(lines)
}

fn not_held(keys: &[Key], conflicts: &[Conflict]) -> String {
    let mut text = format!("not held by this session: {}", list(keys));
    if !conflicts.is_empty() {
        text.push('\n');
        text.push_str(&held(conflicts));
    }
    text
}

fn kept(ahead: &[Ahead]) -> String {
    let lines = ahead.iter().map(|Ahead { wanted, by, until }| {
        format!("`{wanted}` is kept for {by}, who waits for it, until {until}")
    });
    some_lines(lines)
}

fn circle(cycle: &[Actor]) -> String {
    cycle
        .iter()
        .map(Actor::to_string)
        .collect::<Vec<_>>()
        .join(" waits for ")
}

fn list(keys: &[Key]) -> String {
    let mut text: Vec<String> = keys
        .iter()
        .take(SHOWN_MAX)
        .map(|key| format!("`{key}`"))
        .collect();
    if keys.len() > SHOWN_MAX {
        text.push(format!("and {} more", keys.len() - SHOWN_MAX));
    }
    text.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Refusal, typed};
    use crate::model::key::Key;

    fn keys(texts: &[&str]) -> Vec<Key> {
        let keys = texts.iter().map(|text| text.parse());
        keys.collect::<Result<_, _>>().expect("they are keys")
    }

    #[test]
    fn keys_in_a_hint_can_be_pasted_into_a_shell() {
        let cases = [
            (&["src/a.rs", "src/", "src/a.rs"][..], "src/a.rs src/"),
            (&["src/**/*.sql"], "'src/**/*.sql'"),
            (&["api:GET /v1/users"], "'api:GET /v1/users'"),
            (&["it's", "$(rm)"], r"'it'\''s' '$(rm)'"),
            (&["~root"], "'~root'"),
            (&["-f"], "./-f"),
        ];
        for (texts, words) in cases {
            assert_eq!(typed(&keys(texts)), words);
        }
    }

    #[test]
    fn a_thousand_paths_are_a_few_lines() {
        let texts: Vec<String> = (0..1000).map(|n| format!("src/{n}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let refusal = Refusal::LockRequired {
            paths: keys(&texts),
        };
        assert!(refusal.to_string().len() < 300 && refusal.hint().len() < 300);
    }
}
