//! Ids as they are typed: whole, or a beginning that only one task has.

use crate::coord::{Failure, View};
use crate::domain::task::find;
use crate::model::id::Id;
use crate::model::place::decode_component;
use crate::model::refusal::Refusal;
use crate::model::task::{ENDED, OPEN};

/// Most candidates that an error lists.
const TOLD_MAX: usize = 8;

/// The task that a text names.
///
/// # Errors
/// When there is none, or there are several.
pub fn one(view: &View<'_>, typed: &str) -> Result<Id, Failure> {
    let none = || Refusal::NotFound {
        what: "task".into(),
        name: typed.to_owned(),
    };
    let Ok(id) = typed.parse::<Id>() else {
        return Err(Failure::Refused(Box::new(none())));
    };
    if find::get(view, &id)?.is_some() {
        return Ok(id);
    }
    let mut found = Vec::new();
    for dir in [OPEN, ENDED] {
        for (place, _) in view.snapshot().places(dir)? {
            let name = place.as_str().rsplit('/').next().unwrap_or_default();
            let name = name
                .strip_suffix(".json")
                .and_then(|name| decode_component(name).ok());
            let id = name.and_then(|name| String::from_utf8(name).ok()?.parse::<Id>().ok());
            found.extend(id.filter(|id| id.as_str().starts_with(typed)));
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::Refused(Box::new(none()))),
        several => {
            let names: Vec<&str> = several.iter().map(Id::as_str).take(TOLD_MAX).collect();
            let what = format!("`{typed}` could be {}", names.join(", "));
            Err(Failure::usage(what, "type more of it"))
        }
    }
}
