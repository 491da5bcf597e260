//! What the claims of a feature meet, by the hierarchy of keys: a directory meets what is in it, a
//! pattern what it matches.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::feature::{
    Feasibility, Feature, FeatureRecord, Meeting, Overlaps, Percent, Side, WithFeature, WithLock,
};
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::limits::LIST_MAX;
use crate::model::record::Damage;
use crate::model::stamp::Stamp;

use super::super::staged::State;
use super::super::{lease, locks};
use super::find;

/// All that a feature's claims meet: claims of every other feature that is not over, and locks that
/// other agents hold. The feature itself need not be stored.
///
/// # Errors
/// When the features cannot be listed.
pub fn of(
    state: &dyn State,
    stamp: &Stamp,
    feature: &Feature,
    above: Percent,
) -> Result<Overlaps, Damage> {
    let (others, damaged) = find::all(state)?;
    let mut damaged: Vec<String> = damaged.iter().map(ToString::to_string).collect();
    let mut shared: BTreeSet<&Key> = BTreeSet::new();
    let mut features = Vec::new();
    for other in &others {
        if other.status.is_over() || other.id == feature.id {
            continue;
        }
        let meetings = meetings(&feature.claims, &other.claims);
        if !meetings.is_empty() {
            shared.extend(meetings.iter().map(|(mine, _)| *mine));
            features.push(with_feature(feature, other, &meetings, above));
        }
    }
    features.sort_by(|one, other| {
        let rank = |with: &WithFeature| (with.priority, with.id.clone());
        rank(one).cmp(&rank(other))
    });
    let mut found: BTreeMap<(Key, Actor), WithLock> = BTreeMap::new();
    for claim in &feature.claims {
        match locks::overlapping(state, claim) {
            Ok(locks) => {
                for lock in locks {
                    let others = lock.holds.iter().filter(|hold| {
                        hold.agent != feature.owner.agent
                            && lease::ended(&lock.key, hold, stamp).is_none()
                    });
                    for hold in others {
                        shared.insert(claim);
                        let with = || WithLock {
                            key: lock.key.clone(),
                            mode: lock.mode,
                            by: hold.actor(),
                            since: hold.since,
                            until: hold.until(),
                            reason: hold.reason.clone(),
                            branch: hold.branch.clone(),
                            claims: Vec::new(),
                        };
                        let at = (lock.key.clone(), hold.actor());
                        found
                            .entry(at)
                            .or_insert_with(with)
                            .claims
                            .push(claim.clone());
                    }
                }
            }
            Err(damage) => damaged.push(damage.to_string()),
        }
    }
    damaged.sort();
    damaged.dedup();
    let side = side(feature.claims.len(), shared.len(), above);
    Ok(Overlaps {
        feature: feature.id.clone(),
        claims: side.claims,
        shared: side.shared,
        feasibility: side.feasibility,
        features,
        locks: found.into_values().collect(),
        damaged,
    })
}

/// Every pair of claims that overlap.
pub(super) fn meetings<'k>(
    mine: &'k BTreeSet<Key>,
    theirs: &'k BTreeSet<Key>,
) -> Vec<(&'k Key, &'k Key)> {
    let pairs = mine
        .iter()
        .flat_map(|mine| theirs.iter().map(move |theirs| (mine, theirs)));
    pairs
        .filter(|(mine, theirs)| mine.overlaps(theirs))
        .collect()
}

/// How much each of two features shares with the other.
pub(super) fn sides(
    mine: &Feature,
    theirs: &Feature,
    meetings: &[(&Key, &Key)],
    above: Percent,
) -> (Side, Side) {
    let own: BTreeSet<&Key> = meetings.iter().map(|(mine, _)| *mine).collect();
    let other: BTreeSet<&Key> = meetings.iter().map(|(_, theirs)| *theirs).collect();
    (
        side(mine.claims.len(), own.len(), above),
        side(theirs.claims.len(), other.len(), above),
    )
}

/// What follows from so many shared claims of so many: strictly more than the threshold is
/// SEQUENTIAL, so that exactly the threshold is PARTIAL.
fn side(claims: usize, shared: usize, above: Percent) -> Side {
    let feasibility = match shared {
        0 => Feasibility::Full,
        _ if above.is_passed_by(shared, claims) => Feasibility::Sequential,
        _ => Feasibility::Partial,
    };
    Side {
        claims,
        shared,
        feasibility,
    }
}

/// The pairs as an answer has them: not so many that the rest is lost.
pub(super) fn listed(meetings: &[(&Key, &Key)]) -> (Vec<Meeting>, usize) {
    let first = meetings.iter().take(LIST_MAX);
    let first = first.map(|(mine, theirs)| Meeting {
        mine: (*mine).clone(),
        theirs: (*theirs).clone(),
    });
    (first.collect(), meetings.len().saturating_sub(LIST_MAX))
}

fn with_feature(
    feature: &Feature,
    other: &FeatureRecord,
    meetings: &[(&Key, &Key)],
    above: Percent,
) -> WithFeature {
    let (mine, theirs) = sides(feature, other, meetings, above);
    let (keys, more) = listed(meetings);
    WithFeature {
        id: other.id.clone(),
        title: other.title.clone(),
        branch: other.branch.clone(),
        owner: other.owner.clone(),
        status: other.status,
        priority: other.priority,
        mine,
        theirs,
        keys,
        more,
    }
}
