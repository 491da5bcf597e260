//! `task`: what is to be done, who is at it, and what comes next.

mod add;
mod edit;
mod finish;
pub mod graph;
pub mod import;
mod list;
pub(super) mod name;
mod next;
pub mod patterns;
mod row;
mod show;
pub mod survey;
mod typed;
pub mod wait;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Failure, View};
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::request::Request;
use crate::model::task::{Ask, CLAIMS};

use super::{Answer, Context};
pub use crate::domain::task::standing::{Blocker, Standing};
pub use list::{List, Listed};
pub use row::Row;
pub use show::{Claimed, Shown};

/// Divide work: add tasks, take the next one, finish it.
///
/// A task is open, claimed, running, and then done, failed, cancelled or dead. Whether an open one is
/// ready or blocked follows from what it depends on. Claiming takes a lock with a lease that the
/// session's commands renew: when its holder dies the task is open again, and after the last
/// attempt it is dead. A task is named by its id or by a beginning of it that no other has.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// What to do
    #[command(subcommand)]
    pub what: What,
}

/// What to do about tasks. The documentation of each is on its struct.
#[allow(
    missing_docs,
    reason = "text here would replace the text on the structs in the help"
)]
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize, JsonSchema)]
#[command(defer = true)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    Add(add::Add),
    Next(next::Next),
    Claim(next::Claim),
    Start(finish::Start),
    Done(finish::Done),
    Fail(finish::Fail),
    Cancel(finish::Cancel),
    Release(finish::Release),
    Retry(finish::Retry),
    Edit(edit::Edit),
    Comment(edit::Comment),
    Show(show::Show),
    List(List),
    Ready(list::Ready),
    Blocked(list::Blocked),
    Search(list::Search),
    Import(import::Import),
    Graph(graph::Show),
    FanOut(patterns::FanOut),
    Pipeline(patterns::Pipeline),
    Scatter(patterns::Scatter),
    Wait(wait::Wait),
}

impl Task {
    /// Whether it may take as long as others like.
    pub(super) fn waits(&self) -> bool {
        match &self.what {
            What::Next(next) => next.wait.is_some(),
            What::Wait(_) => true,
            _ => false,
        }
    }

    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match &self.what {
            What::Add(add) => add.run(context),
            What::Next(next) => next.run(context),
            What::Claim(claim) => claim.run(context),
            What::Start(start) => start.run(context),
            What::Done(done) => done.run(context),
            What::Fail(fail) => fail.run(context),
            What::Cancel(cancel) => cancel.run(context),
            What::Release(release) => release.run(context),
            What::Retry(retry) => retry.run(context),
            What::Edit(edit) => edit.run(context),
            What::Comment(comment) => comment.run(context),
            What::Show(show) => show.run(context).map(|shown| Answer::Task(Box::new(shown))),
            What::List(list) => list.run(context).map(Answer::Tasks),
            What::Ready(ready) => ready.run(context).map(Answer::Tasks),
            What::Blocked(blocked) => blocked.run(context).map(Answer::Tasks),
            What::Search(search) => search.run(context).map(Answer::Tasks),
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

/// The task that is meant in a state that was opened, and has to be there, for other operations.
pub(super) fn named(view: &View<'_>, typed: &str) -> Result<Id, Failure> {
    let id = name::in_view(view, typed)?;
    name::expect(view, &id)?;
    Ok(id)
}

/// Asks for a change.
fn ask(context: &Context<'_>, ask: Ask) -> Result<Answer, Failure> {
    let done = context.coord.handle(Request::Task(ask))?;
    Ok(Answer::done(done, Vec::new()))
}

/// Whether a typed key is that of a claim.
pub(super) fn is_claim(text: &str) -> bool {
    let id = text
        .strip_prefix(CLAIMS)
        .and_then(|rest| rest.strip_prefix(':'));
    id.is_some_and(|id| id.parse::<Id>().is_ok())
}

/// The key of a claim, as it is typed.
pub(super) fn claim(context: &Context<'_>, text: &str) -> Result<Key, Failure> {
    name::of(context, text).map(|id| Key::claim_of_task(&id))
}
