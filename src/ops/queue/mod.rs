//! `queue`: branches that are to land, checked together and landed in order.

mod add;
mod change;
mod host;
mod look;
mod name;
mod refused;
mod run;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::queue::{Ask, Entry};
use crate::model::request::Request;

use super::{Answer, Context};
pub use crate::domain::queue::why::{Stands, State};
pub use look::{Listed, Placed, Planned, Shown, standing};
pub(super) use name::of_branch as name_of;
pub use name::titles;
pub use run::{Emptied, Ran};

/// Land branches in order, each exactly as it was checked.
///
/// An entry seals one commit of a branch. `queue run` checks entries alone, merges those that are
/// green onto each other in memory, checks the result once, and lands it in one push: what is on the
/// target afterwards is the very tree that passed. An entry is named by its name, a beginning of it
/// that no other has, or its branch.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// What to do
    #[command(subcommand)]
    pub what: What,
}

/// What to do about the merge queue. The documentation of each is on its struct.
#[allow(
    missing_docs,
    reason = "text here would replace the text on the structs in the help"
)]
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize, JsonSchema)]
#[command(defer = true)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    Add(add::Add),
    List(look::List),
    Show(look::Show),
    Why(look::Why),
    Plan(look::Plan),
    Run(run::Run),
    Land(run::Land),

    Retry(change::Retry),
    Rm(change::Rm),
    Pause(change::Pause),
    Resume(change::Resume),
    Log(look::Log),
}

impl Queue {
    /// Whether it may take as long as others like, or as checks do.
    pub(super) fn waits(&self) -> bool {
        matches!(&self.what, What::Run(_) | What::Land(_))
    }

    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match &self.what {
            What::Add(add) => add.run(context),
            What::List(list) => list.run(context).map(listed),
            What::Show(show) => show
                .run(context)
                .map(|shown| Answer::QueueEntry(Box::new(shown))),
            What::Why(why) => why.run(context).map(listed),
            What::Plan(plan) => plan
                .run(context)
                .map(|planned| Answer::QueuePlan(Box::new(planned))),
            What::Run(run) => run.run(context),
            What::Land(land) => land.run(context),
            What::Retry(retry) => retry.run(context),
            What::Rm(rm) => rm.run(context),
            What::Pause(pause) => pause.run(context),
            What::Resume(resume) => resume.run(context),
            What::Log(log) => log.run(context),
        }
    }
}

fn listed(listed: Listed) -> Answer {
    Answer::Queue(Box::new(listed))
}

/// On which branch entries land.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Target {
    /// The branch to land on [default: the main branch]
    #[arg(long, value_name = "BRANCH")]
    pub target: Option<String>,
}

impl Target {
    fn branch(&self, context: &Context<'_>) -> Result<Branch, Failure> {
        let Some(typed) = &self.target else {
            return context.coord.queue_target();
        };
        branch(typed)
    }
}

fn branch(typed: &str) -> Result<Branch, Failure> {
    typed
        .parse()
        .map_err(|why| Failure::usage(format!("{why}"), "see `git branch`"))
}

/// Asks for a change of a line.
fn ask(context: &Context<'_>, ask: Ask) -> Result<Answer, Failure> {
    let done = context.coord.handle(Request::Queue(ask))?;
    Ok(Answer::done(done, Vec::new()))
}

/// Asks for a change of an entry.
fn ask_about(context: &Context<'_>, entry: &Entry, wanted: Ask) -> Result<Answer, Failure> {
    ask(context, wanted).map_err(|why| refused(context, &entry.target, &entry.id, why))
}

/// Says with a refusal how the entry stands that it is about.
fn refused(context: &Context<'_>, target: &Branch, id: &Id, why: Failure) -> Failure {
    let snapshot = look::snapshot(&context.coord, target, false);
    refused::about(snapshot, std::slice::from_ref(id), why)
}
