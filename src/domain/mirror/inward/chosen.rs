//! The task that an issue becomes when somebody puts the label of tasks on it.

use crate::domain::secret;
use crate::model::forge::{Label, Thread, issue_of, task_of};
use crate::model::limits::{LONG_BYTES_MAX, TEXT_BYTES_MAX};
use crate::model::task::import::priority;
use crate::model::task::{New, Priority};
use crate::model::text::{Long, Text, Word, shown};

/// Most labels that a task takes over.
const LABELS_MAX: usize = 16;

/// Its name follows from the issue, its words are the issue's, as far as a task keeps them. A text with
/// something like a secret in it is left where it is.
///
/// # Errors
/// The reason why it cannot be one.
pub fn task_from(thread: &Thread) -> Result<New, String> {
    if !thread.is_open {
        return Err("it is closed: open it, and put the label on again".into());
    }
    let title = shown(thread.title.trim());
    if secret::is_suspect(&title) {
        return Err("its title has something like a secret in it".into());
    }
    let title: Text = cut(&title, TEXT_BYTES_MAX)
        .parse()
        .map_err(|why| format!("its title: {why}"))?;
    let body = thread.body.replace("\r\n", "\n");
    let body: Option<Long> = match secret::is_suspect(&body) {
        true => None,
        false => cut(&body, LONG_BYTES_MAX).parse().ok(),
    };
    let names = thread.labels.iter().map(|label| &label.name);
    let names = names.filter(|name| !Label::is_ours(name) && !secret::is_suspect(name));
    let urgent: Option<Priority> = names
        .clone()
        .find_map(|name| priority(&name.to_lowercase()));
    // A word such as `gh-12` would bind it to another issue.
    let words = names.filter_map(|name| name.parse::<Word>().ok());
    let words = words.filter(|word| issue_of(word.as_str()).is_none());
    let words: Vec<Word> = words.take(LABELS_MAX).collect();
    let new = serde_json::json!({
        "id": task_of(thread.number),
        "title": title,
        "body": body,
        "labels": words,
        "priority": urgent.unwrap_or_default(),
    });
    serde_json::from_value(new).map_err(|why| why.to_string())
}

/// The beginning of a text that is at most so many bytes long.
fn cut(text: &str, bytes_max: usize) -> &str {
    let most = bytes_max.min(text.len());
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use super::task_from;
    use crate::model::forge::{Label, Thread};

    #[test]
    fn a_task_is_no_longer_than_tasks_are_and_has_no_secrets() {
        let label = |name: &str| Label {
            name: name.into(),
            color: String::new(),
            description: String::new(),
        };
        let mut issue: Thread = serde_json::from_value(serde_json::json!({
            "number": 12, "title": " Fix\u{1b} it ", "body": "\u{e4}".repeat(40_000),
            "is_open": true, "updated_at": "2026-11-20T15:00:00Z",
        }))
        .unwrap();
        issue.labels = ["P1", "coord:pause", "gh-13", "bug"].map(label).into();
        let task = task_from(&issue).unwrap();
        assert_eq!(task.id.unwrap().as_str(), "gh-12");
        assert_eq!(task.title.as_str(), "Fix\\u{1b} it");
        assert_eq!(task.body.unwrap().as_str().len(), 16 * 1024);
        assert_eq!(task.priority.get(), 1);
        let words: Vec<&str> = task.labels.iter().map(|word| word.as_str()).collect();
        assert_eq!(words, ["bug", "p1"]);
        let secret = format!("ghp_{}", "a1B2".repeat(9));
        issue.body = format!("use {secret}");
        assert_eq!(task_from(&issue).unwrap().body, None);
        issue.title = secret;
        assert!(task_from(&issue).is_err());
        issue.title = "x".into();
        issue.is_open = false;
        assert!(task_from(&issue).is_err());
    }
}
