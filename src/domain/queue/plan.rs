//! What becomes of the entries in line, as things stand: who is on the train, and what each of the
//! others waits for. Changes nothing, and comes out the same wherever it is computed.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::id::{Actor, Id};
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::queue::{BATCH_MAX, CheckId, Entry, EntryRecord, Line, Standing};
use crate::model::record::Damage;

use super::order::order;

/// A commit, and its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The commit.
    pub commit: ObjectId,
    /// Its tree, which is what checks are about.
    pub tree: ObjectId,
}

/// What came of merging a sealed commit onto another commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// The merge, as a commit that every clone makes the same.
    Clean(Point),
    /// The texts conflict in these paths.
    Conflict(Vec<String>),
}

/// What planning asks of a repository. It writes nothing that others see.
pub trait Merges {
    /// Why it could not be answered.
    type Error: From<Damage>;

    /// Merges what an entry has sealed onto a commit.
    ///
    /// # Errors
    /// When git cannot say.
    fn merge(&mut self, onto: &Point, entry: &Entry) -> Result<Merged, Self::Error>;

    /// Whether a commit has everything that an entry has sealed.
    ///
    /// # Errors
    /// When git cannot say.
    fn has(&mut self, commit: &ObjectId, entry: &Entry) -> Result<bool, Self::Error>;

    /// Whether a commit that the target had once is part of it still, and is here.
    ///
    /// # Errors
    /// When git cannot say.
    fn is_of_target(&mut self, commit: &ObjectId) -> Result<bool, Self::Error>;

    /// What the runs of the check on a tree come to.
    ///
    /// # Errors
    /// When what is stored about it cannot be read.
    fn standing(&mut self, tree: &ObjectId) -> Result<Standing, Self::Error>;
}

/// What keeps an entry from being merged at all, found before planning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// Its branch has moved off the sealed commit.
    Stale {
        /// What the branch has now.
        now: ObjectId,
    },
    /// Somebody has stopped the line for its feature.
    Paused {
        /// Who.
        by: Actor,
    },
    /// Somebody else holds a lock on what it changes.
    Locked {
        /// The lock.
        key: Key,
        /// Who.
        by: Actor,
    },
    /// It changes what it never claimed, and another feature has.
    Drift {
        /// What it changes.
        path: Key,
        /// Which feature.
        feature: Id,
    },
    /// What it waits for is not on the way: it failed, was cancelled, or is not queued yet.
    Absent {
        /// What.
        id: Id,
        /// How that stands.
        is: String,
    },
    /// Its sealed commit is not in this clone.
    Missing,
    /// Its commits cannot be merged here, and why.
    Unmergeable(String),
}

/// What planning starts from.
pub struct Facts<'a> {
    /// The target as it is.
    pub tip: Point,
    /// The line.
    pub line: &'a Line,
    /// Its entries.
    pub entries: &'a [EntryRecord],
    /// The check that counts.
    pub check: &'a CheckId,
    /// What keeps entries back.
    pub hindered: &'a BTreeMap<Id, Hindrance>,
}

/// An entry that is merged onto those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The entry.
    pub id: Id,
    /// Its sealed commit.
    pub sealed: ObjectId,
    /// The target with everything up to it.
    pub point: Point,
    /// What is known about that.
    pub standing: Standing,
}

/// An entry on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alone {
    /// The commit of the target.
    pub target: ObjectId,
    /// What it was merged onto: that, with what the entry has to come after.
    pub onto: Point,
    /// What is known about that.
    pub before: Standing,
    /// The merge.
    pub point: Point,
    /// What is known about it.
    pub standing: Standing,
}

/// How an entry stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Its commits are on the target already.
    Present,
    /// Something keeps it back.
    Hindered(Hindrance),
    /// It comes after an entry that is not on the train.
    After(Id),
    /// It conflicts with the target itself.
    NeedsRebase(Vec<String>),
    /// It conflicts with an entry ahead, and is tried again when that has landed or left.
    Deferred {
        /// The first entry that it conflicts with.
        behind: Id,
        /// In these paths.
        paths: Vec<String>,
    },
    /// Its own check is not green, yet or at all.
    Unproven(Alone),
    /// Its own check is green, and the train is full.
    Proven,
    /// It is on the train: so many entries before it.
    Aboard(usize),
}

