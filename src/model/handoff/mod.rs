//! The record of a handoff: how one session leaves its work for another one.
//!
//! It is also an offer: whoever may accept it takes over the locks that are named in it, and with
//! them the claims of tasks, which are locks too.

mod ask;
mod markdown;
mod told;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{Actor, AgentName, Id};
use super::key::Key;
use super::object_id::ObjectId;
use super::place::Place;
use super::stored::{Body, Stored};
use super::text::{Long, Text, Word};
use super::time::Timestamp;

pub use ask::{Accept, Ask, Write};
pub use markdown::{TEMPLATE, parse, render};
pub use told::{Did, Told};

/// The directory of handoffs.
pub const HANDOFFS: &str = "handoffs";

/// A stored handoff.
pub type HandoffRecord = Stored<Handoff>;

/// A decision that was made, so that nobody makes it again the other way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What was decided.
    pub title: Text,
    /// For which reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
    /// What it was chosen before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Text>,
}

/// A file or key, and what to know about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileNote {
    /// Which, canonical as in a lock.
    pub path: Key,
    /// What to know about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// What a handoff says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Content {
    /// What it is about and how it stands.
    pub summary: Long,
    /// What is done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<Text>,
    /// What was begun.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_progress: Vec<Text>,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    /// What is not known yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_questions: Vec<Text>,
    /// What comes next, first things first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_steps: Vec<Text>,
    /// Which files matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileNote>,
    /// The task that the work is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Id>,
    /// The feature that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<Word>,
    /// The branch that it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// The commit that it has come to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<ObjectId>,
    /// Only this agent may accept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<AgentName>,
}

/// Who has taken a handoff over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// Who.
    pub by: Actor,
    /// When, by its wall clock.
    pub at: Timestamp,
}

/// A handoff: what one session leaves for another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Handoff {
    /// Its name.
    pub id: Id,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
    /// Whose work it is.
    pub from: Actor,
    /// The number of the state in which it was written; `rev` is that of the last change.
    pub written_rev: u64,
    /// When it was written.
    pub written_at: Timestamp,
    /// The locks that its writer held then and offers with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<Key>,
    /// Who has taken it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
}

impl Body for Handoff {
    const KIND: &'static str = "handoff";
}

impl Handoff {
    /// Where a handoff of this name stands.
    pub fn place(id: &Id) -> Place {
        Place::encoded(format!("{HANDOFFS}/{id}.json"))
    }
}

impl Content {
    /// Nothing but a summary.
    pub fn of(summary: Long) -> Self {
        Self {
            summary,
            done: Vec::new(),
            in_progress: Vec::new(),
            decisions: Vec::new(),
            open_questions: Vec::new(),
            next_steps: Vec::new(),
            files: Vec::new(),
            task: None,
            feature: None,
            branch: None,
            commit: None,
            to: None,
        }
    }

    /// The first line of the summary.
    pub fn title(&self) -> &str {
        let mut lines = self.summary.as_str().lines().map(str::trim);
        lines.find(|line| !line.is_empty()).unwrap_or_default()
    }

    /// Every text in it, each with the name of its field.
    pub fn texts(&self) -> Vec<(&'static str, &str)> {
        let mut texts = vec![("summary", self.summary.as_str())];
        let lists = [
            ("done", &self.done),
            ("in_progress", &self.in_progress),
            ("open_questions", &self.open_questions),
            ("next_steps", &self.next_steps),
        ];
        for (field, list) in lists {
            texts.extend(list.iter().map(|text| (field, text.as_str())));
        }
        for decision in &self.decisions {
            let Decision {
                title,
                why,
                alternatives,
            } = decision;
            let all = [title].into_iter().chain(why).chain(alternatives);
            texts.extend(all.map(|text| ("decisions", text.as_str())));
        }
        let notes = self.files.iter().filter_map(|file| file.note.as_ref());
        texts.extend(notes.map(|note| ("files", note.as_str())));
        texts.extend(self.feature.iter().map(|word| ("feature", word.as_str())));
        texts.extend(self.branch.iter().map(|name| ("branch", name.as_str())));
        texts
    }

    /// The longest of its lists.
    pub fn longest_list(&self) -> usize {
        let lists = [
            self.done.len(),
            self.in_progress.len(),
            self.decisions.len(),
            self.open_questions.len(),
            self.next_steps.len(),
            self.files.len(),
        ];
        let alternatives = self.decisions.iter().map(|one| one.alternatives.len());
        lists.into_iter().chain(alternatives).max().unwrap_or(0)
    }
}
