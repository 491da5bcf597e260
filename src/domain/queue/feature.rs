//! An entry whose name is that of a feature stands for it: the feature is queued with it, lands with
//! it, and goes on being worked on when it leaves.

use std::collections::BTreeSet;

use crate::model::feature::{Feature, FeatureRecord, Status};
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::limits::LIST_MAX;
use crate::model::object_id::ObjectId;
use crate::model::queue::{Drift, Entry, Stage, Told};
use crate::model::record::Damage;
use crate::model::refusal::Refusal;

use super::super::decide::Desk;
use super::super::feature::{find, finish};
use super::super::staged::State;

/// The feature that an entry of this name stands for, if there is one that is not over.
pub(super) fn of(state: &dyn State, id: &Id) -> Result<Option<FeatureRecord>, Damage> {
    Ok(find::get(state, id)?.filter(|feature| !feature.status.is_over()))
}

/// Queues the feature of an entry. What the entry changes and the feature never claimed is claimed
/// for it where it is free, and named where another feature has it.
pub(super) fn enqueue(
    desk: &mut Desk<'_>,
    entry: &mut Entry,
    paths: &[Key],
    told: &mut Told,
) -> Result<(), Refusal> {
    let Some(feature) = of(&desk.staged, &entry.id)? else {
        entry.is_feature = false;
        return Ok(());
    };
    entry.is_feature = true;
    entry.after.extend(feature.depends_on.iter().cloned());
    let mut claims = feature.claims.clone();
    let contested = contested(&desk.staged, &feature, paths)?;
    if !claims.is_empty() {
        let taken: BTreeSet<&Key> = contested.iter().map(|drift| &drift.path).collect();
        let free = paths.iter().filter(|path| {
            !taken.contains(path) && !feature.claims.iter().any(|claim| claim.covers(path))
        });
        for path in free {
            if claims.len() < LIST_MAX && claims.insert(path.clone()) {
                told.claimed.push(path.clone());
            }
        }
    }
    told.drift = contested;
    desk.put_claims(&feature, claims)?;
    finish::enqueue(desk, &entry.id)?;
    Ok(())
}

/// What a feature changes without a claim of its own and another feature claims. One that claims
/// nothing announced nothing that could be compared.
pub fn contested(
    state: &dyn State,
    feature: &Feature,
    paths: &[Key],
) -> Result<Vec<Drift>, Damage> {
    let mut found = Vec::new();
    if feature.claims.is_empty() {
        return Ok(found);
    }
    let (others, _) = find::all(state)?;
    let others = others
        .iter()
        .filter(|other| other.id != feature.id && !other.status.is_over());
    let others: Vec<&FeatureRecord> = others.collect();
    for path in paths {
        if feature.claims.iter().any(|claim| claim.covers(path)) {
            continue;
        }
        for other in &others {
            let claim = other.claims.iter().find(|claim| claim.overlaps(path));
            found.extend(claim.map(|claim| Drift {
                path: path.clone(),
                claim: claim.clone(),
                feature: other.id.clone(),
            }));
        }
    }
    found.truncate(LIST_MAX);
    Ok(found)
}

/// The feature follows its entry out of the line. One that is gone or over by itself stays so.
pub(super) fn follow(
    desk: &mut Desk<'_>,
    entry: &Entry,
    landed_as: Option<ObjectId>,
) -> Result<(), Refusal> {
    let feature = of(&desk.staged, &entry.id)?;
    let Some(feature) = feature.filter(|_| entry.is_feature) else {
        return Ok(());
    };
    match entry.stage {
        Stage::Landed => drop(finish::land(desk, &entry.id, landed_as)?),
        Stage::Failed | Stage::Cancelled if feature.status == Status::Queued => {
            drop(finish::take_back(desk, &entry.id)?);
        }
        Stage::Queued | Stage::Failed | Stage::Cancelled => {}
    }
    Ok(())
}

impl Desk<'_> {
    fn put_claims(
        &mut self,
        feature: &FeatureRecord,
        claims: BTreeSet<Key>,
    ) -> Result<(), Refusal> {
        if claims == feature.claims {
            return Ok(());
        }
        let mut feature = feature.body.clone();
        feature.claims = claims;
        self.put_feature(feature).map(drop)
    }
}
