//! From what was typed to the name of a feature: the whole of it, or a beginning that no other has.

use crate::coord::{Failure, View};
use crate::domain::feature::find;
use crate::model::feature::{FEATURES, FeatureRecord};
use crate::model::id::Id;
use crate::model::place::decode_component;
use crate::model::record::Damage;
use crate::model::refusal::Refusal;

use super::super::{Context, names};

/// The feature that is meant, by the state as this clone has it.
pub(in crate::ops) fn of(context: &Context<'_>, typed: &str) -> Result<Id, Failure> {
    in_view(&context.coord.view(None)?, typed)
}

/// The same for one that may be absent.
pub(in crate::ops) fn optional(
    context: &Context<'_>,
    typed: Option<&str>,
) -> Result<Option<Id>, Failure> {
    typed.map(|typed| of(context, typed)).transpose()
}

/// The same for several, also with commas between them.
pub(super) fn of_all<C: FromIterator<Id>>(
    context: &Context<'_>,
    typed: &[String],
) -> Result<C, Failure> {
    let parts = typed.iter().flat_map(|text| text.split(','));
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| of(context, part)).collect()
}

/// The same in a state that was opened. One that is not there is kept as it is typed: whoever decides
/// sees the newest state.
pub(in crate::ops) fn in_view(view: &View<'_>, typed: &str) -> Result<Id, Failure> {
    let typed = typed.strip_prefix("feature:").unwrap_or(typed);
    names::resolve("feature", typed, &ids(view)?)
}

fn ids(view: &View<'_>) -> Result<Vec<Id>, Failure> {
    let places = view.snapshot().places(FEATURES)?;
    let names = places.iter().filter_map(|(place, _)| {
        let name = place.as_str().rsplit('/').next()?.strip_suffix(".json")?;
        let name = String::from_utf8(decode_component(name).ok()?).ok()?;
        name.parse().ok()
    });
    Ok(names.collect())
}

/// A feature that has to be there.
pub(super) fn expect(view: &View<'_>, id: &Id) -> Result<FeatureRecord, Failure> {
    find::expect(view, id).map_err(|refusal| match refusal {
        Refusal::Damaged { place, why } => Failure::Damaged(Damage {
            place,
            why,
            is_newer: false,
        }),
        other => Failure::Refused(Box::new(other)),
    })
}
