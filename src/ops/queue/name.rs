//! From what was typed to an entry.

use crate::coord::Failure;
use crate::domain::State;
use crate::domain::queue::find;
use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::queue::EntryRecord;

use super::Context;

/// Most candidates that are named.
const SHOWN_MAX: usize = 8;

/// The names of all entries of the usual target, each with what it is about.
///
/// # Errors
/// When the state cannot be read.
pub fn titles(context: &Context<'_>) -> Result<Vec<(Id, String)>, Failure> {
    let coord = &context.coord;
    let (entries, _) = find::all(&coord.view(None)?, &coord.queue_target()?)?;
    let about = |entry: EntryRecord| {
        let title = format!("{}: {}", entry.stage.as_str(), entry.title.as_str());
        (entry.body.id, title)
    };
    Ok(entries.into_iter().map(about).collect())
}

/// The entry that is meant: by its name, by its branch, or by a beginning of its name that no other
/// has. An entry that waits is meant rather than one that is over.
///
/// # Errors
/// When there is none, or several are meant.
pub(super) fn of(state: &dyn State, target: &Branch, typed: &str) -> Result<EntryRecord, Failure> {
    let (entries, _) = find::all(state, target)?;
    let same = |entry: &&EntryRecord| {
        entry.id.as_str() == typed
            || entry
                .branch
                .as_ref()
                .is_some_and(|branch| branch.as_str() == typed)
    };
    let begins = |entry: &&EntryRecord| entry.id.as_str().starts_with(typed);
    let mut found: Vec<&EntryRecord> = entries.iter().filter(same).collect();
    if found.is_empty() && !typed.is_empty() {
        found = entries.iter().filter(begins).collect();
    }
    if found.len() > 1 && found.iter().any(|entry| !entry.stage.is_over()) {
        found.retain(|entry| !entry.stage.is_over());
    }
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let what = format!(
                "there is no queue entry `{}` for `{target}`",
                typed.escape_debug()
            );
            Err(Failure::usage(what, "see `git coord queue list --all`"))
        }
        several => {
            let names: Vec<&str> = several
                .iter()
                .take(SHOWN_MAX)
                .map(|entry| entry.id.as_str())
                .collect();
            let what = format!(
                "`{}` may mean {} entries",
                typed.escape_debug(),
                several.len()
            );
            Err(Failure::usage(
                what,
                format!("name one: {}", names.join(" ")),
            ))
        }
    }
}

/// A name for the entry of a branch: its letters in lower case, with dashes between them.
pub(in crate::ops) fn of_branch(branch: &Branch) -> Option<Id> {
    let mut name = String::new();
    for c in branch.as_str().chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name: String = name.trim_end_matches('-').chars().take(64).collect();
    name.trim_end_matches('-').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::of_branch;

    #[test]
    fn branches_make_names() {
        for (branch, name) in [
            ("main", Some("main")),
            ("feat/Auth_x", Some("feat-auth-x")),
            ("a--b/", None),
            ("fix#12", Some("fix-12")),
            ("größe", Some("gr-e")),
            ("ß", None),
        ] {
            let made = branch.parse().ok().and_then(|branch| of_branch(&branch));
            assert_eq!(made.map(|id| id.to_string()).as_deref(), name, "{branch}");
        }
    }
}