/// An entry and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The entry.
    pub id: Id,
    /// Its sealed commit.
    pub sealed: ObjectId,
    /// How it stands.
    pub status: Status,
}

/// What becomes of everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The target as it is.
    pub tip: Point,
    /// What is known about it.
    pub base: Standing,
    /// The train: proven entries, each merged onto the one before.
    pub train: Vec<Link>,
    /// All entries in line, in order.
    pub line: Vec<Placed>,
}

/// Computes the plan.
///
/// # Errors
/// When git cannot merge, or a verdict cannot be read.
pub fn plan<M: Merges>(facts: &Facts<'_>, merges: &mut M) -> Result<Plan, M::Error> {
    let ordered = order(facts.entries, facts.line);
    let waiting: BTreeMap<&Id, &EntryRecord> =
        ordered.iter().map(|entry| (&entry.id, *entry)).collect();
    let mut plan = Plan {
        tip: facts.tip,
        base: merges.standing(&facts.tip.tree)?,
        train: Vec::new(),
        line: Vec::with_capacity(ordered.len()),
    };
    let mut present: BTreeSet<&Id> = BTreeSet::new();
    for &entry in &ordered {
        // Whoever cannot be merged here is asked nothing.
        let unmergeable = facts.hindered.get(&entry.id);
        let unmergeable = unmergeable.filter(|why| matches!(why, Hindrance::Unmergeable(_)));
        let status = if let Some(hindrance) = unmergeable {
            Status::Hindered(hindrance.clone())
        } else if merges.has(&facts.tip.commit, entry)? {
            present.insert(&entry.id);
            Status::Present
        } else if let Some(hindrance) = facts.hindered.get(&entry.id) {
            Status::Hindered(hindrance.clone())
        } else {
            let before = needed(entry, &waiting, &present);
            board(facts, entry, &before, &waiting, &mut plan, merges)?
        };
        plan.line.push(Placed {
            id: entry.id.clone(),
            sealed: entry.sealed,
            status,
        });
    }
    Ok(plan)
}

/// Every entry that has to land before this one, and has not.
fn needed<'e>(
    entry: &'e EntryRecord,
    waiting: &BTreeMap<&'e Id, &'e EntryRecord>,
    present: &BTreeSet<&'e Id>,
) -> BTreeSet<&'e Id> {
    let mut needed = BTreeSet::new();
    let mut open = vec![entry];
    while let Some(entry) = open.pop() {
        for id in &entry.after {
            if let Some((&id, &before)) = waiting.get_key_value(id)
                && !present.contains(id)
                && needed.insert(id)
            {
                open.push(before);
            }
        }
    }
    needed
}

