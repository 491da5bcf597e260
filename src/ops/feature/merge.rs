//! Merging the branch of a feature with those of the others, in memory: which overlaps are conflicts.

use schemars::JsonSchema;
use serde::Serialize;

use crate::coord::{Failure, View, as_keys};
use crate::domain::feature::find;
use crate::model::feature::{Feature, Overlaps};
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::text::Text;
use crate::store::{Error, Merged, Merger};

use super::{Context, branch};

/// How two branches merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Git can do it alone.
    Clean,
    /// A person has to decide.
    Conflict,
    /// It cannot be done in memory, for the reason given.
    Unknown,
}

/// One branch with another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MergedWith {
    /// The other feature.
    pub feature: Id,
    /// Its branch.
    pub branch: Text,
    /// Where that is.
    pub head: ObjectId,
    /// Whether their claims meet.
    pub declared: bool,
    /// How they merge.
    pub is: Outcome,
    /// Where they conflict.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Key>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One branch with all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Merges {
    /// The branch.
    pub branch: Text,
    /// Where it is.
    pub head: ObjectId,
    /// The others, by their names.
    pub with: Vec<MergedWith>,
    /// Features that were passed over, because their branch is not in this clone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Id>,
}

/// Merges the branch of a feature with that of each other one that is not over.
pub(super) fn all(
    context: &Context<'_>,
    view: &View<'_>,
    feature: &Feature,
    overlaps: &Overlaps,
    onto: Option<&str>,
) -> Result<Merges, Failure> {
    let (branch, head) = branch::of(context, feature)?.ok_or_else(|| branch::missing(feature))?;
    let (_, onto) = branch::target(context, onto)?;
    let mut merger = context.coord.repo().merger(&onto)?;
    let mut merges = Merges {
        branch,
        head,
        with: Vec::new(),
        elsewhere: Vec::new(),
    };
    let (others, _) = find::all(view)?;
    for other in others {
        if other.status.is_over() || other.id == feature.id {
            continue;
        }
        let Some((branch, theirs)) = branch::of(context, &other)? else {
            merges.elsewhere.push(other.body.id);
            continue;
        };
        let (is, paths, why) = one(&mut merger, &head, &theirs)?;
        let declared = overlaps.features.iter().any(|with| with.id == other.id);
        merges.with.push(MergedWith {
            feature: other.body.id,
            branch,
            head: theirs,
            declared,
            is,
            paths,
            why,
        });
    }
    Ok(merges)
}

fn one(
    merger: &mut Merger<'_>,
    ours: &ObjectId,
    theirs: &ObjectId,
) -> Result<(Outcome, Vec<Key>, Option<String>), Failure> {
    Ok(match merger.merge(ours, theirs) {
        Ok(Merged::Clean { .. }) => (Outcome::Clean, Vec::new(), None),
        Ok(Merged::Conflict { paths }) => (Outcome::Conflict, as_keys(paths)?, None),
        // Of one pair; the others can be merged all the same.
        Err(why @ Error::Unmergeable { .. }) => {
            (Outcome::Unknown, Vec::new(), Some(why.to_string()))
        }
        Err(other) => return Err(other.into()),
    })
}
