//! The screens of GitHub.

use crate::model::text::shown;
use crate::ops::github::{Listed, Standing, Synced};

use super::page::{Ink, Page};

/// Which repository, as whom.
pub(super) fn of_standing(page: &Page, standing: &Standing) -> String {
    let mut text = format!(
        "repository  {}  at {}\nlogin       {}  (from {})\nrights      {:?}, main branch `{}`\n",
        page.ink(Ink::Key, &standing.repo.to_string()),
        standing.api,
        standing.login,
        standing.token,
        standing.rights.permission,
        shown(&standing.rights.main_branch),
    );
    if standing.rights.is_archived {
        text.push_str("the repository is archived: nothing can be changed\n");
    }
    if let Some(limit) = &standing.limit {
        text.push_str(&format!(
            "calls left  {} of {} until {}\n",
            limit.remaining, limit.limit, limit.reset_at
        ));
    }
    text
}

/// What one round did.
pub(super) fn of_synced(page: &Page, synced: &Synced) -> String {
    let would = if synced.dry_run { "would " } else { "" };
    let mut text: String = synced
        .changes
        .iter()
        .map(|change| format!("{would}{}\n", shown(change)))
        .collect();
    for note in &synced.notes {
        page.note(&format!("note: {}", shown(note)));
    }
    for trouble in &synced.troubles {
        page.note(&format!("warning: {}", shown(trouble)));
    }
    if synced.changes.is_empty() && synced.troubles.is_empty() {
        text.push_str("nothing to do\n");
    }
    text
}

/// Where deliveries are taken.
pub(super) fn of_listening(at: &str) -> String {
    format!("deliveries are taken at {at}\n")
}

/// The labels of ours.
pub(super) fn of_labels(page: &Page, listed: &Listed) -> String {
    let line = |word: &str, label: &crate::model::forge::Label| {
        let name = page.ink(Ink::Key, &shown(&label.name));
        format!("{word}{name}  {}\n", shown(&label.description))
    };
    let removed = listed.removed.iter().map(|label| line("removed ", label));
    let there = listed.labels.iter().map(|label| line("", label));
    let text: String = there.chain(removed).collect();
    match text.is_empty() {
        true => "no labels of ours\n".into(),
        false => text,
    }
}
