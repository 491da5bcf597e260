//! `feature`: what is about to be changed on which branch, and how that fits together.

mod branch;
mod conflicts;
mod drift;
mod finish;
mod look;
mod merge;
pub(super) mod name;
mod plan;
mod register;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::feature::Ask;
use crate::model::request::Request;

use super::{Answer, Context};
pub use crate::domain::feature::drift::{Contest, Drift as Difference};
pub use crate::domain::feature::plan::{After, Plan as Proposal, Step, Stuck, Why};
pub use conflicts::Conflicting;
pub use drift::{Drifted, Drifting};
pub use look::{List, Listed, Shown};
pub use merge::{MergedWith, Merges, Outcome};
pub use plan::{Planned, Style};

/// Say what you are about to change, and see who else is about to.
///
/// A feature is a branch with claims: paths, directories, patterns and other keys. A claim keeps nobody
/// out, as a lock does; it lets others plan around it, and the branch be checked against it. A lock on
/// `feature:ID:pause` stops the work on a feature for all but its holder. A feature is named by its id
/// or by a beginning of it that no other has.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// What to do
    #[command(subcommand)]
    pub what: What,
}

/// What to do about features. The documentation of each is on its struct.
#[allow(
    missing_docs,
    reason = "text here would replace the text on the structs in the help"
)]
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize, JsonSchema)]
#[command(defer = true)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    Register(register::Register),
    Update(register::Update),
    Show(look::Show),
    List(List),
    Conflicts(conflicts::Conflicts),
    Plan(plan::Plan),
    Drift(drift::Drift),
    Done(finish::Done),
    Cancel(finish::Cancel),
}

impl Feature {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match &self.what {
            What::Register(register) => register.run(context),
            What::Update(update) => update.run(context),
            What::Show(show) => show.run(context),
            What::List(list) => list.run(context).map(Answer::Features),
            What::Conflicts(conflicts) => conflicts
                .run(context)
                .map(|found| Answer::FeatureConflicts(Box::new(found))),
            What::Plan(plan) => plan
                .run(context)
                .map(|planned| Answer::FeaturePlan(Box::new(planned))),
            What::Drift(drift) => drift.run(context).map(Answer::FeatureDrift),
            What::Done(done) => done.run(context),
            What::Cancel(cancel) => cancel.run(context),
        }
    }
}

/// Asks for a change.
fn ask(context: &Context<'_>, ask: Ask, notes: Vec<String>) -> Result<Answer, Failure> {
    let done = context.coord.handle(Request::Feature(ask))?;
    Ok(Answer::done(done, notes))
}
