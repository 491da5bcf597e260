//! What became of the workflows.

use crate::ops::github::Written;
use crate::ops::init::Did;

use super::page::{Ink, Page};
use super::wired::of_file;

pub(super) fn of(page: &Page, written: &Written) -> String {
    let mut files = written.files.iter();
    let is_quiet = files.all(|file| file.did == Did::Unchanged && file.by_hand.is_empty());
    let mut lines = Vec::new();
    if written.dry_run && !is_quiet {
        lines.push("this would be done:".to_owned());
    }
    lines.extend(written.files.iter().flat_map(|file| of_file(page, file)));
    if is_quiet {
        lines.push("nothing to do".into());
    }
    let head = page.ink(Ink::Key, "now:");
    lines.extend(written.steps.iter().map(|step| format!("{head} {step}")));
    lines.join("\n") + "\n"
}
