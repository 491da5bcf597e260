//! What a branch really touches, against what its feature claims.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::feature::Feature;
use crate::model::id::{Actor, Id};
use crate::model::key::Key;
use crate::model::record::Damage;
use crate::model::stamp::Stamp;

use super::super::staged::State;
use super::super::{lease, locks};
use super::find;

/// Somebody else's right to a path that was touched and not claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Contest {
    /// The path.
    pub path: Key,
    /// The claim or lock that covers it.
    pub key: Key,
    /// Whose that is.
    pub by: Actor,
    /// The feature, when it is a claim; a lock else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<Id>,
}

/// How a branch and its claims differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Drift {
    /// Paths that the branch touches and the feature does not claim.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undeclared: Vec<Key>,
    /// Those of them that somebody else claims or holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contested: Vec<Contest>,
    /// Claims that the branch does not touch. Keys that are no files cannot be seen in a branch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub untouched: Vec<Key>,
    /// Records that may matter and cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
}

/// Compares. `touched` are files from the top of the repository.
///
/// # Errors
/// When the features cannot be listed.
pub fn of(
    state: &dyn State,
    stamp: &Stamp,
    feature: &Feature,
    touched: &[Key],
) -> Result<Drift, Damage> {
    let (others, damaged) = find::all(state)?;
    let mut drift = Drift {
        damaged: damaged.iter().map(ToString::to_string).collect(),
        ..Drift::default()
    };
    let is_claimed = |path: &&Key| feature.claims.iter().any(|claim| claim.covers(path));
    let undeclared = touched.iter().filter(|path| !is_claimed(path));
    drift.undeclared = undeclared.cloned().collect();
    for path in &drift.undeclared {
        for other in &others {
            if other.status.is_over() || other.id == feature.id {
                continue;
            }
            let claims = other.claims.iter().filter(|claim| claim.overlaps(path));
            drift.contested.extend(claims.map(|claim| Contest {
                path: path.clone(),
                key: claim.clone(),
                by: other.owner.clone(),
                feature: Some(other.id.clone()),
            }));
        }
        match locks::overlapping(state, path) {
            Ok(locks) => {
                for lock in locks {
                    let others = lock.holds.iter().filter(|hold| {
                        hold.agent != feature.owner.agent
                            && lease::ended(&lock.key, hold, stamp).is_none()
                    });
                    drift.contested.extend(others.map(|hold| Contest {
                        path: path.clone(),
                        key: lock.key.clone(),
                        by: hold.actor(),
                        feature: None,
                    }));
                }
            }
            Err(damage) => drift.damaged.push(damage.to_string()),
        }
    }
    let is_file = |claim: &&Key| !matches!(claim, Key::Logical(_));
    let is_touched = |claim: &&Key| touched.iter().any(|path| claim.overlaps(path));
    let claims = feature.claims.iter().filter(is_file);
    drift.untouched = claims.filter(|claim| !is_touched(claim)).cloned().collect();
    drift.damaged.sort();
    drift.damaged.dedup();
    Ok(drift)
}
