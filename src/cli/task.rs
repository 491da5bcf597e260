//! Tasks as text.

use crate::model::task::Told;
use crate::model::text::shown;

use super::page::{Ink, Page};
use super::text::of_granted;

pub(super) fn of_told(page: &Page, told: &Told) -> String {
    let mut text = String::new();
    for task in &told.tasks {
        let id = page.ink(Ink::Key, task.id.as_str());
        let stage = task.stage.as_str();
        text.push_str(&format!(
            "{id}  {} {stage}  {}\n",
            task.priority,
            shown(task.title.as_str())
        ));
    }
    text.extend(told.locks.iter().map(|lock| of_granted(page, lock)));
    text
}
