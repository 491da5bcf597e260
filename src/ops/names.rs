//! From the beginning of an id to the id.

use crate::coord::Failure;
use crate::model::id::Id;

/// Most candidates that an error lists.
const LISTED_MAX: usize = 8;

/// The id that was typed, or the only one that begins so. One that is not known here is taken as it
/// is: the view may be old, and the decision looks again.
///
/// # Errors
/// When it is no id, or the beginning of several.
pub(super) fn resolve(what: &str, typed: &str, known: &[Id]) -> Result<Id, Failure> {
    let id: Id = typed
        .to_lowercase()
        .parse()
        .map_err(|why| Failure::usage(format!("{why}"), format!("see `git coord {what} list`")))?;
    if known.contains(&id) {
        return Ok(id);
    }
    let begins = |known: &&Id| known.as_str().starts_with(id.as_str());
    let found: Vec<&Id> = known.iter().filter(begins).collect();
    match found.as_slice() {
        [] => Ok(id),
        [one] => Ok((*one).clone()),
        many => {
            let mut names: Vec<&str> = many.iter().map(|id| id.as_str()).collect();
            names.truncate(LISTED_MAX);
            let more = if many.len() > LISTED_MAX { ", …" } else { "" };
            Err(Failure::usage(
                format!(
                    "`{id}` is the beginning of {} ids: {}{more}",
                    many.len(),
                    names.join(", ")
                ),
                "type more of it",
            ))
        }
    }
}
