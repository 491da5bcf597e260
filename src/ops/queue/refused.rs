//! A refusal about entries, with how those stand: the line that `queue why` prints.

use crate::coord::Failure;
use crate::coord::train::Snapshot;
use crate::domain::queue::why::{Stands, ended};
use crate::model::id::Id;

/// Says with a refusal how the entries stand that it is about. Other failures stay what they are, and so
/// does a refusal when that cannot be told.
pub(super) fn about(snapshot: Result<Snapshot<'_>, Failure>, ids: &[Id], why: Failure) -> Failure {
    let Failure::Refused(refusal) = why else {
        return why;
    };
    match snapshot.and_then(|snapshot| stand(&snapshot, ids)) {
        Ok(entries) if !entries.is_empty() => Failure::Queued { refusal, entries },
        Ok(_) | Err(_) => Failure::Refused(refusal),
    }
}

fn stand(snapshot: &Snapshot<'_>, ids: &[Id]) -> Result<Vec<Stands>, Failure> {
    let entry = |id: &Id| snapshot.entries.iter().find(|entry| entry.id == *id);
    let known: Vec<_> = ids.iter().filter_map(entry).collect();
    // Only who waits is in the plan, which takes merges.
    let plan = match known.iter().all(|entry| entry.stage.is_over()) {
        true => None,
        false => Some(snapshot.plan()?),
    };
    let mut entries = Vec::new();
    for entry in known {
        let why = match &plan {
            Some(plan) => snapshot.why(plan, &entry.id)?,
            None => ended(entry),
        };
        let id = entry.id.clone();
        entries.extend(why.map(|why| Stands { id, why }));
    }
    Ok(entries)
}
