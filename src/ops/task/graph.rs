//! `task graph`: what waits for what.

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::task::graph::{self, Choice};
use crate::model::text::Word;
use crate::ops::Context;
use crate::ops::lock::parse;

use super::{named, survey};

pub use crate::domain::task::graph::{Edge, Graph, Link, Node};
pub use crate::domain::task::standing::Standing;

/// How a graph is drawn.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// Lines, each task above what it waits for
    #[default]
    Tree,
    /// A Mermaid flow chart, as Markdown pages show it
    Mermaid,
    /// For Graphviz
    Dot,
}

/// Show what waits for what, and what is a part of what.
///
/// Without an ID: all tasks that are not over, and what they wait for. Circles are drawn as such.
/// With --json, the nodes and edges, whatever the format.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Show {
    /// Only this task, its parts, all that they wait for, and all that wait for it
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    /// Only the tasks of one run, also those that are over
    #[arg(long, value_name = "WORD", conflicts_with = "id")]
    pub run: Option<String>,
    /// Also what is over
    #[arg(long, conflicts_with_all = ["id", "run"])]
    pub all: bool,
    /// How it is drawn
    #[arg(long, value_name = "FORMAT", default_value = "tree")]
    pub format: Style,
}

/// The answer of `task graph`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Drawn {
    /// The tasks and their connections.
    #[serde(flatten)]
    pub graph: Graph,
    /// Records that cannot be read, and so are not in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
    /// How it is drawn for people.
    #[serde(skip)]
    pub format: Style,
}

impl Show {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Drawn, Failure> {
        let coord = &context.coord;
        let view = coord.view(None)?;
        let run: Option<Word> = parse(self.run.as_deref(), "--run")?;
        let choice = match (&self.id, run) {
            (Some(id), _) => Choice::Around(named(&view, id)?),
            (None, Some(run)) => Choice::Run(run),
            (None, None) if self.all => Choice::All,
            (None, None) => Choice::Open,
        };
        let open = survey::open(coord, &view)?;
        let over = match choice {
            Choice::Open => survey::waited_for(&view, &open),
            _ => survey::ended(&view)?,
        };
        let survey = open.with(over);
        Ok(Drawn {
            graph: graph::of(&survey.tasks, &choice),
            damaged: survey.damaged,
            view_age_secs: view.age.map(|age| age.as_secs()),
            format: self.format,
        })
    }
}
