//! What is on the page of a repository, as far as it was looked at.

use std::collections::BTreeMap;

use super::{CheckRun, Comment, Label, Number, Status, Thread};

/// The page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Our labels that the repository has, by their folded names.
    pub labels: BTreeMap<String, Label>,
    /// Threads.
    pub threads: BTreeMap<Number, Shown>,
}

/// A thread with what is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The thread.
    pub thread: Thread,
    /// The comments of ours, oldest first.
    pub comments: Vec<Comment>,
    /// The statuses of its commit.
    pub statuses: Vec<Status>,
    /// The check runs of ours on its commit.
    pub checks: Vec<CheckRun>,
}

impl Shown {
    /// A thread on which nothing was looked at yet.
    pub fn new(thread: Thread) -> Self {
        Self {
            thread,
            comments: Vec::new(),
            statuses: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// Whether the thread wears a label of ours.
    pub fn wears_ours(&self) -> bool {
        self.thread
            .labels
            .iter()
            .any(|label| Label::is_ours(&label.name))
    }
}
