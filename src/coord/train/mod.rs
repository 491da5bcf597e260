//! The git side of the merge queue: what the plan is computed from, and the pushes that seal an
//! entry and land a train.

mod fetch;
mod hindered;
mod host;
mod land;
mod merges;
mod seal;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::lease::ended;
use crate::domain::locks;
use crate::domain::queue::moves::{Move, moves, own_check};
use crate::domain::queue::plan::{Facts, Hindrance, Plan, Point, plan};
use crate::domain::queue::{find, why};
use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::queue::{CheckId, EntryRecord, Line};
use crate::model::record::Damage;
use crate::model::refusal::Conflict;
use crate::store::Backend;

use super::{Coord, Failure, View};

pub use host::{Candidate, Host, LandMode, Landed, Manner, Merged, Method, Said};
pub use seal::Sealed;

/// Everything about one target that planning needs, as this clone sees it.
pub struct Snapshot<'c> {
    coord: &'c Coord,
    /// The state.
    pub view: View<'c>,
    /// The target.
    pub target: Branch,
    /// The commit that it has.
    pub tip: Point,
    /// The line.
    pub line: Line,
    /// Its entries, also those that are over.
    pub entries: Vec<EntryRecord>,
    /// Records that cannot be read: what they are about is left alone.
    pub damaged: Vec<Damage>,
    /// The check that counts.
    pub check: CheckId,
    /// Entries that the host does not take now: the others are planned without them.
    pub aside: BTreeMap<Id, String>,
    running: OnceCell<BTreeSet<ObjectId>>,
}

impl Coord {
    /// What this clone knows about a target; asked anew from the remote when `is_fresh`.
    ///
    /// # Errors
    /// When the target does not exist, or the remote cannot be reached.
    pub fn queue(
        &self,
        target: &Branch,
        check: &CheckId,
        is_fresh: bool,
    ) -> Result<Snapshot<'_>, Failure> {
        if is_fresh {
            self.fetch_for(target)?;
        }
        let view = self.view(None)?;
        let Some(tip) = self.target_tip(target, is_fresh)? else {
            return Err(no_target(target));
        };
        let (entries, damaged) = find::all(&view, target)?;
        Ok(Snapshot {
            coord: self,
            line: find::line(&view, target)?,
            tip: Point {
                commit: tip,
                tree: self.repo.tree_of(&tip)?,
            },
            target: target.clone(),
            entries,
            damaged,
            check: check.clone(),
            aside: BTreeMap::new(),
            running: OnceCell::new(),
            view,
        })
    }

    /// The commit that a target has, asked anew where a remote has it.
    ///
    /// # Errors
    /// As [`Coord::queue`].
    pub fn queue_tip(&self, target: &Branch) -> Result<ObjectId, Failure> {
        self.fetch_for(target)?;
        self.target_tip(target, true)?
            .ok_or_else(|| no_target(target))
    }

    /// The branch that entries land on unless another one is named.
    pub fn queue_target(&self) -> Result<Branch, Failure> {
        let remote = self.settings.remote.as_deref().unwrap_or("origin");
        let name = match self.settings.remote {
            None if self.settings.main_branch.is_none() => self.own_main()?,
            _ => self.main_of(remote),
        };
        name.parse()
            .map_err(|why| Failure::usage(format!("{why}"), "name one with `--target BRANCH`"))
    }

    /// The main branch of a repository that is its own authority: there is no remote to ask.
    fn own_main(&self) -> Result<String, Failure> {
        for name in ["main", "master"] {
            if self.repo.tip(&format!("refs/heads/{name}"))?.is_some() {
                return Ok(name.into());
            }
        }
        Ok(self.current_branch().unwrap_or_else(|| "main".into()))
    }
}

