//! Memories as text.

use crate::env;
use crate::model::memory::{Did, MemoryRecord, Outcome, Told};
use crate::model::text::shown;
use crate::model::time::span;
use crate::ops::recall::{Found, Recalled};

use super::handoff::note_age;
use super::page::{Ink, Page};

pub(super) fn of_told(page: &Page, told: &Told) -> String {
    let word = match told.did {
        Did::Remembered => "remembered",
        Did::Merged => "added to",
        Did::Forgotten => "forgot",
        Did::Counted => "counted",
    };
    let lines = told.memories.iter().map(|memory| {
        let id = page.ink(Ink::Key, memory.id.as_str());
        format!("{word} {id}: {}\n", shown(memory.summary.as_str()))
    });
    lines.collect()
}

pub(super) fn of_recalled(page: &Page, recalled: &Recalled) -> String {
    note_age(page, recalled.view_age_secs);
    if recalled.memories.is_empty() {
        return "nothing is known\n".into();
    }
    recalled
        .memories
        .iter()
        .map(|one| of_found(page, one))
        .collect()
}

fn of_found(page: &Page, found: &Found) -> String {
    let Found { score, memory } = found;
    let mut text = head(page, memory, *score);
    let mut add = |word: &str, body: &str| {
        for line in body.lines() {
            text.push_str(&format!("    {word}{}\n", shown(line)));
        }
    };
    if let Some(details) = &memory.details {
        add("", details.as_str());
    }
    for lesson in &memory.lessons {
        add("next time: ", lesson.as_str());
    }
    let list = |items: Vec<String>| items.join(", ");
    let about = [
        (
            "tags: ",
            list(memory.tags.iter().map(ToString::to_string).collect()),
        ),
        (
            "files: ",
            list(memory.files.iter().map(ToString::to_string).collect()),
        ),
        (
            "commits: ",
            list(memory.commits.iter().map(|id| id.short()).collect()),
        ),
    ];
    for (word, items) in about.iter().filter(|(_, items)| !items.is_empty()) {
        add(word, items);
    }
    text
}

fn head(page: &Page, memory: &MemoryRecord, score: f64) -> String {
    let id = page.ink(Ink::Key, memory.id.as_str());
    let age = env::now().secs_since(memory.since).max(0).unsigned_abs();
    let outcome = match memory.outcome {
        Outcome::Neutral => String::new(),
        other => format!(", {}", other.as_str()),
    };
    let times = match memory.times {
        0 | 1 => String::new(),
        times => format!(", {times} times"),
    };
    format!(
        "{id}  {score:.2}  {}{outcome}  {} ago by {}{times}: {}\n",
        memory.sort.as_str(),
        span(age),
        memory.agent,
        shown(memory.summary.as_str())
    )
}
