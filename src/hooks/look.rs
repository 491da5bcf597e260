//! Judging paths on a view that is fresh enough, without making anybody wait.

use std::time::Duration;

use crate::coord::{Coord, Failure, as_keys};
use crate::model::text::shell_word;
use crate::ops::check::{can_matter, halt, judge, seen};

use super::Heard;

/// The most that a hook waits for the network.
const NETWORK_MAX: Duration = Duration::from_secs(2);

/// Judges work on branches, and the paths that it changes. Both are asked for only when anything
/// could be in the way.
///
/// # Errors
/// Whatever makes it impossible to tell; a refusal is an answer.
pub(super) fn judged(
    coord: &Coord,
    branches: impl FnOnce() -> Vec<String>,
    paths: impl FnOnce() -> Result<Vec<Vec<u8>>, Failure>,
) -> Result<Heard, Failure> {
    let mut notes = Vec::new();
    // An old view is better than none: what happened is told, and the look goes on.
    if let Err(why) = coord.refresh_within(coord.settings().hook_age_max, NETWORK_MAX) {
        let why = why.to_string();
        let first = why.lines().next().unwrap_or_default();
        notes.push(format!("locks are {}: {first}", seen(coord)));
    }
    if !can_matter(coord)? {
        return Ok(Heard::yes(notes));
    }
    // Who has to stop altogether need not know which path is locked.
    let stopped = halt(coord, &branches(), None);
    let checked = stopped.and_then(|()| judge(coord, &as_keys(paths()?)?, None));
    match checked {
        Ok(checked) => {
            let here = super::here();
            let open = checked.uncovered.iter();
            notes.extend(open.map(|path| {
                let typed = shell_word(&path.typed(&here));
                format!("warning: `{path}` is changed without a lock; `git coord lock {typed}`")
            }));
            Ok(Heard::yes(notes))
        }
        // A record that may be in the way and cannot be read is in the way.
        Err(refused @ (Failure::Refused(_) | Failure::Damaged(_))) => {
            if coord.settings().remote.is_some() {
                let seen = seen(coord);
                notes.push(format!(
                    "that is {seen}; `git coord check --staged` asks anew"
                ));
            }
            Ok(Heard::no(refused, notes))
        }
        Err(other) => Err(other),
    }
}
