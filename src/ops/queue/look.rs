//! `queue list`, `show`, `why`, `plan` and `log`: looking, and changing nothing.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::train::Snapshot;
use crate::coord::{Coord, Failure};
use crate::domain::queue::find;
use crate::domain::queue::plan;
use crate::domain::queue::why::{Why as Because, ended};
use crate::model::branch::Branch;
use crate::model::id::{Actor, Id};
use crate::model::object_id::ObjectId;
use crate::model::queue::{CheckId, Entry, EntryRecord, Line, Stage, Standing, VerdictRecord};
use crate::model::task::Priority;
use crate::model::text::Text;

use crate::runner::Spec;

use super::super::log;
use super::{Answer, Context, Target, name};

/// List the entries in order, each with what it waits for.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct List {
    /// Which line
    #[command(flatten)]
    #[serde(flatten)]
    pub target: Target,
    /// Those that are over too
    #[arg(long, short)]
    pub all: bool,
    /// Ask the remote first
    #[arg(long)]
    pub fetch: bool,
}

/// Say why an entry is where it is: who or what is in the way, and what to do next.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Why {
    /// Which entry [default: all that wait]
    #[arg(value_name = "ENTRY")]
    pub id: Option<String>,
    /// Which line
    #[command(flatten)]
    #[serde(flatten)]
    pub target: Target,
    /// Ask the remote first
    #[arg(long)]
    pub fetch: bool,
}

/// Show all of an entry, with what its checks said.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Show {
    /// Which entry
    #[arg(value_name = "ENTRY")]
    pub id: String,
    /// Which line
    #[command(flatten)]
    #[serde(flatten)]
    pub target: Target,
}

/// Show what would be merged and checked together, as commits that every clone makes the same.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// Which line
    #[command(flatten)]
    #[serde(flatten)]
    pub target: Target,
    /// Ask the remote first
    #[arg(long)]
    pub fetch: bool,
}

/// Show what happened to the queue, newest first.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Only what is about this entry
    #[arg(value_name = "ENTRY")]
    pub id: Option<String>,
    /// At most so many entries [default: 50]
    #[arg(long, short = 'n', value_name = "N")]
    pub count: Option<usize>,
}

/// Entries and why they are where they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Listed {
    /// The branch that they land on.
    pub target: Branch,
    /// What it has.
    pub tip: ObjectId,
    /// The line, as far as it is more than its entries.
    pub line: Line,
    /// In order; those that are over last.
    pub entries: Vec<Placed>,
    /// Records that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Placed {
    /// Its name.
    pub id: Id,
    /// One line.
    pub title: Text,
    /// The branch that was sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<Branch>,
    /// The sealed commit.
    pub sealed: ObjectId,
    /// 0 is most urgent.
    pub priority: Priority,
    /// Before everything else, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgent: Option<Text>,
    /// Who added it.
    pub submitter: Actor,
    /// Why it is where it is.
    #[serde(flatten)]
    pub why: Because,
}

/// The answer of `queue show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Shown {
    /// The record.
    pub entry: EntryRecord,
    /// Why it is where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Because>,
    /// What checks said about trees that it was in.
    pub verdicts: Vec<VerdictRecord>,
}

/// The answer of `queue plan`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Planned {
    /// The branch.
    pub target: Branch,
    /// What it has.
    pub tip: ObjectId,
    /// What is known about that.
    pub base: Standing,
    /// How many are certified together.
    pub batch: u32,
    /// The train: each with everything before it.
    pub train: Vec<Step>,
    /// Everybody else, and why.
    pub others: Vec<Placed>,
}

/// One entry of the train.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Step {
    /// Its name.
    pub id: Id,
    /// The target with everything up to it.
    pub commit: ObjectId,
    /// The tree of that.
    pub tree: ObjectId,
    /// What is known about it.
    pub standing: Standing,
}

/// The check that counts for whoever only looks: what the target says, else the one that was run
/// last.
pub(super) fn check_of(coord: &Coord, target: &Branch, tip: &ObjectId) -> Result<CheckId, Failure> {
    if let Ok(spec) = Spec::of(coord.repo(), tip, &[]) {
        return Ok(spec.id().clone());
    }
    let line = find::line(&coord.view(None)?, target)?;
    Ok(line
        .check
        .map_or_else(|| CheckId::new(&[], &[]), |check| check.id))
}

/// What this clone knows about a target.
pub(super) fn snapshot<'c>(
    coord: &'c Coord,
    target: &Branch,
    is_fresh: bool,
) -> Result<Snapshot<'c>, Failure> {
    let none = CheckId::new(&[], &[]);
    let mut snapshot = coord.queue(target, &none, is_fresh)?;
    snapshot.check = check_of(coord, target, &snapshot.tip.commit)?;
    Ok(snapshot)
}

fn placed(
    snapshot: &Snapshot<'_>,
    plan: &plan::Plan,
    entry: &Entry,
) -> Result<Option<Placed>, Failure> {
    let why = snapshot.why(plan, &entry.id)?;
    Ok(why.map(|why| Placed {
        id: entry.id.clone(),
        title: entry.title.clone(),
        branch: entry.branch.clone(),
        sealed: entry.sealed,
        priority: entry.priority,
        urgent: entry.urgent.clone(),
        submitter: entry.submitter.clone(),
        why,
    }))
}

