//! `handoff write`: leave work for somebody else.

use std::io::IsTerminal;
use std::path::Path;

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::coord::{About, Coord, Failure, Reach};
use crate::domain::locks;
use crate::model::handoff::{Ask, Content, Decision, FileNote, TEMPLATE, Write as Wanted, parse};
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::request::Request;
use crate::ops::{Answer, Caller, Context, given, keys, words};
use crate::store::Error;

/// What an editor is given; it stays when what was written in it was refused.
const EDITED: &str = "HANDOFF_EDITMSG.md";
/// Most bytes of a file or of the input.
const BYTES_MAX: u64 = 256 * 1024;
/// The fields of a handoff that is given as JSON.
const FIELDS: [&str; 12] = [
    "summary",
    "done",
    "in_progress",
    "decisions",
    "open_questions",
    "next_steps",
    "files",
    "task",
    "feature",
    "branch",
    "commit",
    "to",
];

/// Leave work for somebody else: from options, an editor, a file or the input.
///
/// A file or the input has JSON (the fields of a handoff, `summary` at least) or Markdown as `--template`
/// prints it. Options add to it. The locks that the session holds are offered with it, and stay its own
/// until somebody accepts.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Write {
    /// What it is about, and how it stands; from the input when nothing is given
    #[arg(value_name = "SUMMARY")]
    pub summary: Option<String>,
    /// What is done
    #[arg(long, value_name = "TEXT")]
    pub done: Vec<String>,
    /// What was begun
    #[arg(long, value_name = "TEXT")]
    pub in_progress: Vec<String>,
    /// What was decided, as `TITLE: WHY`
    #[arg(long, value_name = "TEXT")]
    pub decision: Vec<String>,
    /// What is not known yet
    #[arg(long, value_name = "TEXT")]
    pub question: Vec<String>,
    /// What comes next
    #[arg(long, value_name = "TEXT")]
    pub next: Vec<String>,
    /// A file that matters, as `PATH` or `PATH: NOTE`
    #[arg(long, value_name = "PATH")]
    pub path: Vec<String>,
    /// The task that it is for [default: the one that this session has claimed]
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// The feature that it belongs to
    #[arg(long, value_name = "WORD")]
    pub feature: Option<String>,
    /// The branch that it is on [default: the current one]
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// The commit that it has come to [default: HEAD]
    #[arg(long, value_name = "COMMIT")]
    pub commit: Option<String>,
    /// Only this agent may accept it
    #[arg(long, value_name = "AGENT")]
    pub to: Option<String>,
    /// Offer none of the locks that this session holds
    #[arg(long)]
    pub keep_locks: bool,
    /// Read it from a file, as JSON or Markdown; `-` is the input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["edit", "summary"])]
    pub file: Option<String>,
    /// Write it in git's editor
    #[arg(long, conflicts_with = "summary")]
    pub edit: bool,
    /// Print what an editor would begin with, and write nothing
    #[arg(long, conflicts_with_all = ["edit", "file", "summary"])]
    pub template: bool,
    /// A rule of the secret scan that is wrong about this text; it is recorded
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

impl Write {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        if self.template {
            return Ok(Answer::Template {
                text: TEMPLATE.into(),
            });
        }
        let coord = &context.coord;
        let edited = coord.repo().coord_dir().join(EDITED);
        let mut content = match (&self.summary, &self.file) {
            (Some(summary), _) => {
                let summary = given::one(Some(summary), "SUMMARY")?;
                Content::of(summary.expect("because it is given"))
            }
            (None, Some(file)) if file != "-" => read(context, &context.read(file, BYTES_MAX)?)?,
            (None, None) if self.edit => {
                context.at_a_shell("an editor")?;
                read(context, &from_editor(coord, &edited)?)?
            }
            (None, _) => read(context, &from_input(context, self.file.is_some())?)?,
        };
        self.add_to(context, &mut content)?;
        let ask = Ask::Write(Box::new(Wanted {
            content,
            keep_locks: self.keep_locks,
            allow_secrets: words::read(&self.allow_secret, "--allow-secret")?,
        }));
        let done = coord.handle(Request::Handoff(ask))?;
        if self.edit {
            let _ = std::fs::remove_file(&edited);
        }
        let mut notes = Vec::new();
        if let Err(why) = coord.render_notes(About::Handoffs, Reach::Shared) {
            notes.push(format!("the note on the commit comes later: {why}"));
        }
        Ok(Answer::done(done, notes))
    }

    /// Adds what the options say, and what goes without saying.
    fn add_to(&self, context: &Context<'_>, content: &mut Content) -> Result<(), Failure> {
        let coord = &context.coord;
        content.done.extend(given::each(&self.done, "--done")?);
        let begun = given::each(&self.in_progress, "--in-progress")?;
        content.in_progress.extend(begun);
        let questions = given::each(&self.question, "--question")?;
        content.open_questions.extend(questions);
        content
            .next_steps
            .extend(given::each(&self.next, "--next")?);
        for text in &self.decision {
            let (title, why) = halves(text);
            content.decisions.push(Decision {
                title: given::one(Some(title), "--decision")?.expect("because it is given"),
                why: given::one(why, "--decision")?,
                alternatives: Vec::new(),
            });
        }
        for text in &self.path {
            let (path, note) = halves(text);
            content.files.push(FileNote {
                path: key(context, path)?,
                note: given::one(note, "--path")?,
            });
        }
        let task: Option<Id> = given::one(self.task.as_deref(), "--task")?;
        content.task = task.or(content.task.take()).or(own_task(coord)?);
        let feature = given::one(self.feature.as_deref(), "--feature")?;
        content.feature = feature.or(content.feature.take());
        content.to = given::one(self.to.as_deref(), "--to")?.or(content.to.take());
        if let Some(branch) = &self.branch {
            content.branch = given::one(Some(branch), "--branch")?;
        } else if content.branch.is_none() {
            content.branch = given::one(coord.current_branch().as_deref(), "the branch")?;
        }
        if let Some(commit) = &self.commit {
            content.commit = Some(commit_named(coord, commit)?);
        } else if content.commit.is_none() {
            content.commit = coord.repo().head()?;
        }
        Ok(())
    }
}

