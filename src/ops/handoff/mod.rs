//! `handoff`: leave work for somebody else, and take it over.

mod accept;
mod find;
mod write;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::coord::View;
use crate::model::handoff::{HANDOFFS, HandoffRecord};
use crate::model::id::Id;
use crate::model::object_id::ObjectId;

use super::{Answer, Context, names};

/// Leave work for somebody else, and take it over.
///
/// A handoff says what is done, what is not, what was decided and why, and what comes next. It offers
/// the locks that its writer holds, those of claimed tasks among them; `accept` takes them over in one
/// step. It is also a note on its commit: `git log --notes='coord/*'` shows it.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Handoff {
    /// What to do
    #[command(subcommand)]
    pub what: What,
}

/// What to do with handoffs.
#[allow(
    missing_docs,
    reason = "text here would replace the text on the structs in the help"
)]
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize, JsonSchema)]
#[command(defer = true)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    Write(Box<write::Write>),
    Read(find::Read),
    List(find::List),
    Show(find::Show),
    Accept(accept::Accept),
}

/// One handoff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Shown {
    /// The handoff.
    pub handoff: HandoffRecord,
    /// The commit that collected it; absent while it is in the live tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collected: Option<ObjectId>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

/// Several handoffs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Listed {
    /// Newest first.
    pub handoffs: Vec<HandoffRecord>,
    /// Whether there are more that fit.
    pub more: bool,
    /// Records that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

impl Handoff {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match &self.what {
            What::Write(write) => write.run(context),
            What::Read(read) => read.run(context),
            What::List(list) => list.run(context),
            What::Show(show) => show.run(context),
            What::Accept(accept) => accept.run(context),
        }
    }
}

/// Every handoff, newest first, with from whom it is and what it is about.
///
/// # Errors
/// When they cannot be listed.
pub fn titles(context: &Context<'_>) -> Result<Vec<(Id, String)>, Failure> {
    let (all, _) = crate::domain::handoff::all(&context.coord.view(None)?)?;
    let about = |one: HandoffRecord| {
        let title = format!("from {}: {}", one.from.agent, one.content.title());
        (one.body.id, title)
    };
    Ok(all.into_iter().map(about).collect())
}

/// The handoff that was typed.
fn resolve(view: &View<'_>, typed: &str) -> Result<Id, Failure> {
    let places = view.snapshot().places(HANDOFFS)?.into_iter();
    let ids = places.filter_map(|(place, _)| {
        let name = place.as_str().rsplit('/').next()?;
        name.strip_suffix(".json")?.parse().ok()
    });
    names::resolve("handoff", typed, &ids.collect::<Vec<_>>())
}
