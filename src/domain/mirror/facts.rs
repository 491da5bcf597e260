//! What the state says, put in order by where it belongs.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::branch::Branch;
use crate::model::feature::{Feature, Status};
use crate::model::forge::{Label, Number, Thread, issue_of, task_of};
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::lock::{Hold, Mode};
use crate::model::queue::{Entry, EntryRecord, QUEUE, Stage};
use crate::model::record::{self, Damage};
use crate::model::task::{ENDED, OPEN, Task, TaskRecord};

use super::super::queue::why::Why;
use super::super::staged::State;
use super::super::{feature, locks, task};

/// Why entries of the merge queue are where they are, as far as somebody has found out.
pub type Whys = BTreeMap<(Branch, Id), Why>;

/// One hold on a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What is held.
    pub key: Key,
    /// In which mode.
    pub mode: Mode,
    /// By whom.
    pub hold: Hold,
    /// The title of the task whose claim it is.
    pub title: Option<String>,
}

/// Everything that a page may show.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// All holds, in the order of their keys.
    pub held: Vec<Held>,
    /// Features that are not over.
    pub features: Vec<Feature>,
    /// Entries of the merge queue, those that are over too.
    pub entries: Vec<Entry>,
    /// The task that an issue is.
    pub tasks: BTreeMap<Number, Task>,
    /// The label of issues that are tasks.
    pub chosen_by: Option<String>,
    /// Why entries are where they are.
    pub whys: Whys,
    /// What could not be read; it is shown nowhere.
    pub damaged: Vec<Damage>,
}

impl Facts {
    /// Reads all of it; tasks that are issues only where issues are mirrored.
    ///
    /// # Errors
    /// When a directory cannot be read: what is not known to be gone is not taken off a page.
    pub fn read(state: &dyn State, with_issues: bool, whys: Whys) -> Result<Self, Damage> {
        let mut facts = Self {
            whys,
            ..Self::default()
        };
        let (all, damaged) = locks::all(state)?;
        facts.damaged.extend(damaged);
        for lock in all {
            // The lock of a run of checks says nothing about work on a branch.
            if matches!(&lock.key, Key::Logical(key) if key.prefix() == "check") {
                continue;
            }
            let title = lock.key.claimed_task().and_then(|id| title(state, &id));
            facts.held.extend(lock.holds.iter().map(|hold| Held {
                key: lock.key.clone(),
                mode: lock.mode,
                hold: hold.clone(),
                title: title.clone(),
            }));
        }
        let (features, damaged) = feature::find::all(state)?;
        facts.damaged.extend(damaged);
        let features = features.into_iter().map(|record| record.body);
        facts.features = features
            .filter(|feature: &Feature| {
                !matches!(feature.status, Status::Landed | Status::Cancelled)
            })
            .collect();
        for (place, bytes) in state.under(QUEUE)? {
            match bytes.and_then(|bytes| record::parse::<EntryRecord>(&place, &bytes)) {
                Ok(entry) => facts.entries.push(entry.body),
                Err(damage) => facts.damaged.push(damage),
            }
        }
        if with_issues {
            facts.read_tasks(state)?;
        }
        Ok(facts)
    }

    fn read_tasks(&mut self, state: &dyn State) -> Result<(), Damage> {
        // One that is open comes before one of the same issue that is over.
        for dir in [ENDED, OPEN] {
            for (place, bytes) in state.under(dir)? {
                let is_bound = |bytes: &[u8]| bytes.windows(4).any(|part| part == b"\"gh-");
                if matches!(&bytes, Ok(bytes) if !is_bound(bytes)) {
                    continue;
                }
                match bytes.and_then(|bytes| record::parse::<TaskRecord>(&place, &bytes)) {
                    Ok(task) => {
                        let words = task.labels.iter().map(|word| word.as_str());
                        let words = words.chain([task.id.as_str()]);
                        if let Some(issue) = words.filter_map(issue_of).min() {
                            self.bind(issue, task.body);
                        }
                    }
                    Err(damage) => self.damaged.push(damage),
                }
            }
        }
        Ok(())
    }

    /// One that was made of the issue comes before others that are only said to be about it.
    fn bind(&mut self, issue: Number, task: Task) {
        let own = task_of(issue);
        let is_taken = self.tasks.get(&issue).is_some_and(|there| there.id == own);
        if !is_taken || task.id == own {
            self.tasks.insert(issue, task);
        }
    }

    /// Whether a task may close an issue and open it again: it was made of that issue, and the issue
    /// wears the label of those that are tasks. A word on a task, which anybody may put there, is no reason
    /// to change what somebody else has opened.
    pub(super) fn governs(&self, task: &Task, thread: &Thread) -> bool {
        let chosen = self.chosen_by.as_deref().map(Label::folded);
        let mut worn = thread.labels.iter().map(|label| Label::folded(&label.name));
        task.id == task_of(thread.number) && worn.any(|label| Some(label) == chosen)
    }

    /// The branches that anything is about.
    pub fn branches(&self) -> BTreeSet<&str> {
        let held = self.held.iter().filter_map(|held| branch_of(&held.hold));
        let features = self.features.iter();
        let features = features.filter_map(|feature| feature.branch.as_ref().map(|it| it.as_str()));
        let entries = self
            .entries
            .iter()
            .filter(|entry| entry.stage != Stage::Cancelled);
        let entries = entries.filter_map(|entry| entry.branch.as_ref().map(Branch::as_str));
        held.chain(features).chain(entries).collect()
    }
}

/// The branch that a hold is for.
pub(super) fn branch_of(hold: &Hold) -> Option<&str> {
    hold.branch.as_ref().map(|branch| branch.as_str())
}

fn title(state: &dyn State, id: &Id) -> Option<String> {
    // One that cannot be read has none; that it cannot is found where tasks are looked at.
    let task = task::find::get(state, id).ok()??;
    Some(task.title.as_str().to_owned())
}
