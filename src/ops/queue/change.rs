//! `queue retry`, `rm`, `pause` and `resume`.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::queue::{Ask, Drop, Pause as WantedPause, Retry as WantedRetry};

use super::add::value;
use super::look::red_trees;
use super::{Answer, Context, Target, ask, ask_about, name};

/// Put an entry back in line, with what its branch has now.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// Which entry
    #[arg(value_name = "ENTRY")]
    pub id: String,
    /// Where it lands
    #[command(flatten)]
    #[serde(flatten)]
    pub target: Target,
    /// Forget what its check said: what was wrong was not in the branch
    #[arg(long)]
    pub rerun: bool,
}

/// Take an entry out of the line.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rm {
    /// Which entry
    #[arg(value_name = "ENTRY")]
    pub id: String,
    /// Where it lands
    #[command(flatten)]
    #[serde(flatten)]
    pub target: Target,
    /// Why
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Stop the line: nothing lands until `resume`.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pause {
    /// Which line
    #[command(flatten)]
    #[serde(flatten)]
    pub target: Target,
    /// Why
    #[arg(long, short = 'm', value_name = "TEXT", required = true)]
    pub reason: String,
}

/// Let the line go on.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Resume {
    /// Which line
    #[command(flatten)]
    #[serde(flatten)]
    pub target: Target,
}

impl Retry {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let target = self.target.branch(context)?;
        let entry = name::of(&coord.view(None)?, &target, &self.id)?;
        let commit = match &entry.branch {
            Some(branch) => coord.newest_of(branch)?,
            None => None,
        };
        let commit = commit.unwrap_or(entry.sealed);
        let sealed = coord.sealed(&target, commit)?;
        coord.seal_for(&target, entry.branch.as_ref(), sealed.commit)?;
        let wanted = WantedRetry {
            target,
            id: entry.id.clone(),
            sealed: sealed.commit,
            base: Some(sealed.base),
            paths: sealed.paths,
            rerun: self.rerun,
            trees: if self.rerun {
                red_trees(context, &self.target, &entry.id)?
            } else {
                Vec::new()
            },
        };
        ask_about(context, &entry, Ask::Retry(wanted))
    }
}

impl Rm {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let target = self.target.branch(context)?;
        let entry = name::of(&context.coord.view(None)?, &target, &self.id)?;
        let why = self.reason.as_deref();
        let wanted = Drop {
            target,
            id: entry.id.clone(),
            why: why.map(|why| value(why, "--reason")).transpose()?,
        };
        ask_about(context, &entry, Ask::Drop(wanted))
    }
}

impl Pause {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let wanted = WantedPause {
            target: self.target.branch(context)?,
            why: Some(value(&self.reason, "--reason")?),
        };
        ask(context, Ask::Pause(wanted))
    }
}

impl Resume {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let wanted = WantedPause {
            target: self.target.branch(context)?,
            why: None,
        };
        ask(context, Ask::Pause(wanted))
    }
}