/// The text before a colon and a blank, and the text behind it.
fn halves(text: &str) -> (&str, Option<&str>) {
    match text.split_once(": ") {
        Some((one, other)) => (one, Some(other)),
        None => (text, None),
    }
}

fn key(context: &Context<'_>, typed: &str) -> Result<Key, Failure> {
    let mut resolved = keys::read(context, &[typed.to_owned()], false)?;
    let none = || Failure::usage("no path is named", "name a file of the repository");
    resolved.keys.pop().ok_or_else(none)
}

fn commit_named(coord: &Coord, text: &str) -> Result<ObjectId, Failure> {
    coord.commit_named(text)?.ok_or_else(|| {
        let what = format!("`{}` is no commit", text.escape_debug());
        Failure::usage(what, "name a commit, as `--commit HEAD~1`")
    })
}

/// The task that the session has claimed, if there is one and no other.
fn own_task(coord: &Coord) -> Result<Option<Id>, Failure> {
    let view = coord.view(None)?;
    let (all, _) = locks::all(&view)?;
    let own = all
        .iter()
        .filter(|lock| lock.holds.iter().any(|hold| hold.is_of(coord.actor())));
    let mut tasks = own.filter_map(|lock| lock.key.claimed_task());
    let first = tasks.next();
    Ok(first.filter(|_| tasks.next().is_none()))
}

/// Reads JSON or Markdown.
fn read(context: &Context<'_>, text: &str) -> Result<Content, Failure> {
    let wrong = |why: String| {
        let hint = "`git coord handoff write --template` prints what it should look like, and \
                    `git coord schema handoff` has the names of the fields";
        Failure::usage(why, hint)
    };
    if text.trim_start().starts_with('{') {
        return of_json(text).map_err(wrong);
    }
    let mut resolve = |typed: &str| key(context, typed).map_err(|why| why.to_string());
    parse(text, &mut resolve).map_err(wrong)
}

fn of_json(text: &str) -> Result<Content, String> {
    let value: Value = serde_json::from_str(text).map_err(|why| why.to_string())?;
    let names = value
        .as_object()
        .into_iter()
        .flat_map(|fields| fields.keys());
    for name in names {
        if !FIELDS.contains(&name.as_str()) {
            let name = name.escape_debug();
            return Err(format!(
                "there is no field `{name}`; there are {}",
                FIELDS.join(", ")
            ));
        }
    }
    serde_json::from_value(value).map_err(|why| why.to_string())
}

/// What stands on the input, if something is to be read there.
fn from_input(context: &Context<'_>, is_asked: bool) -> Result<String, Failure> {
    let is_silent = match context.caller {
        Caller::Shell => std::io::stdin().is_terminal(),
        Caller::Remote(_) => true,
    };
    if is_silent && !is_asked {
        return Err(Failure::usage(
            "nothing is said",
            "say it as `git coord handoff write \"how it stands\" --next …`, or with `--edit`",
        ));
    }
    context.read("-", BYTES_MAX)
}

/// Lets the person write it. What was refused the last time is offered again.
fn from_editor(coord: &Coord, file: &Path) -> Result<String, Failure> {
    if !file.exists() {
        std::fs::create_dir_all(coord.repo().coord_dir())
            .and_then(|()| std::fs::write(file, TEMPLATE))
            .map_err(Error::io("writing", file))?;
    }
    if !coord.repo().git().edit(file)? {
        return Err(Failure::usage(
            "the editor failed, so nothing was written",
            "see `git var GIT_EDITOR`, or use options or `--file`",
        ));
    }
    let text = std::fs::read_to_string(file).map_err(Error::io("reading", file))?;
    if text == TEMPLATE {
        let _ = std::fs::remove_file(file);
        return Err(Failure::usage(
            "nothing was written in the editor",
            "say how it stands",
        ));
    }
    Ok(text)
}