impl Snapshot<'_> {
    /// What becomes of the entries.
    ///
    /// # Errors
    /// When git cannot merge at all, or a verdict cannot be read.
    pub fn plan(&self) -> Result<Plan, Failure> {
        let mut merges = merges::Merges::new(self)?;
        let hindered = self.hindered(&mut merges)?;
        let mut hindered: BTreeMap<Id, Hindrance> = hindered;
        for (id, why) in &self.aside {
            let why = Hindrance::Unmergeable(why.clone());
            hindered.entry(id.clone()).or_insert(why);
        }
        loop {
            let facts = Facts {
                tip: self.tip,
                line: &self.line,
                entries: &self.entries,
                check: &self.check,
                hindered: &hindered,
            };
            match plan(&facts, &mut merges) {
                Ok(plan) => return Ok(plan),
                // One entry that cannot be merged here does not hold up the others.
                Err(why) => match merges.take_unmergeable() {
                    // Planning asks nothing more about an entry that is set aside: no circle.
                    Some((id, because)) if !hindered.contains_key(&id) => {
                        hindered.insert(id, Hindrance::Unmergeable(because));
                    }
                    Some(_) | None => return Err(why),
                },
            }
        }
    }

    /// The trees that somebody is checking now.
    ///
    /// # Errors
    /// When the locks cannot be read.
    pub fn running(&self) -> Result<&BTreeSet<ObjectId>, Failure> {
        if let Some(running) = self.running.get() {
            return Ok(running);
        }
        let (all, _) = locks::all(&self.view)?;
        let stamp = self.coord.stamp_with_sights();
        let (mut trees, mut met) = (BTreeSet::new(), Vec::new());
        for lock in &all {
            let Key::Logical(key) = &lock.key else {
                continue;
            };
            let Some(tree) = key.checked_tree(&self.check) else {
                continue;
            };
            for hold in &lock.holds {
                if ended(&lock.key, hold, &stamp).is_none() {
                    trees.insert(tree);
                    met.push(Conflict::new(&lock.key, &lock.key, lock.mode, hold));
                }
            }
        }
        // Nobody asks for such a lock while it is held, so its lease has to be watched here: a
        // runner elsewhere may be dead.
        self.coord.note_sights(&met);
        Ok(self.running.get_or_init(|| trees))
    }

    /// What can be done now, with so many runners free. Trees `beside` are left to others.
    ///
    /// # Errors
    /// When the locks cannot be read.
    pub fn moves(
        &self,
        plan: &Plan,
        free: usize,
        beside: &BTreeSet<ObjectId>,
    ) -> Result<Vec<Move>, Failure> {
        let running = self.running()?;
        let is_left = |tree: &ObjectId| running.contains(tree) || beside.contains(tree);
        Ok(moves(plan, &self.line, &is_left, free))
    }

    /// What a submitter can do: have his own entry checked alone, and nothing besides, whatever
    /// others could do now.
    ///
    /// # Errors
    /// When the locks cannot be read.
    pub fn own_check(&self, plan: &Plan, id: &Id) -> Result<Vec<Move>, Failure> {
        let running = self.running()?;
        Ok(own_check(
            plan,
            &self.line,
            &|tree| running.contains(tree),
            id,
        ))
    }

    /// Why an entry is where it is.
    ///
    /// # Errors
    /// When the locks cannot be read.
    pub fn why(&self, plan: &Plan, id: &Id) -> Result<Option<why::Why>, Failure> {
        let Some(entry) = self.entries.iter().find(|entry| entry.id == *id) else {
            return Ok(None);
        };
        if let Some(why) = why::ended(entry) {
            return Ok(Some(why));
        }
        let running = self.running()?;
        let placed = plan.line.iter().find(|placed| placed.id == *id);
        Ok(placed
            .map(|placed| why::waiting(placed, plan, &self.line, &|tree| running.contains(tree))))
    }
}

fn no_target(target: &Branch) -> Failure {
    let what = format!("there is no branch `{target}` to land on");
    Failure::usage(what, "name another with `--target BRANCH`")
}
