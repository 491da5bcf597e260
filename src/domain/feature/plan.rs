//! In which order features land, and which of them can be made side by side.
//!
//! Two features are linked when one depends on the other or their claims overlap. A lane is a set of
//! linked features: lanes have nothing to do with each other. In a lane the more urgent comes first,
//! and what others depend on is as urgent as the most urgent of them. Who depends on another, or
//! shares most of its own claims with one before it, begins after it; who shares less can be made at
//! the same time, and lands after it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::feature::{Feasibility, FeatureRecord, Meeting, Percent, Side, Status};
use crate::model::id::{Actor, Id};
use crate::model::record::Damage;
use crate::model::refusal::Conflict;
use crate::model::stamp::Stamp;
use crate::model::task::Priority;
use crate::model::text::Text;
use crate::model::time::Timestamp;

use super::super::staged::State;
use super::{find, overlap, pause};

/// Why a feature comes after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// It depends on it.
    Depends,
    /// Their claims overlap.
    Overlaps,
}

/// What a feature comes after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct After {
    /// The other one.
    pub id: Id,
    /// Why.
    pub why: Why,
    /// Whether it can only begin when the other has landed; else it can be made at the same time, and
    /// lands after it.
    pub waits: bool,
    /// How much of its claims it shares with the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mine: Option<Side>,
    /// How much the other shares with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<Side>,
    /// Which keys meet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Meeting>,
    /// How many more do.
    #[serde(skip_serializing_if = "is_none")]
    pub more: usize,
}

/// A dependency that will not land unless somebody does something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Stuck {
    /// Which feature.
    pub id: Id,
    /// `cancelled`, `missing`, or `circle`.
    pub is: String,
}

/// One feature of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Step {
    /// Its name.
    pub id: Id,
    /// One line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Its branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// Whose it is.
    pub owner: Actor,
    /// How far it is.
    pub status: Status,
    /// Its own priority.
    pub priority: Priority,
    /// The priority that it has for the sake of those that depend on it.
    pub counts_as: Priority,
    /// Which lane it is in, from 1.
    pub lane: usize,
    /// When it can begin: all of one step can be made at the same time, from 1.
    pub step: usize,
    /// Whether it can begin now.
    pub ready: bool,
    /// What it comes after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<After>,
    /// Dependencies that will not land.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stuck: Vec<Stuck>,
    /// Who has stopped it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paused_by: Vec<Conflict>,
}

/// What is proposed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Plan {
    /// Every feature that is not over, in the order in which they land.
    pub order: Vec<Step>,
    /// The names of each lane, in their order.
    pub lanes: Vec<Vec<Id>>,
    /// The names that can begin at the same time, one list for each step.
    pub steps: Vec<Vec<Id>>,
    /// Records that may matter and cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// The plan for all features that are not over.
///
/// # Errors
/// When the features cannot be listed.
pub fn of(state: &dyn State, stamp: &Stamp, above: Percent) -> Result<Plan, Damage> {
    let (all, damaged) = find::all(state)?;
    let mut damaged: Vec<String> = damaged.iter().map(ToString::to_string).collect();
    let ordered = in_order(&all);
    let mut lanes = Lanes::new(ordered.len());
    let mut order: Vec<Step> = Vec::with_capacity(ordered.len());
    for (at, (feature, counts_as)) in ordered.iter().enumerate() {
        let mut after = Vec::new();
        for (earlier, (other, _)) in ordered[..at].iter().enumerate() {
            if let Some(link) = link(feature, other, above) {
                lanes.join(at, earlier);
                after.push(link);
            }
        }
        let begins = after.iter().filter(|link| link.waits).filter_map(|link| {
            let other = order.iter().find(|step| step.id == link.id);
            other.map(|other| other.step)
        });
        let step = begins.max().unwrap_or(0) + 1;
        let stuck = stuck(feature, &all, &order);
        let paused_by = match pause::of(state, stamp, &feature.id) {
            Ok(pause) => pause.by,
            Err(damage) => {
                damaged.push(damage.to_string());
                Vec::new()
            }
        };
        order.push(Step {
            id: feature.id.clone(),
            title: feature.title.clone(),
            branch: feature.branch.clone(),
            owner: feature.owner.clone(),
            status: feature.status,
            priority: feature.priority,
            counts_as: *counts_as,
            lane: 0,
            step,
            ready: step == 1 && stuck.is_empty() && paused_by.is_empty(),
            after,
            stuck,
            paused_by,
        });
    }
    let mut plan = Plan {
        damaged,
        ..Plan::default()
    };
    for (at, lane) in lanes.numbers().into_iter().enumerate() {
        let step = &mut order[at];
        step.lane = lane + 1;
        put(&mut plan.lanes, lane, step.id.clone());
        put(&mut plan.steps, step.step - 1, step.id.clone());
    }
    plan.order = order;
    Ok(plan)
}

