//! What became of the files of coding agents, and what a person has to do now.

use crate::model::text::shown;
use crate::ops::init::{Did, File, Wired};

use super::page::{Ink, Page};

/// Most lines that are shown of what is to be added; all of them are in the JSON.
const ADDED_MAX: usize = 12;

/// A line for each file, with what is left to a person below it.
pub(super) fn lines(page: &Page, wired: &Wired) -> Vec<String> {
    for note in &wired.notes {
        page.note(&format!("note: {note}"));
    }
    wired
        .files
        .iter()
        .flat_map(|file| of_file(page, file))
        .collect()
}

/// Whether there is more to say than that all is as it should be.
pub(super) fn is_news(wired: &Wired) -> bool {
    let mut files = wired.files.iter();
    files.any(|file| file.did != Did::Unchanged || !file.by_hand.is_empty())
}

/// What the agents wait for.
pub(super) fn steps(page: &Page, wired: &Wired) -> Vec<String> {
    let line = |agent: &str, step: &str| {
        let head = page.ink(Ink::Key, &format!("now, for {agent}:"));
        format!("{head} {step}")
    };
    let steps = wired.steps.iter();
    let mut lines: Vec<String> = steps.map(|one| line(one.agent.name(), &one.step)).collect();
    if !lines.is_empty() && is_news(wired) {
        lines.push("commit these files, so that everybody has them".into());
    }
    lines
}

/// One file.
pub(super) fn of_file(page: &Page, file: &File) -> Vec<String> {
    let (word, ink) = match file.did {
        Did::Created => ("created", Some(Ink::Good)),
        Did::Merged => ("merged", Some(Ink::Good)),
        Did::Unchanged => ("unchanged", None),
        Did::LeftAlone => ("left alone", Some(Ink::Bad)),
        Did::TakenOut => ("taken out", Some(Ink::Good)),
        Did::Removed => ("removed", Some(Ink::Good)),
    };
    let word = format!("{word:<11}");
    let word = ink.map_or(word.clone(), |ink| page.ink(ink, &word));
    let mut lines = vec![format!("{word} {}", file.path)];
    for left in &file.by_hand {
        let add = if left.add.is_empty() {
            ""
        } else {
            "; add by hand:"
        };
        lines.push(format!("  {}{add}", shown(&left.why)));
        let add = left.add.lines().take(ADDED_MAX);
        lines.extend(add.map(|line| format!("    {}", shown(line)).trim_end().to_owned()));
        let more = left.add.lines().count().saturating_sub(ADDED_MAX);
        if more > 0 {
            lines.push(format!("    … and {more} lines more, which `--json` has"));
        }
    }
    lines
}
