//! What became of the work: how much of it, how well, how fast, and by whom.
//!
//! Nothing is stored for it. It is computed from the tasks that are there and from what the log says
//! of claims; whoever asks reads both.

mod rate;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::id::{AgentName, Id};
use crate::model::task::{EPIC, Stage, Task};
use crate::model::text::Word;
use crate::model::time::Timestamp;

use super::task::standing::Standing;
pub use rate::{Bar, Spread};

/// Most rows of one table: the busiest.
const ROWS_MAX: usize = 50;

/// What the log says of a task, beside the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: AgentName,
    /// What.
    pub did: Did,
    /// Which task.
    pub id: Id,
}

/// What is counted of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// It was taken.
    Claimed,
    /// It was given back.
    Released,
    /// It was ended so.
    Ended(Stage),
}

/// What a report is about.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only what happened from then on; what is open is open now.
    pub since: Option<Timestamp>,
    /// Only tasks of this run.
    pub run: Option<Word>,
    /// Only what is below this task.
    pub epic: Option<Id>,
}

/// How the work goes.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// From when on things are counted; absent when all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Until when.
    pub until: Timestamp,
    /// The run that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Word>,
    /// The epic that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epic: Option<Id>,
    /// How far that is: the share of its tasks that are done, cancelled ones left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// All of it.
    pub total: Tally,
    /// Tasks that are open now, by how they stand.
    pub open: BTreeMap<Standing, usize>,
    /// How many tasks were done in an hour, on average from the first thing counted to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_per_hour: Option<f64>,
    /// From adding a task to its first claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_claim: Option<Spread>,
    /// From its first claim until it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_finish: Option<Spread>,
    /// Whoever did something, busiest first.
    pub by_agent: Vec<Row>,
    /// The sorts of tasks, most frequent first.
    pub by_sort: Vec<Row>,
    /// The labels, most frequent first.
    pub by_label: Vec<Row>,
    /// What was done when, in equal parts of the time.
    pub bars: Vec<Bar>,
}

/// One line of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// The agent, sort or label.
    pub name: String,
    /// Its numbers.
    #[serde(flatten)]
    pub tally: Tally,
    /// From the first claim until it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_finish: Option<Spread>,
}

/// How many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tally {
    /// Added; by an agent, those that it added.
    pub added: usize,
    /// Open now; of an agent, those that it has.
    pub open: usize,
    /// How often one was claimed, by the log.
    pub claimed: usize,
    /// How often one was given back, by the log.
    pub released: usize,
    /// Done.
    pub done: usize,
    /// Failed.
    pub failed: usize,
    /// Cancelled.
    pub cancelled: usize,
    /// Given up after the last attempt.
    pub dead: usize,
    /// The share of done among what was done, failed and given up, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_percent: Option<u8>,
}

impl Tally {
    fn end(&mut self, stage: Stage) {
        match stage {
            Stage::Done => self.done += 1,
            Stage::Failed => self.failed += 1,
            Stage::Cancelled => self.cancelled += 1,
            Stage::Dead => self.dead += 1,
            Stage::Open | Stage::Claimed | Stage::Running => {}
        }
    }

    fn count(&self) -> usize {
        self.added + self.open + self.claimed + self.released + self.over()
    }

    fn over(&self) -> usize {
        self.done + self.failed + self.cancelled + self.dead
    }

    fn finish(&mut self) {
        self.success_percent = rate::percent(self.done, self.done + self.failed + self.dead);
    }
}

/// The numbers of a line while they are gathered.
#[derive(Default)]
struct Line {
    tally: Tally,
    to_finish: Vec<i64>,
}

