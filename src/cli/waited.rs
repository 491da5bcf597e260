//! How those stand that were waited for, as text.

use crate::model::task::TaskRecord;
use crate::model::text::shown;
use crate::ops::task::wait::Waited;

use super::page::{Ink, Page};

/// Most characters of a result on one line.
const RESULT_CHARS_MAX: usize = 200;

pub(super) fn of(page: &Page, waited: &Waited) -> String {
    let mut text = String::new();
    for task in &waited.done {
        text.push_str(&line(page, task, Ink::Good));
        if let Some(result) = &task.result {
            let result: String = result.to_string().chars().take(RESULT_CHARS_MAX).collect();
            text.push_str(&format!("  {}\n", shown(&result)));
        }
    }
    for task in &waited.failed {
        text.push_str(&line(page, task, Ink::Bad));
        if let Some(why) = &task.why {
            text.push_str(&format!("  {}\n", shown(why.as_str())));
        }
    }
    if !waited.waiting.is_empty() {
        let ids: Vec<&str> = waited
            .waiting
            .iter()
            .map(|id| id.as_str())
            .take(10)
            .collect();
        let more = match waited.waiting.len() {
            0..=10 => String::new(),
            count => format!(" and {} more", count - 10),
        };
        let what = if waited.timed_out {
            "the time is over; not done"
        } else {
            "not over"
        };
        page.note(&format!("{what}: {}{more}", ids.join(", ")));
    }
    text
}

fn line(page: &Page, task: &TaskRecord, ink: Ink) -> String {
    let (id, title) = (
        page.ink(Ink::Key, task.id.as_str()),
        shown(task.title.as_str()),
    );
    format!("{id}  {}  {title}\n", page.ink(ink, task.stage.as_str()))
}
