//! All tasks that are not over, read once and only as far as choosing among them needs.
//!
//! Ten thousand tasks are looked at to hand out one. So each record is read in one pass that takes
//! what the choice is made by and passes over the rest; the few that come out of it are read whole.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::model::bytes::Bytes;
use crate::model::id::{AgentName, Id};
use crate::model::place::{Place, encode_component};
use crate::model::record::{self, Damage, VERSION};
use crate::model::task::{Claimed, OPEN, OnFail, Priority, Requires, Stage, Task, TaskRecord};
use crate::model::text::Word;
use crate::model::time::Timestamp;

use super::super::staged::State;
use super::parts::Links;

/// What a task is chosen by. The fields are those of [`Task`].
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "they are those of the record")]
pub struct Brief {
    #[serde(default)]
    v: u32,
    #[serde(default)]
    kind: Kind,
    pub id: Id,
    pub sort: Word,
    #[serde(default)]
    pub priority: Priority,
    #[serde(default)]
    pub labels: BTreeSet<Word>,
    #[serde(default)]
    pub parent: Option<Id>,
    #[serde(default)]
    pub feature: Option<Id>,
    #[serde(default)]
    pub depends: BTreeSet<Id>,
    #[serde(default)]
    pub met: BTreeSet<Id>,
    #[serde(default)]
    pub on_fail: OnFail,
    /// As they are written: most are never compared.
    #[serde(default)]
    pub keys: Vec<String>,
    #[serde(default)]
    pub assignee: Option<AgentName>,
    #[serde(default)]
    pub requires: Requires,
    #[serde(default)]
    pub reviews: Option<Id>,
    #[serde(default)]
    pub not_for: BTreeSet<AgentName>,
    #[serde(default)]
    pub workers: BTreeSet<AgentName>,
    #[serde(default)]
    pub deadline: Option<Timestamp>,
    #[serde(default)]
    pub attempts: u32,
    pub attempts_max: u32,
    #[serde(default)]
    pub run: Option<Word>,
    pub added_at: Timestamp,
    #[serde(default)]
    pub added_rev: u64,
    #[serde(default)]
    pub nth: u32,
    pub stage: Stage,
    #[serde(default)]
    pub claimed: Option<Claimed>,
}

/// What a record says that it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Task,
    #[default]
    #[serde(other)]
    Another,
}

impl Brief {
    /// What a whole task is chosen by.
    pub fn of(task: &Task) -> Self {
        Self {
            v: VERSION,
            kind: Kind::Task,
            id: task.id.clone(),
            sort: task.sort.clone(),
            priority: task.priority,
            labels: task.labels.clone(),
            parent: task.parent.clone(),
            feature: task.feature.clone(),
            depends: task.depends.clone(),
            met: task.met.clone(),
            on_fail: task.on_fail,
            keys: task.keys.iter().map(ToString::to_string).collect(),
            assignee: task.assignee.clone(),
            requires: task.requires.clone(),
            reviews: task.reviews.clone(),
            not_for: task.not_for.clone(),
            workers: task.workers.clone(),
            deadline: task.deadline,
            attempts: task.attempts,
            attempts_max: task.attempts_max,
            run: task.run.clone(),
            added_at: task.added_at,
            added_rev: task.added_rev,
            nth: task.nth,
            stage: task.stage,
            claimed: task.claimed.clone(),
        }
    }

    /// What has to be done before it and is not.
    pub fn unmet(&self) -> impl Iterator<Item = &Id> {
        self.depends.iter().filter(|id| !self.met.contains(*id))
    }

    /// What the older of two tasks has less of: tasks come in the order in which they were added,
    /// those of one request in its order. The name is only for what other programs wrote.
    pub fn age(&self) -> (Timestamp, u64, u32, &Id) {
        (self.added_at, self.added_rev, self.nth, &self.id)
    }