/// Computes a report at a time.
pub fn of(tasks: &[(Task, Standing)], deeds: &[Deed], scope: &Scope, now: Timestamp) -> Report {
    let is_in = |at: Timestamp| scope.since.is_none_or(|since| at >= since);
    let below = scope.epic.as_ref().map(|epic| below(tasks, epic));
    let is_ours = |task: &Task| scope.run.is_none() || task.run == scope.run;
    let ours: Vec<&(Task, Standing)> = tasks
        .iter()
        .filter(|(task, _)| is_ours(task))
        .filter(|(task, _)| below.as_ref().is_none_or(|below| below.contains(&task.id)))
        .collect();
    let known: BTreeMap<&Id, &Task> = ours.iter().map(|(task, _)| (&task.id, task)).collect();
    let is_whole = scope.run.is_none() && scope.epic.is_none();
    let mut total = Line::default();
    let mut open: BTreeMap<Standing, usize> = BTreeMap::new();
    let mut to_claim = Vec::new();
    let mut agents: BTreeMap<String, Line> = BTreeMap::new();
    let mut sorts: BTreeMap<String, Line> = BTreeMap::new();
    let mut labels: BTreeMap<String, Line> = BTreeMap::new();
    let mut first = scope.since;
    let mut ends = Vec::new();
    for (task, is) in ours.iter().copied() {
        let worker = task
            .claimed
            .as_ref()
            .map(|claimed| claimed.by.agent.to_string());
        let mut groups: Vec<(&mut BTreeMap<String, Line>, String)> = Vec::new();
        groups.push((&mut sorts, task.sort.to_string()));
        let mut count = |change: &dyn Fn(&mut Line)| {
            change(&mut total);
            for (table, name) in &mut groups {
                change(table.entry(name.clone()).or_default());
            }
            for label in &task.labels {
                change(labels.entry(label.to_string()).or_default());
            }
        };
        if is_in(task.added_at) {
            count(&|line| line.tally.added += 1);
            let adder = task.added_by.agent.to_string();
            agents.entry(adder).or_default().tally.added += 1;
            first = Some(first.map_or(task.added_at, |first| first.min(task.added_at)));
        }
        if let Some(claimed) = task.first_claimed_at.filter(|at| is_in(*at)) {
            to_claim.push(claimed.secs_since(task.added_at));
        }
        if !task.stage.is_over() {
            count(&|line| line.tally.open += 1);
            *open.entry(*is).or_default() += 1;
            let is_had = matches!(is, Standing::Claimed | Standing::Running);
            if let Some(worker) = worker.filter(|_| is_had) {
                agents.entry(worker).or_default().tally.open += 1;
            }
            continue;
        }
        let Some(ended) = task.ended_at.filter(|at| is_in(*at)) else {
            continue;
        };
        ends.push((ended, task.stage));
        let took = task
            .first_claimed_at
            .map(|claimed| ended.secs_since(claimed));
        let took = took.filter(|_| task.stage == Stage::Done);
        let end = |line: &mut Line| {
            line.tally.end(task.stage);
            line.to_finish.extend(took);
        };
        count(&end);
        // Who cancels a task has not worked on it.
        if let Some(worker) = worker.filter(|_| task.stage != Stage::Cancelled) {
            end(agents.entry(worker).or_default());
        }
    }
    for deed in deeds.iter().filter(|deed| is_in(deed.at)) {
        let task = known.get(&deed.id);
        if task.is_none() && !is_whole {
            continue;
        }
        let change = |line: &mut Line| match deed.did {
            Did::Claimed => line.tally.claimed += 1,
            Did::Released => line.tally.released += 1,
            Did::Ended(stage) => line.tally.end(stage),
        };
        match (deed.did, task) {
            // The record says so itself.
            (Did::Ended(_), Some(_)) => continue,
            // This one was tidied away.
            (Did::Ended(stage), None) => ends.push((deed.at, stage)),
            _ => {}
        }
        change(&mut total);
        change(agents.entry(deed.by.to_string()).or_default());
        if let Some(task) = task {
            change(sorts.entry(task.sort.to_string()).or_default());
            for label in &task.labels {
                change(labels.entry(label.to_string()).or_default());
            }
        }
    }
    let first = first
        .or(ends.iter().map(|(at, _)| *at).min())
        .unwrap_or(now);
    total.tally.finish();
    Report {
        since: scope.since,
        until: now,
        run: scope.run.clone(),
        epic: scope.epic.clone(),
        percent: (!is_whole).then(|| progress(&ours)).flatten(),
        done_per_hour: rate::per_hour(total.tally.done, now.secs_since(first)),
        to_claim: Spread::of(to_claim),
        to_finish: Spread::of(total.to_finish),
        total: total.tally,
        open,
        by_agent: rows(agents),
        by_sort: rows(sorts),
        by_label: rows(labels),
        bars: rate::bars(&ends, first, now),
    }
}

/// The tasks below one, over however many parents.
fn below(tasks: &[(Task, Standing)], epic: &Id) -> BTreeSet<Id> {
    let mut parts: BTreeMap<&Id, Vec<&Id>> = BTreeMap::new();
    for (task, _) in tasks {
        if let Some(parent) = &task.parent {
            parts.entry(parent).or_default().push(&task.id);
        }
    }
    let mut found = BTreeSet::new();
    let mut left = vec![epic];
    while let Some(id) = left.pop() {
        for part in parts.get(id).into_iter().flatten().copied() {
            if part != epic && found.insert(part.clone()) {
                left.push(part);
            }
        }
    }
    found
}

/// The share of tasks that are done. What is cancelled is no longer wanted, and an epic is as far as
/// its parts are.
fn progress(ours: &[&(Task, Standing)]) -> Option<u8> {
    let counts = |task: &&&(Task, Standing)| {
        task.0.stage != Stage::Cancelled && task.0.sort.as_str() != EPIC
    };
    let wanted = ours.iter().filter(counts);
    let done = wanted.clone().filter(|task| task.0.stage == Stage::Done);
    rate::percent(done.count(), wanted.count())
}

fn rows(lines: BTreeMap<String, Line>) -> Vec<Row> {
    let row = |(name, mut line): (String, Line)| {
        line.tally.finish();
        Row {
            name,
            tally: line.tally,
            to_finish: Spread::of(line.to_finish),
        }
    };
    let mut rows: Vec<Row> = lines.into_iter().map(row).collect();
    rows.retain(|row| row.tally.count() > 0);
    rows.sort_by_key(|row| std::cmp::Reverse((row.tally.over(), row.tally.count())));
    rows.truncate(ROWS_MAX);
    rows
}

#[cfg(test)]
mod tests;
