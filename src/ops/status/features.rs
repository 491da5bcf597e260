//! How many features there are, and which are one's own.

use schemars::JsonSchema;
use serde::Serialize;

use crate::coord::{Failure, View};
use crate::domain::feature::{find, pause};
use crate::model::feature::{FEATURES, Status};
use crate::model::id::Id;
use crate::model::stamp::Stamp;
use crate::model::text::Text;

/// How many features there are that are not over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Features {
    /// Somebody works on them.
    pub active: usize,
    /// They wait to be landed.
    pub queued: usize,
    /// Somebody else has paused them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paused: Vec<Id>,
    /// Those of this agent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mine: Vec<OwnFeature>,
}

/// A feature of this agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OwnFeature {
    /// Its name.
    pub id: Id,
    /// One line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Its branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// How far it is.
    pub status: Status,
    /// How many claims it has.
    pub claims: usize,
}

/// Counts the features; none when there are none.
pub(super) fn count(view: &View<'_>, stamp: &Stamp) -> Result<Option<Features>, Failure> {
    if !view.snapshot().has(FEATURES)? {
        return Ok(None);
    }
    // What cannot be read is reported by `feature list`.
    let (all, _) = find::all(view)?;
    let mut features = Features::default();
    for feature in all {
        match feature.status {
            Status::Active => features.active += 1,
            Status::Queued => features.queued += 1,
            Status::Landed | Status::Cancelled => continue,
        }
        if pause::of(view, stamp, &feature.id).is_ok_and(|pause| pause.is_on()) {
            features.paused.push(feature.id.clone());
        }
        if feature.owner.agent == stamp.by.agent {
            features.mine.push(OwnFeature {
                status: feature.status,
                claims: feature.claims.len(),
                id: feature.body.id,
                title: feature.body.title,
                branch: feature.body.branch,
            });
        }
    }
    let is_none = features.active + features.queued == 0;
    Ok((!is_none).then_some(features))
}