/// Tries to bring an entry onto the train.
fn board<M: Merges>(
    facts: &Facts<'_>,
    entry: &EntryRecord,
    before: &BTreeSet<&Id>,
    waiting: &BTreeMap<&Id, &EntryRecord>,
    plan: &mut Plan,
    merges: &mut M,
) -> Result<Status, M::Error> {
    let is_aboard = |id: &Id| plan.train.iter().any(|link| link.id == *id);
    if let Some(missing) = before.iter().find(|id| !is_aboard(id)) {
        return Ok(Status::After((*missing).clone()));
    }
    let mut onto = facts.tip;
    for link in plan.train.iter().filter(|link| before.contains(&link.id)) {
        match merges.merge(&onto, waiting[&link.id])? {
            Merged::Clean(point) => onto = point,
            // On the train it merges, with others before it.
            Merged::Conflict(_) => return Ok(Status::After(link.id.clone())),
        }
    }
    let point = match merges.merge(&onto, entry)? {
        Merged::Clean(point) => point,
        Merged::Conflict(paths) => {
            return Ok(
                match plan.train.iter().rfind(|link| before.contains(&link.id)) {
                    None => Status::NeedsRebase(paths),
                    Some(link) => Status::Deferred {
                        behind: link.id.clone(),
                        paths,
                    },
                },
            );
        }
    };
    let standing = merges.standing(&point.tree)?;
    if !standing.is_green() && !is_proven(facts, entry, standing, merges)? {
        let fresh = Alone {
            target: facts.tip.commit,
            onto,
            before: merges.standing(&onto.tree)?,
            point,
            standing,
        };
        let begun = begun(facts, entry, standing, merges)?;
        return Ok(Status::Unproven(begun.unwrap_or(fresh)));
    }
    if plan.train.len() >= BATCH_MAX as usize {
        return Ok(Status::Proven);
    }
    let last = plan.train.last().map_or(facts.tip, |link| link.point);
    let merged = if last == onto {
        Merged::Clean(point)
    } else {
        merges.merge(&last, entry)?
    };
    Ok(match merged {
        Merged::Clean(point) => {
            let standing = merges.standing(&point.tree)?;
            plan.train.push(Link {
                id: entry.id.clone(),
                sealed: entry.sealed,
                point,
                standing,
            });
            Status::Aboard(plan.train.len() - 1)
        }
        Merged::Conflict(paths) => Status::Deferred {
            behind: first_rival(facts.tip, &plan.train, entry, merges)?,
            paths,
        },
    })
}

/// Whether its own check was green, on whatever commit of the target, and is not red on this one.
fn is_proven<M: Merges>(
    facts: &Facts<'_>,
    entry: &EntryRecord,
    now: Standing,
    merges: &mut M,
) -> Result<bool, M::Error> {
    let isolated = entry.isolated.as_ref();
    let Some(isolated) = isolated.filter(|isolated| isolated.check == *facts.check) else {
        return Ok(false);
    };
    Ok(!now.is_reddish() && merges.standing(&isolated.tree)?.is_green())
}

/// Where its own check was begun, if how that ends is not known yet, or is red. What is known about
/// it on the target as it is now counts more, and nothing follows from what was red before it came.
fn begun<M: Merges>(
    facts: &Facts<'_>,
    entry: &EntryRecord,
    now: Standing,
    merges: &mut M,
) -> Result<Option<Alone>, M::Error> {
    let isolated = entry.isolated.as_ref();
    let Some(isolated) = isolated.filter(|isolated| isolated.check == *facts.check) else {
        return Ok(None);
    };
    let standing = merges.standing(&isolated.tree)?;
    let before = merges.standing(&isolated.before)?;
    if now.is_reddish() || standing.is_green() || before == Standing::Red {
        return Ok(None);
    }
    if !merges.is_of_target(&isolated.onto)? {
        return Ok(None);
    }
    let onto = Point {
        commit: isolated.onto,
        tree: isolated.before,
    };
    // With something else before it than the target it is another tree, and cannot be made again.
    Ok(match merges.merge(&onto, entry)? {
        Merged::Clean(point) if point.tree == isolated.tree => Some(Alone {
            target: isolated.onto,
            onto,
            before,
            point,
            standing,
        }),
        Merged::Clean(_) | Merged::Conflict(_) => None,
    })
}

/// The first entry of the train that this one conflicts with. Whatever conflicts with a beginning of
/// the train nearly always does with a longer one, so halving finds it.
fn first_rival<M: Merges>(
    tip: Point,
    train: &[Link],
    entry: &EntryRecord,
    merges: &mut M,
) -> Result<Id, M::Error> {
    let (mut clean, mut conflicting) = (0, train.len());
    while conflicting - clean > 1 {
        let middle = clean + (conflicting - clean) / 2;
        let onto = if middle == 0 {
            tip
        } else {
            train[middle - 1].point
        };
        match merges.merge(&onto, entry)? {
            Merged::Clean(_) => clean = middle,
            Merged::Conflict(_) => conflicting = middle,
        }
    }
    Ok(train[conflicting - 1].id.clone())
}
