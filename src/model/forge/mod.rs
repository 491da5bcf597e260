//! What there is on the page of a git host: pull requests, issues, labels, comments, statuses.
//!
//! Plain values, as far as they matter here. What others wrote is as they wrote it, bounded only where
//! it is read: clean it before it is shown.

pub mod command;
mod happened;
mod label;
mod page;
mod person;
mod repo;
mod thread;

pub use happened::{Deed, Happened};
pub use label::{Label, PAUSE, PREFIX, QUEUE, STATE};
pub use page::{Page, Shown};
pub use person::{AGENT_PREFIX, BadLogin, Login, Permission};
pub use repo::{BadRepo, Repo};
pub use thread::{CheckRun, Comment, Head, Reason, Status, StatusState, Thread};

use super::id::Id;

/// Number of a pull request or an issue; both count together.
pub type Number = u64;

/// The word by which a task is known as an issue's: its name when it was made from that issue, and
/// one of its labels in any case.
pub fn task_word(number: Number) -> String {
    format!("gh-{number}")
}

/// The issue that a task is bound to by a word such as `gh-12`.
pub fn issue_of(word: &str) -> Option<Number> {
    let digits = word.strip_prefix("gh-")?;
    let number = digits.parse().ok()?;
    // One way to write each number.
    (task_word(number) == word).then_some(number)
}

/// The name of the task that an issue becomes.
pub fn task_of(number: Number) -> Id {
    task_word(number)
        .parse()
        .expect("lower-case letters, a hyphen and digits are an id")
}

#[cfg(test)]
mod tests {
    use super::{issue_of, task_of};

    #[test]
    fn a_word_names_one_issue() {
        assert_eq!(issue_of(task_of(12).as_str()), Some(12));
        for no in [
            "gh-",
            "gh-012",
            "gh-x",
            "12",
            "gh-+1",
            "gh-99999999999999999999",
        ] {
            assert_eq!(issue_of(no), None, "{no}");
        }
    }
}