fn listed(
    snapshot: Snapshot<'_>,
    is_wanted: impl Fn(&EntryRecord) -> bool,
) -> Result<Listed, Failure> {
    let plan = snapshot.plan()?;
    let mut entries = Vec::new();
    let waiting = plan.line.iter().map(|placed| &placed.id);
    let waiting = waiting.filter_map(|id| snapshot.entries.iter().find(|entry| entry.id == *id));
    let mut over: Vec<&EntryRecord> = snapshot
        .entries
        .iter()
        .filter(|entry| entry.stage.is_over())
        .collect();
    over.sort_by_key(|entry| std::cmp::Reverse((entry.ended_at, entry.head.rev)));
    for entry in waiting.chain(over).filter(|entry| is_wanted(entry)) {
        entries.extend(placed(&snapshot, &plan, entry)?);
    }
    Ok(Listed {
        tip: snapshot.tip.commit,
        line: snapshot.line.clone(),
        entries,
        damaged: snapshot.damaged.iter().map(ToString::to_string).collect(),
        view_age_secs: snapshot.view.age.map(|age| age.as_secs()),
        target: snapshot.target,
    })
}

/// Why the entries of a target are where they are; asked anew where a remote has them.
///
/// # Errors
/// When the target does not exist, or the remote cannot be reached.
pub fn standing(context: &Context<'_>, target: &Branch) -> Result<Vec<(Id, Because)>, Failure> {
    let is_fresh = context.coord.settings().remote.is_some();
    let listed = listed(snapshot(&context.coord, target, is_fresh)?, |_| true)?;
    let whys = listed.entries.into_iter();
    Ok(whys.map(|placed| (placed.id, placed.why)).collect())
}

impl List {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Listed, Failure> {
        let snapshot = snapshot(&context.coord, &self.target.branch(context)?, self.fetch)?;
        listed(snapshot, |entry| self.all || !entry.stage.is_over())
    }
}

impl Why {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Listed, Failure> {
        let snapshot = snapshot(&context.coord, &self.target.branch(context)?, self.fetch)?;
        let Some(typed) = &self.id else {
            return listed(snapshot, |entry| entry.stage == Stage::Queued);
        };
        let id = name::of(&snapshot.view, &snapshot.target, typed)?
            .id
            .clone();
        listed(snapshot, |entry| entry.id == id)
    }
}

impl Show {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Shown, Failure> {
        let snapshot = snapshot(&context.coord, &self.target.branch(context)?, false)?;
        let entry = name::of(&snapshot.view, &snapshot.target, &self.id)?;
        let mut trees = Vec::new();
        let mut why = ended(&entry);
        if why.is_none() {
            let plan = snapshot.plan()?;
            why = snapshot.why(&plan, &entry.id)?;
            for placed in plan.line.iter().filter(|placed| placed.id == entry.id) {
                if let plan::Status::Unproven(alone) = &placed.status {
                    trees.push(alone.point.tree);
                }
            }
            let aboard = plan.train.iter().filter(|link| link.id == entry.id);
            trees.extend(aboard.map(|link| link.point.tree));
        }
        trees.extend(entry.isolated.as_ref().map(|isolated| isolated.tree));
        trees.extend(entry.red);
        if let Some(landed) = &entry.landed {
            trees.extend(context.coord.repo().tree_of(&landed.commit).ok());
        }
        trees.sort();
        trees.dedup();
        let check = snapshot.check.clone();
        let mut verdicts = Vec::new();
        for tree in trees {
            verdicts.extend(find::verdict(&snapshot.view, &tree, &check)?);
        }
        Ok(Shown {
            entry,
            why,
            verdicts,
        })
    }
}

impl Plan {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Planned, Failure> {
        let snapshot = snapshot(&context.coord, &self.target.branch(context)?, self.fetch)?;
        let plan = snapshot.plan()?;
        let mut others = Vec::new();
        for one in &plan.line {
            if matches!(one.status, plan::Status::Aboard(_)) {
                continue;
            }
            if let Some(entry) = snapshot.entries.iter().find(|entry| entry.id == one.id) {
                others.extend(placed(&snapshot, &plan, entry)?);
            }
        }
        let train = plan.train.iter().map(|link| Step {
            id: link.id.clone(),
            commit: link.point.commit,
            tree: link.point.tree,
            standing: link.standing,
        });
        Ok(Planned {
            target: snapshot.target.clone(),
            tip: plan.tip.commit,
            base: plan.base,
            batch: snapshot.line.batch,
            train: train.collect(),
            others,
        })
    }
}

impl Log {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let wanted = log::Log {
            op: Some("queue".into()),
            key: self.id.clone(),
            count: self.count,
            ..log::Log::default()
        };
        wanted.run(context)
    }
}

/// The trees by which an entry is judged now: itself, and what it is merged onto.
pub(super) fn red_trees(
    context: &Context<'_>,
    target: &Target,
    id: &Id,
) -> Result<Vec<(ObjectId, CheckId)>, Failure> {
    let snapshot = snapshot(&context.coord, &target.branch(context)?, false)?;
    let mut trees = vec![snapshot.tip.tree];
    for placed in snapshot
        .plan()?
        .line
        .iter()
        .filter(|placed| placed.id == *id)
    {
        if let plan::Status::Unproven(alone) = &placed.status {
            trees.extend([alone.point.tree, alone.onto.tree]);
        }
    }
    Ok(trees
        .into_iter()
        .map(|tree| (tree, snapshot.check.clone()))
        .collect())
}
