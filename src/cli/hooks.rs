//! What hooks say while git works, and how they stand.

use std::ffi::OsString;

use crate::hooks::{self, Heard};
use crate::ops::hooks::{Installed, Listed};

use super::exit::Exit;
use super::page::{Ink, Page};

/// Answers git: exit 0 or 1 and nothing else.
pub(super) fn fire(args: &[OsString]) -> Exit {
    let Heard {
        refused,
        here,
        color,
        notes,
        is_no,
    } = hooks::fire(args);
    let page = Page::new(None, false).in_clone(color);
    if let Some(failure) = &refused {
        page.failure(failure, &here);
    }
    for note in &notes {
        page.note(&format!("git-coord: {note}"));
    }
    if is_no { Exit::Refused } else { Exit::Done }
}

pub(super) fn of(page: &Page, listed: &Listed) -> String {
    let mut text = String::new();
    for change in &listed.changed {
        page.note(change);
    }
    for hook in &listed.hooks {
        text.push_str(&line(page, hook));
    }
    for note in &listed.notes {
        page.note(&format!("note: {note}"));
    }
    if let Some(snippet) = &listed.snippet {
        page.note(&format!(
            "note: hooks here belong to {}, so nothing was installed; add these lines:",
            snippet.manager
        ));
        text.push_str(&format!("\n{}", snippet.text));
    }
    text
}

/// What was changed, and what a person has to do; for `init`, which tells more than this.
pub(super) fn changes(page: &Page, listed: &Listed) -> Vec<String> {
    for note in &listed.notes {
        page.note(&format!("note: {note}"));
    }
    let mut lines: Vec<String> = listed
        .changed
        .iter()
        .map(|change| format!("hooks: {change}"))
        .collect();
    if let Some(snippet) = &listed.snippet {
        page.note(&format!(
            "note: hooks here belong to {}, so none was installed; add these lines:\n{}",
            snippet.manager, snippet.text
        ));
    }
    if !listed.changed.is_empty() {
        lines.push("hooks: see `git coord hooks list`".into());
    }
    lines
}

fn line(page: &Page, hook: &Installed) -> String {
    let name = format!("{:<20}", hook.event.name());
    let state = match (&hook.by, &hook.why_not) {
        (Some(by), None) => page.ink(Ink::Good, &format!("fires ({by})")),
        (Some(by), Some(why)) => page.ink(Ink::Bad, &format!("does not fire ({by}): {why}")),
        (None, why) => why.clone().unwrap_or_default(),
    };
    let chained = hook.chains_to.as_ref().and_then(|path| path.file_name());
    let chained = chained
        .map(|name| format!(", after {}", name.to_string_lossy()))
        .unwrap_or_default();
    format!("{name}{state}{chained}\n")
}
