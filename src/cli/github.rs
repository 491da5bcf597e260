//! The screens of GitHub.

use crate::model::text::shown;
use crate::ops::github::{Standing, Synced};

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
    let mut text: String = synced
        .calls
        .iter()
        .map(|call| format!("{}\n", shown(call)))
        .collect();
    for trouble in &synced.troubles {
        page.note(&format!("warning: {}", shown(trouble)));
    }
    if synced.calls.is_empty() && synced.troubles.is_empty() {
        text.push_str("nothing to do\n");
    }
    text
}

/// Where deliveries are taken.
pub(super) fn of_listening(at: &str) -> String {
    format!("deliveries are taken at {at}\n")
}
