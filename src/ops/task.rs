//! `task`: what is to be done.

pub mod graph;
pub mod ids;
pub mod import;
pub mod patterns;
pub mod survey;
pub mod wait;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;

use super::{Answer, Context};

/// Divide work into tasks that agents claim, finish and wait for.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// What to do
    #[command(subcommand)]
    pub what: What,
}

/// What to do with tasks. The documentation of each is on its struct.
#[allow(
    missing_docs,
    reason = "text here would replace the text on the structs in the help"
)]
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    Import(import::Import),
    Graph(graph::Show),
    FanOut(patterns::FanOut),
    Pipeline(patterns::Pipeline),
    Scatter(patterns::Scatter),
    Wait(wait::Wait),
}

impl Task {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match &self.what {
            What::Import(import) => import.run(context),
            What::Graph(graph) => graph
                .run(context)
                .map(|drawn| Answer::Graph(Box::new(drawn))),
            What::FanOut(pattern) => pattern.run(context),
            What::Pipeline(pattern) => pattern.run(context),
            What::Scatter(pattern) => pattern.run(context),
            What::Wait(wait) => wait.run(context).map(Answer::Waited),
        }
    }
}
