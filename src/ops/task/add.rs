//! `task add`.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::request::Request;
use crate::model::task::{Add as Wanted, Ask, New, OnFail, Requires};

use super::super::{feature, keys};
use super::import::Import;
use super::{Answer, Context, name, typed};

/// Add a task.
///
/// It is ready when all that it depends on is done. What it will change is named with --key, so that
/// `git coord task next` prefers tasks whose files are free and can lock them in the same step.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Add {
    /// What is to be done, in one line
    #[arg(value_name = "TITLE", required_unless_present = "from_file")]
    pub title: Option<String>,
    /// Add all tasks that a file describes, or standard input with `-`, or none of them; see
    /// `git coord task import`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["title", "body", "id", "sort", "priority",
        "feature", "depends_on", "on_fail", "key", "assignee", "requires", "trust", "reviews", "deadline", "ttl",
        "max_attempts", "idempotency_key"])]
    pub from_file: Option<String>,
    /// Keep the ids of that file where they can be ids: lower-case letters, digits and `-`
    #[arg(long, requires = "from_file")]
    pub keep_ids: bool,
    /// All that is needed to do it; `@FILE` reads a file, `-` standard input
    #[arg(long, short, value_name = "TEXT", allow_hyphen_values = true)]
    pub body: Option<String>,
    /// Its name: lower-case letters, digits and `-` [default: eight digits]
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// task, bug, feature, epic, review, or a word of your own [default: task]
    #[arg(long, value_name = "WORD")]
    pub sort: Option<String>,
    /// How urgent it is, 0 (most) to 4 (least) [default: 2]
    #[arg(long, short, value_name = "N")]
    pub priority: Option<String>,
    /// A word to find it by
    #[arg(long, short, value_name = "WORD")]
    pub label: Vec<String>,
    /// The task that it is a part of
    #[arg(long, value_name = "ID")]
    pub parent: Option<String>,
    /// The feature that it belongs to: while that is paused, nobody is given it
    #[arg(long, value_name = "FEATURE")]
    pub feature: Option<String>,
    /// A task that has to be done first
    #[arg(long, value_name = "ID")]
    pub depends_on: Vec<String>,
    /// What becomes of it when one of those is not done: it waits, it fails too, or it goes on
    #[arg(long, value_name = "WHAT", value_parser = ["hold", "fail", "ignore"])]
    pub on_fail: Option<String>,
    /// A key that it will change, as for `git coord lock`
    #[arg(long, short, value_name = "KEY")]
    pub key: Vec<String>,
    /// Only for this agent
    #[arg(long, value_name = "NAME")]
    pub assignee: Option<String>,
    /// Only for agents that have this capability
    #[arg(long, value_name = "WORD")]
    pub requires: Vec<String>,
    /// Only for agents with at least this trust, 0 to 4
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=4))]
    pub trust: Option<u8>,
    /// The task whose work it reviews: not for those who worked on that
    #[arg(long, value_name = "ID")]
    pub reviews: Option<String>,
    /// When it should be done: `2h`, `2026-01-31`, or a time; then it comes first in its priority
    #[arg(long, value_name = "WHEN")]
    pub deadline: Option<String>,
    /// Length of the lease of its claims, from 1m to 8h [default: that of the claim]
    #[arg(long, value_name = "TIME")]
    pub ttl: Option<String>,
    /// How often it may be tried before it is dead [default: 3]
    #[arg(long, value_name = "N")]
    pub max_attempts: Option<u32>,
    /// A word that the tasks of one piece of work have in common
    #[arg(long, value_name = "WORD")]
    pub run: Option<String>,
    /// A text that makes asking again safe: the same text finds the task that it made; with --id the
    /// same id does
    #[arg(long, value_name = "TEXT")]
    pub idempotency_key: Option<String>,
    /// A rule of the secret scan that is wrong about this text; kept in the log
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

impl Add {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        if let Some(file) = &self.from_file {
            let import = Import {
                file: file.clone(),
                keep_ids: self.keep_ids,
                run: self.run.clone(),
                label: self.label.clone(),
                parent: self.parent.clone(),
                allow_secret: self.allow_secret.clone(),
                ..Import::default()
            };
            return import.run(context);
        }
        let resolved = keys::read(context, &self.key, false)?;
        let body = match &self.body {
            Some(text) => Some(typed::content(context, text, "--body")?),
            None => None,
        };
        let one = |text: &Option<String>| -> Result<_, Failure> {
            text.as_deref()
                .map(|text| name::of(context, text))
                .transpose()
        };
        let new = New {
            id: typed::optional(self.id.as_deref(), "--id")?,
            title: typed::value(self.title.as_deref().unwrap_or_default(), "the title")?,
            body: typed::optional(body.as_deref(), "--body")?,
            sort: typed::optional(self.sort.as_deref(), "--sort")?,
            priority: typed::optional(self.priority.as_deref(), "--priority")?.unwrap_or_default(),
            labels: typed::words(&self.label, "--label")?,
            parent: one(&self.parent)?,
            depends: name::of_all(context, &self.depends_on)?
                .into_iter()
                .collect(),
            on_fail: on_fail(self.on_fail.as_deref()).unwrap_or_default(),
            keys: resolved.keys,
            assignee: typed::optional(self.assignee.as_deref(), "--assignee")?,
            requires: Requires {
                capabilities: typed::words(&self.requires, "--requires")?,
                trust: self.trust,
            },
            reviews: one(&self.reviews)?,
            rivals: Default::default(),
            feature: feature::name::optional(context, self.feature.as_deref())?,
            deadline: self
                .deadline
                .as_deref()
                .map(|text| typed::moment(text, "--deadline"))
                .transpose()?,
            ttl_secs: typed::optional(self.ttl.as_deref(), "--ttl")?,
            attempts_max: self.max_attempts,
            run: typed::optional(self.run.as_deref(), "--run")?,
            idempotency: typed::optional(self.idempotency_key.as_deref(), "--idempotency-key")?,
        };
        let wanted = Wanted {
            tasks: vec![new],
            allow_secrets: typed::words(&self.allow_secret, "--allow-secret")?,
        };
        let done = context.coord.handle(Request::Task(Ask::Add(wanted)))?;
        Ok(Answer::done(done, resolved.notes))
    }
}

/// One of the three words; the parser lets no other through.
pub(super) fn on_fail(text: Option<&str>) -> Option<OnFail> {
    match text? {
        "fail" => Some(OnFail::Fail),
        "ignore" => Some(OnFail::Ignore),
        _ => Some(OnFail::Hold),
    }
}
