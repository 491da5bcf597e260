//! The merge queue as text.

use crate::model::queue::{Did, Told};
use crate::model::text::shown;

use super::page::{Ink, Page};

pub(super) fn of_told(page: &Page, told: &Told) -> String {
    let word = match told.did {
        Did::Added => "queued",
        Did::Found => "queued already",
        Did::Requeued => "queued again",
        Did::Dropped => "left the queue",
        Did::Paused => return "nothing lands until `git coord queue resume`\n".into(),
        Did::Resumed => return "the line goes on\n".into(),
        Did::Started => return "the check runs\n".into(),
        Did::Judged => return "the verdict is known\n".into(),
        Did::GivenUp => return "the run was given up\n".into(),
        Did::Evicted => "put out",
        Did::Landed => "landed",
        Did::Settled => "was on the target already",
    };
    let lines = told.entries.iter().map(|entry| {
        let id = page.ink(Ink::Key, entry.id.as_str());
        format!("{word} {id}: {}\n", shown(entry.title.as_str()))
    });
    lines.collect()
}
