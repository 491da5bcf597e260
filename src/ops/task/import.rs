//! `task import`: tasks out of a text.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::env;
use crate::model::limits::IMPORT_BYTES_MAX;
use crate::model::task::New;
use crate::model::task::import::{Format, Imported, Reading, Scale, read};
use crate::model::text::Word;
use crate::ops::{Answer, Context, keys};

use super::patterns::add;
use super::{name, typed};

/// Add tasks from a file, all or none.
///
/// JSON lines or a JSON array, with our names of fields or those of others: `title`, `name` or
/// `summary`; `body` or `description`; `sort`, `type` or `issue_type`; `priority`; `labels` or
/// `tags`; `depends`, `depends_on`, `blocked_by` or `dependencies`; `blocks`; `parent`; `keys`;
/// `assignee`; `requires`; `reviews`; `deadline` or `due`; `max_attempts`. An `id` may be any text:
/// the task gets an id of ours, and what refers to it in the file does so still. What is in no file
/// can be named by its id.
///
/// A Markdown check list: `- [ ] !1 Title #label @agent (after: Other title)`. Before or after the
/// title stand a priority (`!0` to `!4`, or `p0`), labels, the agent it is for, and in brackets
/// `(id: x)`, `(after: x, y)`, `(keys: src/)`, `(due: 2026-03-01)`, `(sort: bug)` and
/// `(needs: rust)`. Items below others are their parts, indented text is the body.
///
/// Issues as `gh issue list --json number,title,body,labels,state,assignees` prints them. Lines such
/// as `Blocked by #12` in their bodies become dependencies.
///
/// What is over (`[x]`, closed, done) is left out and counted, and nobody waits for it.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Import {
    /// The file; `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub format: Format,
    /// What its numbers for priorities mean; words such as `high` mean the same on every scale
    #[arg(long, value_name = "SCALE", default_value = "0-4")]
    pub scale: Scale,
    /// Keep its ids where they can be ids: lower-case letters, digits and `-`
    #[arg(long, conflicts_with = "once")]
    pub keep_ids: bool,
    /// The word for its source: imported again under the same word, only what is new is added
    #[arg(long, value_name = "WORD")]
    pub once: Option<String>,
    /// The word that all of them have in common, unless the file says another
    #[arg(long, value_name = "WORD")]
    pub run: Option<String>,
    /// A label for all of them
    #[arg(long, short, value_name = "WORD")]
    pub label: Vec<String>,
    /// The task that those are a part of that are a part of nothing else
    #[arg(long, value_name = "ID")]
    pub parent: Option<String>,
    /// Show what would be added
    #[arg(long)]
    pub dry_run: bool,
    /// A rule of the secret scan that is wrong about these texts; kept in the log
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

/// The answer of `task import --dry-run`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Drafted {
    /// What would be added. Ids are made anew each time.
    pub tasks: Vec<New>,
    /// How many are over and left out.
    pub skipped: usize,
    /// What else is not taken over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Import {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let text = self.text(context)?;
        let mut imported = self.read(context, &text)?;
        if self.dry_run {
            return Ok(Answer::Drafted(Drafted {
                tasks: imported.tasks,
                skipped: imported.skipped,
                notes: imported.notes,
            }));
        }
        if imported.tasks.is_empty() {
            let what = match imported.skipped {
                0 => format!("there are no tasks in {}", self.name()),
                over => format!("all {over} tasks in {} are over", self.name()),
            };
            return Err(Failure::usage(what, "there is nothing to add"));
        }
        let mut notes = std::mem::take(&mut imported.notes);
        if imported.skipped > 0 {
            notes.push(format!("{} are over and left out", imported.skipped));
        }
        let allow_secrets = typed::words(&self.allow_secret, "--allow-secret")?;
        let mut first = Some(imported.tasks);
        add(context, &allow_secrets, notes, || match first.take() {
            Some(tasks) => Ok(tasks),
            None => Ok(self.read(context, &text)?.tasks),
        })
    }

    fn read(&self, context: &Context<'_>, text: &str) -> Result<Imported, Failure> {
        let once: Option<Word> = typed::optional(self.once.as_deref(), "--once")?;
        let key = |text: &str| {
            let read = keys::read_at_top(context, &[text.to_owned()]);
            let read = read.map_err(|failure| failure.to_string())?;
            read.keys
                .into_iter()
                .next()
                .ok_or_else(|| "it is no key".to_owned())
        };
        let how = Reading {
            format: self.format,
            scale: self.scale,
            keep_ids: self.keep_ids,
            once: once.as_ref(),
            seed: env::fresh_op(),
            key: &key,
        };
        let mut imported = read(text, &how).map_err(|wrong| {
            let what = format!("{}, {wrong}", self.name());
            Failure::usage(
                what,
                "nothing was added; see `git coord task import --help`",
            )
        })?;
        let run: Option<Word> = typed::optional(self.run.as_deref(), "--run")?;
        let labels = typed::words(&self.label, "--label")?;
        let parent = self.parent.as_deref();
        let parent = parent.map(|parent| name::of(context, parent)).transpose()?;
        for task in &mut imported.tasks {
            task.run = task.run.take().or_else(|| run.clone());
            task.parent = task.parent.take().or_else(|| parent.clone());
            task.labels.extend(labels.iter().cloned());
        }
        Ok(imported)
    }

    fn name(&self) -> String {
        match self.file.as_str() {
            "-" => "standard input".into(),
            file => format!("`{}`", crate::model::text::shown(file)),
        }
    }

    fn text(&self, context: &Context<'_>) -> Result<String, Failure> {
        context.read(&self.file, IMPORT_BYTES_MAX as u64)
    }
}
