//! Features that would wait for each other are refused.

use std::collections::BTreeSet;

use crate::model::feature::Feature;
use crate::model::id::Id;
use crate::model::refusal::Refusal;

use super::super::staged::State;
use super::find;

/// Refuses a feature that is about to be written when it waits for itself, over however many others.
pub(super) fn refuse(state: &dyn State, fresh: &Feature) -> Result<(), Refusal> {
    let mut paths: Vec<Vec<Id>> = vec![vec![fresh.id.clone()]];
    let mut seen: BTreeSet<Id> = BTreeSet::new();
    while let Some(path) = paths.pop() {
        let below: Vec<Id> = match path.as_slice() {
            [_] => fresh.depends_on.iter().cloned().collect(),
            [.., last] => below(state, last),
            [] => Vec::new(),
        };
        for id in below {
            let is_circle = id == fresh.id;
            if !is_circle && !seen.insert(id.clone()) {
                continue;
            }
            let mut longer = path.clone();
            longer.push(id);
            if is_circle {
                return Err(Refusal::Cycle { ids: longer });
            }
            paths.push(longer);
        }
    }
    Ok(())
}

/// What a feature waits for. One that is over waits for nothing, and one that cannot be read is
/// somebody else's trouble.
fn below(state: &dyn State, id: &Id) -> Vec<Id> {
    match find::get(state, id) {
        Ok(Some(feature)) if !feature.status.is_over() => {
            feature.body.depends_on.into_iter().collect()
        }
        _ => Vec::new(),
    }
}
