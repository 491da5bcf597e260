//! `feature done` and `cancel`.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::feature::{Ask, Finish, Status};

use super::super::{given, words};
use super::{Answer, Context, ask, name};

/// A feature has landed; its claims count no longer. The merge queue says so by itself.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Done {
    /// Which feature
    #[arg(value_name = "ID")]
    pub id: String,
    /// The commit that it landed as
    #[arg(long, value_name = "COMMIT")]
    pub commit: Option<String>,
    /// It belongs to another agent
    #[arg(long)]
    pub takeover: bool,
}

/// A feature is no longer wanted; its claims count no longer.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cancel {
    /// Which feature
    #[arg(value_name = "ID")]
    pub id: String,
    /// Why
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub why: Option<String>,
    /// It belongs to another agent
    #[arg(long)]
    pub takeover: bool,
    /// A rule of the secret scan that is wrong about this text; kept in the log
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

impl Done {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let landed_as = match &self.commit {
            None => None,
            Some(text) => Some(context.coord.commit_named(text)?.ok_or_else(|| {
                let what = format!("`{}` is no commit", text.escape_debug());
                Failure::usage(what, "name a commit, as `--commit main`")
            })?),
        };
        let finish = Finish {
            id: name::of(context, &self.id)?,
            status: Status::Landed,
            landed_as,
            why: None,
            takeover: self.takeover,
            allow_secrets: Default::default(),
        };
        ask(context, Ask::Finish(finish), Vec::new())
    }
}

impl Cancel {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let finish = Finish {
            id: name::of(context, &self.id)?,
            status: Status::Cancelled,
            landed_as: None,
            why: given::one(self.why.as_deref(), "--why")?,
            takeover: self.takeover,
            allow_secrets: words::read(&self.allow_secret, "--allow-secret")?,
        };
        ask(context, Ask::Finish(finish), Vec::new())
    }
}
