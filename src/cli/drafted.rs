//! What an import would add, as text.

use crate::model::text::shown;
use crate::ops::task::import::Drafted;

use super::page::Page;

pub(super) fn of(page: &Page, drafted: &Drafted) -> String {
    for note in &drafted.notes {
        page.note(&format!("note: {note}"));
    }
    let mut text = String::new();
    for task in &drafted.tasks {
        let mut line = format!("{}  {}", task.priority, shown(task.title.as_str()));
        for label in &task.labels {
            line.push_str(&format!(" #{}", shown(label.as_str())));
        }
        match task.depends.len() {
            0 => {}
            1 => line.push_str("  (waits for 1)"),
            count => line.push_str(&format!("  (waits for {count})")),
        }
        text.push_str(&format!("{line}\n"));
    }
    let over = match drafted.skipped {
        0 => String::new(),
        over => format!(", {over} are over and left out"),
    };
    text.push_str(&format!("would add {}{over}\n", drafted.tasks.len()));
    text
}
