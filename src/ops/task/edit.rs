//! `task edit` and `task comment`.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::request::Request;
use crate::model::task::{Ask, Commented, Edit as Wanted};

use super::super::{feature, keys};
use super::add::on_fail;
use super::{Answer, Context, ask, name, typed};

/// Change what a task says. What is not named stays as it is.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Edit {
    /// Which task
    #[arg(value_name = "ID")]
    pub id: String,
    /// What is to be done, in one line
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// All that is needed to do it; `@FILE` reads a file, `-` standard input
    #[arg(long, short, value_name = "TEXT", allow_hyphen_values = true)]
    pub body: Option<String>,
    /// Its sort
    #[arg(long, value_name = "WORD")]
    pub sort: Option<String>,
    /// How urgent it is, 0 (most) to 4 (least)
    #[arg(long, short, value_name = "N")]
    pub priority: Option<String>,
    /// A label to add
    #[arg(long, short, value_name = "WORD")]
    pub label: Vec<String>,
    /// A label to take off
    #[arg(long, value_name = "WORD")]
    pub unlabel: Vec<String>,
    /// A task that has to be done first
    #[arg(long, value_name = "ID")]
    pub depends_on: Vec<String>,
    /// A task that need not be done first any more
    #[arg(long, value_name = "ID")]
    pub independent_of: Vec<String>,
    /// The feature that it belongs to
    #[arg(long, value_name = "FEATURE")]
    pub feature: Option<String>,
    /// It belongs to no feature any more
    #[arg(long, conflicts_with = "feature")]
    pub no_feature: bool,
    /// What becomes of it when a dependency is not done
    #[arg(long, value_name = "WHAT", value_parser = ["hold", "fail", "ignore"])]
    pub on_fail: Option<String>,
    /// A key that it will change; those that are named replace the ones it had
    #[arg(long, short, value_name = "KEY")]
    pub key: Vec<String>,
    /// It will change nothing that has a key
    #[arg(long, conflicts_with = "key")]
    pub no_keys: bool,
    /// Only for this agent
    #[arg(long, value_name = "NAME")]
    pub assignee: Option<String>,
    /// For anybody again
    #[arg(long, conflicts_with = "assignee")]
    pub unassign: bool,
    /// When it should be done: `2h`, `2026-01-31`, or a time
    #[arg(long, value_name = "WHEN")]
    pub deadline: Option<String>,
    /// The revision that was seen, from `git coord task show --json`; another one refuses the change
    #[arg(long, value_name = "N")]
    pub rev: Option<u64>,
    /// A rule of the secret scan that is wrong about this text; kept in the log
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

/// Leave a remark on a task.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Comment {
    /// Which task
    #[arg(value_name = "ID")]
    pub id: String,
    /// The remark; `@FILE` reads a file, `-` standard input
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub text: String,
    /// A rule of the secret scan that is wrong about this text; kept in the log
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

impl Edit {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let resolved = keys::read(context, &self.key, false)?;
        let body = match &self.body {
            Some(text) => Some(typed::content(context, text, "--body")?),
            None => None,
        };
        let is_named = self.no_keys || !self.key.is_empty();
        let wanted = Wanted {
            id: name::of(context, &self.id)?,
            title: typed::optional(self.title.as_deref(), "--title")?,
            body: typed::optional(body.as_deref(), "--body")?,
            sort: typed::optional(self.sort.as_deref(), "--sort")?,
            priority: typed::optional(self.priority.as_deref(), "--priority")?,
            add_labels: typed::words(&self.label, "--label")?,
            remove_labels: typed::words(&self.unlabel, "--unlabel")?,
            add_depends: name::of_all(context, &self.depends_on)?
                .into_iter()
                .collect(),
            remove_depends: name::of_all(context, &self.independent_of)?
                .into_iter()
                .collect(),
            feature: feature::name::optional(context, self.feature.as_deref())?,
            no_feature: self.no_feature,
            on_fail: on_fail(self.on_fail.as_deref()),
            keys: is_named.then_some(resolved.keys),
            assignee: typed::optional(self.assignee.as_deref(), "--assignee")?,
            unassign: self.unassign,
            deadline: self
                .deadline
                .as_deref()
                .map(|text| typed::moment(text, "--deadline"))
                .transpose()?,
            rev: self.rev,
            allow_secrets: typed::words(&self.allow_secret, "--allow-secret")?,
        };
        let done = context.coord.handle(Request::Task(Ask::Edit(wanted)))?;
        Ok(Answer::done(done, resolved.notes))
    }
}

impl Comment {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let text = typed::content(context, &self.text, "the remark")?;
        let wanted = Commented {
            id: name::of(context, &self.id)?,
            text: typed::value(&text, "the remark")?,
            allow_secrets: typed::words(&self.allow_secret, "--allow-secret")?,
        };
        ask(context, Ask::Comment(wanted))
    }
}