fn put(lists: &mut Vec<Vec<Id>>, at: usize, id: Id) {
    if lists.len() <= at {
        lists.resize(at + 1, Vec::new());
    }
    lists[at].push(id);
}

/// Those that are not over, in the order in which they land, with the priority that each counts as.
fn in_order(all: &[FeatureRecord]) -> Vec<(&FeatureRecord, Priority)> {
    let open: BTreeMap<&Id, &FeatureRecord> = all
        .iter()
        .filter(|feature| !feature.status.is_over())
        .map(|feature| (&feature.id, feature))
        .collect();
    let counts_as = inherited(&open);
    let rank = |feature: &FeatureRecord| -> (Priority, bool, Timestamp, Id) {
        (
            counts_as[&feature.id],
            // What is finished lands before what is still being made.
            feature.status != Status::Queued,
            feature.since,
            feature.id.clone(),
        )
    };
    let mut left: Vec<&FeatureRecord> = open.values().copied().collect();
    left.sort_by_key(|feature| rank(feature));
    let mut placed: BTreeSet<&Id> = BTreeSet::new();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_free = |feature: &&FeatureRecord| {
            let mut first = feature.depends_on.iter();
            first.all(|id| placed.contains(id) || !open.contains_key(id))
        };
        // No circle is let in, and damage may still make one: then the most urgent goes first.
        let at = left.iter().position(is_free).unwrap_or(0);
        let feature = left.remove(at);
        placed.insert(&feature.id);
        order.push((feature, counts_as[&feature.id]));
    }
    order
}

/// What others depend on is as urgent as the most urgent of them.
fn inherited<'f>(open: &BTreeMap<&'f Id, &'f FeatureRecord>) -> BTreeMap<&'f Id, Priority> {
    let own = open.iter().map(|(id, feature)| (*id, feature.priority));
    let mut counts_as: BTreeMap<&Id, Priority> = own.collect();
    let mut changed: Vec<&Id> = open.keys().copied().collect();
    while let Some(id) = changed.pop() {
        let urgency = counts_as[id];
        for first in &open[id].depends_on {
            // The map has the name as long as the features live.
            let Some((first, _)) = open.get_key_value(first) else {
                continue;
            };
            if counts_as[first] > urgency {
                counts_as.insert(first, urgency);
                changed.push(first);
            }
        }
    }
    counts_as
}

/// Why a feature comes after one before it, if it does.
fn link(feature: &FeatureRecord, other: &FeatureRecord, above: Percent) -> Option<After> {
    let meetings = overlap::meetings(&feature.claims, &other.claims);
    let depends = feature.depends_on.contains(&other.id);
    if meetings.is_empty() && !depends {
        return None;
    }
    let (mine, theirs) = overlap::sides(feature, other, &meetings, above);
    let (keys, more) = overlap::listed(&meetings);
    let sides = (!meetings.is_empty()).then_some((mine, theirs));
    Some(After {
        id: other.id.clone(),
        why: match depends {
            true => Why::Depends,
            false => Why::Overlaps,
        },
        waits: depends || mine.feasibility == Feasibility::Sequential,
        mine: sides.map(|(mine, _)| mine),
        theirs: sides.map(|(_, theirs)| theirs),
        keys,
        more,
    })
}

/// Dependencies that are no step before this one, and have not landed.
fn stuck(feature: &FeatureRecord, all: &[FeatureRecord], before: &[Step]) -> Vec<Stuck> {
    let is_before = |id: &Id| before.iter().any(|step| step.id == *id);
    let waits = feature.depends_on.iter().filter(|id| !is_before(id));
    let stuck = waits.filter_map(|id| {
        let is = match all.iter().find(|other| other.id == *id) {
            None => "missing",
            Some(other) => match other.status {
                Status::Landed => return None,
                Status::Cancelled => "cancelled",
                Status::Active | Status::Queued => "circle",
            },
        };
        Some(Stuck {
            id: id.clone(),
            is: is.into(),
        })
    });
    stuck.collect()
}

/// Which features are linked, over however many others.
struct Lanes(Vec<usize>);

impl Lanes {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&self, mut at: usize) -> usize {
        while self.0[at] != at {
            at = self.0[at];
        }
        at
    }

    /// The earlier one stays the root, so that lanes are numbered by their first feature.
    fn join(&mut self, one: usize, two: usize) {
        let (one, two) = (self.root(one), self.root(two));
        self.0[one.max(two)] = one.min(two);
    }

    /// The number of the lane of each.
    fn numbers(&self) -> Vec<usize> {
        let roots: Vec<usize> = (0..self.0.len()).map(|at| self.root(at)).collect();
        let distinct: BTreeSet<usize> = roots.iter().copied().collect();
        let number: BTreeMap<usize, usize> = distinct.into_iter().zip(0..).collect();
        roots.iter().map(|root| number[root]).collect()
    }
}