    /// Whether it should have been done by now.
    pub fn is_overdue(&self, at: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| deadline < at)
    }

    /// Whether its last attempt has begun.
    pub fn is_last_attempt(&self) -> bool {
        self.attempts >= self.attempts_max
    }

    fn read(place: &Place, bytes: &[u8]) -> Result<Self, Damage> {
        let brief: Self = match serde_json::from_slice(bytes) {
            Ok(brief) => brief,
            // The reader of whole records knows whether it is damaged or only newer.
            Err(why) => {
                return match record::parse::<TaskRecord>(place, bytes) {
                    Err(damage) => Err(damage),
                    Ok(_) => Err(Damage::new(place, why)),
                };
            }
        };
        if brief.v > VERSION || brief.kind != Kind::Task {
            record::parse::<TaskRecord>(place, bytes)?;
        }
        if brief.stage.is_over() || !stands_at(&brief.id, place) {
            let why = format!("it is task `{}`, {}", brief.id, brief.stage.as_str());
            return Err(Damage::new(place, why));
        }
        Ok(brief)
    }
}

/// Whether a place is that of an open task, seen without making that place up.
fn stands_at(id: &Id, place: &Place) -> bool {
    let rest = place.as_str().strip_prefix(OPEN);
    let levels = rest.and_then(|rest| rest.strip_prefix('/')?.split_once('/'));
    levels.is_some_and(|(fan, name)| {
        let name = name.strip_suffix(".json");
        fan == id.fan() && name == Some(&*encode_component(id.as_str().as_bytes()))
    })
}

/// A task on the board.
pub struct Open {
    /// What it is chosen by.
    pub brief: Brief,
    place: Place,
    bytes: Bytes,
}

impl Open {
    /// All of it.
    ///
    /// # Errors
    /// When it is damaged where the choice has not looked.
    pub fn record(&self) -> Result<TaskRecord, Damage> {
        record::parse(&self.place, &self.bytes)
    }
}

/// Every task that is not over, in the order of their places.
pub struct Board {
    /// Those that can be read.
    pub tasks: Vec<Open>,
    /// Those that cannot.
    pub damaged: Vec<Damage>,
    /// Made when an epic is looked at.
    pub(super) links: OnceCell<Links>,
}

impl Board {
    /// Reads the tasks of a state.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn read(state: &dyn State) -> Result<Self, Damage> {
        let found = state.under(OPEN)?;
        let mut tasks = Vec::with_capacity(found.len());
        let mut damaged = Vec::new();
        for (place, bytes) in found {
            let read = bytes.and_then(|bytes| Ok((Brief::read(&place, &bytes)?, bytes)));
            match read {
                Ok((brief, bytes)) => tasks.push(Open {
                    brief,
                    place,
                    bytes,
                }),
                Err(damage) => damaged.push(damage),
            }
        }
        // They are in this order already, unless somebody made a tree up that is in none.
        tasks.sort_by(|one, other| one.place.cmp(&other.place));
        Ok(Self {
            tasks,
            damaged,
            links: OnceCell::new(),
        })
    }

    /// The task of this name, if it is not over.
    pub fn get(&self, id: &Id) -> Option<&Open> {
        let place = Task::place(id, false);
        let at = self.tasks.binary_search_by(|task| task.place.cmp(&place));
        at.ok().map(|at| &self.tasks[at])
    }

    /// For each task that is waited for, those that wait for it.
    pub fn dependants(&self) -> BTreeMap<&Id, Vec<&Open>> {
        let mut dependants: BTreeMap<&Id, Vec<&Open>> = BTreeMap::new();
        for task in &self.tasks {
            for id in task.brief.unmet() {
                dependants.entry(id).or_default().push(task);
            }
        }
        dependants
    }

    /// Whether a task is below another one, over however many parents.
    pub fn is_part(&self, brief: &Brief, of: &Id) -> bool {
        /// Deeper than anybody nests, so that a circle ends.
        const DEPTH_MAX: usize = 64;
        let mut parent = brief.parent.as_ref();
        for _ in 0..DEPTH_MAX {
            match parent {
                Some(id) if id == of => return true,
                Some(id) => parent = self.get(id).and_then(|task| task.brief.parent.as_ref()),
                None => return false,
            }
        }
        false
    }
}
