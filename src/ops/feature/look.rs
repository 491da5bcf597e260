//! `feature show` and `list`.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Failure, View};
use crate::domain::feature::{find, overlap, pause};
use crate::model::feature::{Feature, FeatureRecord, Overlaps};
use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::refusal::Conflict;

use super::{Answer, Context, name};

/// How many features a list has unless asked for more.
const LIMIT_DEFAULT: usize = 50;

/// Show all of one feature: what it says, what its claims meet, what waits for it, who has paused it.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Show {
    /// Which feature
    #[arg(value_name = "ID")]
    pub id: String,
}

/// List features, most urgent first.
///
/// Without --status or --all: those that are not over. Filters apply before the limit.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct List {
    /// Only with this status
    #[arg(long, value_name = "STATUS", value_parser = ["active", "queued", "landed", "cancelled"])]
    pub status: Vec<String>,
    /// Only yours
    #[arg(long)]
    pub mine: bool,
    /// Also those that are over
    #[arg(long, conflicts_with = "status")]
    pub all: bool,
    /// At most so many [default: 50]
    #[arg(long, short = 'n', value_name = "N")]
    pub limit: Option<usize>,
}

/// The answer of `feature show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Shown {
    /// The record.
    pub feature: FeatureRecord,
    /// What its claims meet; absent when it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlaps: Option<Overlaps>,
    /// Features that land after it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependants: Vec<Id>,
    /// Who has stopped it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paused_by: Vec<Conflict>,
    /// The commit that collected it: it is over, and no longer in the live tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collected: Option<ObjectId>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

/// The answer of `feature list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Listed {
    /// The features.
    pub features: Vec<FeatureRecord>,
    /// Whether there are more.
    pub more: bool,
    /// Records that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

impl Show {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let view = coord.view(None)?;
        let id = name::in_view(&view, &self.id)?;
        let shown = match find::get(&view, &id)? {
            None => match coord.buried(&Feature::place(&id))? {
                Some(buried) => Shown {
                    collected: Some(buried.commit),
                    ..of(context, &buried.view, &id)?
                },
                None => of(context, &view, &id)?,
            },
            Some(_) => of(context, &view, &id)?,
        };
        Ok(Answer::Feature(Box::new(shown)))
    }
}

/// The feature as one state has it.
fn of(context: &Context<'_>, view: &View<'_>, id: &Id) -> Result<Shown, Failure> {
    let coord = &context.coord;
    let stamp = coord.stamp_with_sights();
    let feature = name::expect(view, id)?;
    let is_over = feature.status.is_over();
    let above = coord.settings().sequential_above;
    let overlaps = match is_over {
        true => None,
        false => Some(overlap::of(view, &stamp, &feature, above)?),
    };
    let paused_by = match is_over {
        true => Vec::new(),
        false => pause::of(view, &stamp, id)?.by,
    };
    coord.note_sights(&paused_by);
    let (all, _) = find::all(view)?;
    let waits = all
        .iter()
        .filter(|other| !other.status.is_over() && other.depends_on.contains(id));
    Ok(Shown {
        overlaps,
        dependants: waits.map(|other| other.id.clone()).collect(),
        paused_by,
        collected: None,
        view_age_secs: view.age.map(|age| age.as_secs()),
        feature,
    })
}

impl List {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Listed, Failure> {
        let coord = &context.coord;
        let view = coord.view(None)?;
        let (mut features, damaged) = find::all(&view)?;
        let me = &coord.actor().agent;
        features.retain(|feature| {
            let is_asked = match self.status.as_slice() {
                [] => self.all || !feature.status.is_over(),
                some => some.iter().any(|word| word == feature.status.as_str()),
            };
            is_asked && (!self.mine || feature.owner.agent == *me)
        });
        features.sort_by(|one, other| {
            let rank = |feature: &FeatureRecord| {
                (
                    feature.status.is_over(),
                    feature.priority,
                    feature.since,
                    feature.id.clone(),
                )
            };
            rank(one).cmp(&rank(other))
        });
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT);
        let more = features.len() > limit;
        features.truncate(limit);
        Ok(Listed {
            features,
            more,
            damaged: damaged.iter().map(ToString::to_string).collect(),
            view_age_secs: view.age.map(|age| age.as_secs()),
        })
    }
}
