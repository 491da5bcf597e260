//! `feature plan`: in which order features land, and which of them can be made side by side.

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::feature::plan;

use super::Context;

/// How a plan is drawn.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// Lines, lane by lane
    #[default]
    Text,
    /// A Mermaid flow chart, as Markdown pages show it
    Mermaid,
}

/// Propose an order for all features that are not over, and lanes that have nothing to do with each
/// other.
///
/// A feature waits for those that it depends on, and for those before it with which it shares more of
/// its claims than half, or than coord.sequentialAbove says; with those with which it shares less it
/// can be made at the same time, and lands after them. With --json, all of it, whatever the format.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// How it is drawn
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Style,
}

/// The answer of `feature plan`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Planned {
    /// What is proposed.
    pub plan: plan::Plan,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
    /// How it is drawn for people.
    #[serde(skip)]
    pub format: Style,
}

impl Plan {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Planned, Failure> {
        let coord = &context.coord;
        let view = coord.view(None)?;
        let above = coord.settings().sequential_above;
        let plan = plan::of(&view, &coord.stamp_with_sights(), above)?;
        for step in &plan.order {
            coord.note_sights(&step.paused_by);
        }
        Ok(Planned {
            plan,
            view_age_secs: view.age.map(|age| age.as_secs()),
            format: self.format,
        })
    }
}
