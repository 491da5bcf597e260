//! `feature drift`: what branches really touch, against what their features claim.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Failure, View, as_keys};
use crate::domain::feature::{drift, find};
use crate::model::feature::{FeatureRecord, Status};
use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::refusal::Refusal;
use crate::model::text::Text;

use super::{Context, branch, name};

/// Compare what a branch really touches with what its feature claims.
///
/// It touches what differs between the branch and the point where it left its target, both names of a
/// rename. Without an ID: the feature of the current branch.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Drift {
    /// Which feature
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    /// Every feature that is not over and has its branch in this clone
    #[arg(long, conflicts_with = "id")]
    pub all: bool,
    /// Where it will land [default: coord.mainBranch, or main, or master]
    #[arg(long, value_name = "BRANCH")]
    pub onto: Option<String>,
    /// Exit with 1 when it touches what it does not claim and somebody else claims or holds
    #[arg(long)]
    pub check: bool,
}

/// The answer of `feature drift`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Drifted {
    /// Each feature with its branch.
    pub features: Vec<Drifting>,
    /// Whether any touches what it does not claim and somebody else claims or holds.
    pub contested: bool,
    /// Features that were passed over, because their branch is not in this clone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Id>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
    /// Whether contested paths are a refusal.
    #[serde(skip)]
    pub is_check: bool,
}

/// One feature and its branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Drifting {
    /// Which feature.
    pub id: Id,
    /// Its branch.
    pub branch: Text,
    /// Where that is.
    pub head: ObjectId,
    /// Where it will land.
    pub target: String,
    /// How many paths it touches.
    pub touched: usize,
    /// How that differs from its claims.
    pub drift: drift::Drift,
}

impl Drifted {
    /// Whether the answer is no.
    pub fn is_refused(&self) -> bool {
        self.is_check && self.contested
    }
}

impl Drift {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Drifted, Failure> {
        let coord = &context.coord;
        let view = coord.view(None)?;
        let mut drifted = Drifted {
            view_age_secs: view.age.map(|age| age.as_secs()),
            is_check: self.check,
            ..Drifted::default()
        };
        let features = self.features(context, &view)?;
        let (target, onto) = branch::target(context, self.onto.as_deref())?;
        for feature in features {
            let Some((branch, head)) = branch::of(context, &feature)? else {
                if self.all {
                    drifted.elsewhere.push(feature.body.id);
                    continue;
                }
                return Err(branch::missing(&feature));
            };
            let touched = as_keys(coord.repo().touched(&onto, &head)?)?;
            let stamp = coord.stamp_with_sights();
            let drift = drift::of(&view, &stamp, &feature, &touched)?;
            drifted.contested |= !drift.contested.is_empty();
            drifted.features.push(Drifting {
                id: feature.body.id,
                branch,
                head,
                target: target.clone(),
                touched: touched.len(),
                drift,
            });
        }
        Ok(drifted)
    }

    fn features(
        &self,
        context: &Context<'_>,
        view: &View<'_>,
    ) -> Result<Vec<FeatureRecord>, Failure> {
        if let Some(typed) = &self.id {
            let feature = name::expect(view, &name::in_view(view, typed)?)?;
            if feature.status == Status::Cancelled {
                return Err(Failure::Refused(Box::new(Refusal::WrongState {
                    what: "feature".into(),
                    name: feature.id.to_string(),
                    is: feature.status.as_str().into(),
                    needs: "one that is not cancelled: its claims count no longer".into(),
                })));
            }
            return Ok(vec![feature]);
        }
        let (mut all, _) = find::all(view)?;
        all.retain(|feature| !feature.status.is_over());
        if self.all {
            return Ok(all);
        }
        let current = context.coord.current_branch();
        let is_here = |feature: &FeatureRecord| {
            let own = feature.branch.as_ref().map(|branch| branch.as_str());
            own.is_some() && own == current.as_deref()
        };
        all.retain(is_here);
        if all.is_empty() {
            let what = match current {
                Some(branch) => format!("no feature is made on branch `{}`", branch.escape_debug()),
                None => "no branch is checked out here".into(),
            };
            let help = "name a feature, or use `--all`; `git coord feature list` has them";
            return Err(Failure::usage(what, help));
        }
        Ok(all)
    }
}
