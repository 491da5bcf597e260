//! From a text that says what is to be done to new tasks: JSON as we and others write it, Markdown
//! check lists, and issues as `gh` exports them.
//!
//! Everything becomes one request, all or nothing. A name that the text has for a task may be
//! anything: references to it are kept, and the task gets an id of ours. What is over already is
//! left out and counted; who waits for it need not wait.

mod checklist;
mod fields;
mod github;
mod json;
mod link;
#[cfg(test)]
mod properties;
mod scale;
#[cfg(test)]
mod tests;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::New;
use crate::model::id::{Id, OpId};
use crate::model::key::Key;
use crate::model::limits::{BATCH_MAX, IMPORT_BYTES_MAX};
use crate::model::text::Word;

pub use github::priority;
pub use scale::Scale;

/// How a text says what is to be done.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// As it looks
    #[default]
    Auto,
    /// JSON lines, or one JSON array
    Json,
    /// A Markdown check list
    Markdown,
    /// What `gh issue list --json number,title,body,labels,state,assignees` prints
    Github,
}

/// How a text is to be read.
#[derive(Clone, Copy)]
pub struct Reading<'r> {
    /// Its format.
    pub format: Format,
    /// What its numbers for priorities mean.
    pub scale: Scale,
    /// Keep its names as ids where they can be ids.
    pub keep_ids: bool,
    /// The word for the source of the text: its tasks are known again by it, and not added twice.
    pub once: Option<&'r Word>,
    /// What new ids are made from.
    pub seed: OpId,
    /// Reads a key as it is typed.
    pub key: &'r dyn Fn(&str) -> Result<Key, String>,
}

/// What a text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// In the order of the text.
    pub tasks: Vec<New>,
    /// Names of the text and the ids that they became.
    pub names: Vec<(String, Id)>,
    /// How many are over and left out.
    pub skipped: usize,
    /// What else was not taken over.
    pub notes: Vec<String>,
}

/// Why a text cannot be read. Nothing is added then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Wrong {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl Wrong {
    fn at(line: usize, what: impl ToString) -> Self {
        let what = what.to_string();
        Self { line, what }
    }
}

/// A task as the text says it, before its references are followed.
struct Draft {
    line: usize,
    /// What the text calls it.
    name: Option<String>,
    /// All but its references.
    new: New,
    parent: Option<Parent>,
    /// What it waits for.
    after: Vec<String>,
    /// What waits for it.
    before: Vec<String>,
    reviews: Option<String>,
}

/// What a task is a part of.
enum Parent {
    Named(String),
    /// The number of the draft.
    Nested(usize),
}

/// All that was read of a text.
#[derive(Default)]
struct Drafts {
    all: Vec<Draft>,
    /// Names of those that are over.
    over: Vec<String>,
    skipped: usize,
    notes: Vec<String>,
    /// Titles are names too.
    by_title: bool,
    /// Others that are named may be anywhere, and are not waited for.
    is_open_world: bool,
}

impl Drafts {
    /// Takes one more, within the limit.
    fn push(&mut self, draft: Draft) -> Result<(), Wrong> {
        if self.all.len() == BATCH_MAX {
            let what = format!("more than {BATCH_MAX} tasks; add them in several files");
            return Err(Wrong::at(draft.line, what));
        }
        self.all.push(draft);
        Ok(())
    }
}

/// Reads a text.
///
/// # Errors
/// The first thing that is wrong with it, and in which line.
pub fn read(text: &str, how: &Reading<'_>) -> Result<Imported, Wrong> {
    if text.len() > IMPORT_BYTES_MAX {
        let what = format!(
            "the text has {} bytes; at most {IMPORT_BYTES_MAX} are read",
            text.len()
        );
        return Err(Wrong::at(1, what));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let format = match how.format {
        Format::Auto if looks_like_json(text) => Format::Json,
        Format::Auto => Format::Markdown,
        format => format,
    };
    let drafts = match format {
        Format::Markdown => checklist::read(text, how)?,
        Format::Github => github::read(json::objects(text)?)?,
        Format::Auto | Format::Json => {
            let objects = json::objects(text)?;
            if how.format == Format::Auto && github::is_export(&objects) {
                github::read(objects)?
            } else {
                json::read(objects, how)?
            }
        }
    };
    link::link(drafts, how)
}

/// `[ ]` begins no JSON that has tasks in it, and `{` no check list.
fn looks_like_json(text: &str) -> bool {
    let text = text.trim_start();
    let inside = text.strip_prefix('[').map(str::trim_start);
    text.starts_with('{')
        || inside.is_some_and(|inside| inside.starts_with(['{', '"']) || text.trim_end() == "[]")
}

/// A new task of which only the title is known, blanks of any kind made one.
fn titled(title: &str) -> Result<New, String> {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = title.parse().map_err(|why| format!("the title: {why}"))?;
    Ok(New::titled(title))
}

/// Text of others as one of our words: what words must not have becomes `-`.
fn word(text: &str) -> Result<Word, String> {
    let parts = text.split(|c: char| c.is_whitespace() || c == ',' || c.is_control());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts
        .join("-")
        .replace(":-", ":")
        .parse()
        .map_err(|why| format!("{why}"))
}
