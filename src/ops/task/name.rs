//! From what was typed to the name of a task: the whole of it, or a beginning that no other has.

use crate::coord::{Failure, View};
use crate::domain::State;
use crate::domain::task::find;
use crate::model::id::Id;
use crate::model::refusal::Refusal;
use crate::model::task::{ENDED, OPEN, Task};

use super::Context;

/// Most candidates that are named.
const SHOWN_MAX: usize = 8;

/// The task that is meant, by the state as this clone has it. A name that is not there yet is kept
/// as it is: whoever decides sees the newest state.
///
/// # Errors
/// When it is no name, or the beginning of several.
pub(super) fn of(context: &Context<'_>, typed: &str) -> Result<Id, Failure> {
    in_view(&context.coord.view(None)?, typed)
}

/// The same for several.
pub(super) fn of_all(context: &Context<'_>, typed: &[String]) -> Result<Vec<Id>, Failure> {
    if typed.is_empty() {
        return Ok(Vec::new());
    }
    let view = context.coord.view(None)?;
    let parts = typed.iter().flat_map(|text| text.split(','));
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    parts.map(|text| in_view(&view, text)).collect()
}

/// The same in a state that was opened.
pub(in crate::ops) fn in_view(view: &View<'_>, typed: &str) -> Result<Id, Failure> {
    let typed = typed.strip_prefix("task:").unwrap_or(typed);
    let id: Id = super::typed::value(&typed.to_lowercase(), "a task's name")?;
    for is_over in [false, true] {
        if view.get(&Task::place(&id, is_over))?.is_some() {
            return Ok(id);
        }
    }
    // Those that are over are asked only when no other can be meant.
    for dir in [OPEN, ENDED] {
        let mut found = beginning(view, dir, &id)?;
        match found.len() {
            0 => {}
            1 => return Ok(found.remove(0)),
            count => {
                let names: Vec<&str> = found.iter().map(Id::as_str).take(SHOWN_MAX).collect();
                let more = if count > SHOWN_MAX { " …" } else { "" };
                return Err(Failure::usage(
                    format!("`{id}` is the beginning of {count} tasks"),
                    format!("type more of it: {}{more}", names.join(" ")),
                ));
            }
        }
    }
    Ok(id)
}

/// The names in a directory that begin so. No record is read for that.
fn beginning(view: &View<'_>, dir: &str, start: &Id) -> Result<Vec<Id>, Failure> {
    let places = view.snapshot().places(dir)?;
    let names = places.iter().filter_map(|(place, _)| {
        let name = place.as_str().rsplit('/').next()?.strip_suffix(".json")?;
        name.starts_with(start.as_str())
            .then(|| name.parse().ok())?
    });
    Ok(names.collect())
}

/// A task that has to be there.
pub(super) fn expect(view: &View<'_>, id: &Id) -> Result<crate::model::task::TaskRecord, Failure> {
    find::expect(view, id).map_err(|refusal| match refusal {
        Refusal::Damaged { place, why } => Failure::Damaged(crate::model::record::Damage {
            place,
            why,
            is_newer: false,
        }),
        other => Failure::Refused(Box::new(other)),
    })
}
