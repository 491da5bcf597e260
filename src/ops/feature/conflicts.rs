//! `feature conflicts`: what the claims of a feature meet.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::feature::{find, overlap};
use crate::model::feature::{Feature, Overlaps, Status};
use crate::model::refusal::Refusal;

use super::super::keys;
use super::merge::{self, Merges};
use super::{Context, name};

/// Show what the claims of a feature meet: claims of others that are not over, and locks of others.
///
/// A directory meets what is in it, a pattern what it matches. FULL: nothing is shared. SEQUENTIAL: more
/// than half of its claims are, or as much as coord.sequentialAbove says; PARTIAL: some are. The other
/// direction can differ, and is shown too. Keys that meet need not conflict: --merge tells.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Conflicts {
    /// Which feature; with --claim, it need not be registered
    #[arg(value_name = "ID")]
    pub id: String,
    /// Ask as if it claimed this, in place of what it claims
    #[arg(long, short, value_name = "KEY")]
    pub claim: Vec<String>,
    /// Merge its branch with those of the others in memory, and show which of them really conflict
    #[arg(long)]
    pub merge: bool,
    /// Where features land, whose attributes count for merging [default: coord.mainBranch, or main, or
    /// master]
    #[arg(long, value_name = "BRANCH", requires = "merge")]
    pub onto: Option<String>,
}

/// The answer of `feature conflicts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Conflicting {
    /// What meets what.
    pub overlaps: Overlaps,
    /// How its branch merges with those of the others, whether their claims meet or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merges: Option<Merges>,
    /// What typed keys were read as, where that is not plain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

impl Conflicts {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Conflicting, Failure> {
        let coord = &context.coord;
        let view = coord.view(None)?;
        let id = name::in_view(&view, &self.id)?;
        let claims = keys::read(context, &self.claim, false)?;
        let mut feature = match find::get(&view, &id)? {
            Some(feature) => feature.body,
            None if !self.claim.is_empty() => asked(context, &id),
            None => name::expect(&view, &id)?.body,
        };
        if feature.status.is_over() && self.claim.is_empty() {
            return Err(Failure::Refused(Box::new(Refusal::WrongState {
                what: "feature".into(),
                name: id.to_string(),
                is: feature.status.as_str().into(),
                needs: "one that is active or queued: its claims count no longer".into(),
            })));
        }
        if !self.claim.is_empty() {
            feature.claims = claims.keys.into_iter().collect();
        }
        let above = coord.settings().sequential_above;
        let overlaps = overlap::of(&view, &coord.stamp_with_sights(), &feature, above)?;
        Ok(Conflicting {
            merges: match self.merge {
                true => Some(merge::all(
                    context,
                    &view,
                    &feature,
                    &overlaps,
                    self.onto.as_deref(),
                )?),
                false => None,
            },
            overlaps,
            notes: claims.notes,
            view_age_secs: view.age.map(|age| age.as_secs()),
        })
    }
}

/// One that is not there yet.
fn asked(context: &Context<'_>, id: &crate::model::id::Id) -> Feature {
    Feature {
        id: id.clone(),
        title: None,
        branch: None,
        owner: context.coord.actor().clone(),
        claims: Default::default(),
        priority: Default::default(),
        depends_on: Default::default(),
        status: Status::Active,
        metadata: Default::default(),
        since: crate::env::now(),
        ended_at: None,
        landed_as: None,
        why: None,
    }
}
