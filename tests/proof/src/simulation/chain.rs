//! The authority: a chain of states that grows by compare-and-swap, and what has to hold of each.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use git_coord_proof::domain::staged::Edits;
use git_coord_proof::domain::{Plan, decide};
use git_coord_proof::model::id::{Actor, OpId};
use git_coord_proof::model::key::Key;
use git_coord_proof::model::lock::{Hold, LockRecord};
use git_coord_proof::model::queue::Ask as Queue;
use git_coord_proof::model::reply::Reply;
use git_coord_proof::model::request::Request;
use git_coord_proof::model::stamp::{Evidence, Stamp, Watch};
use git_coord_proof::model::task::Ask as Task;

use crate::book::Book;
use crate::words::covers;

/// A commit, published or not. The first is the state before all operations.
pub type Ix = usize;

pub struct Commit {
    pub parent: Ix,
    pub op: OpId,
    pub book: Book,
    /// True time at which the request was made, in milliseconds.
    pub started: u64,
    /// True time at which it was decided.
    pub decided: u64,
    /// True time at which it ceased to be the newest state, if it was ever.
    pub superseded: u64,
    what: Option<Rc<What>>,
}

/// What was decided, and on what.
pub struct What {
    pub by: Actor,
    pub stamp: Stamp,
    pub request: Rc<Request>,
    pub plan: Plan,
}

/// Rules by which the audit of a run judges.
#[derive(Clone, Copy)]
pub struct Audit {
    /// Wall clocks differ by less than the slack, so that a lease that counts as over is over.
    pub has_sane_clocks: bool,
    /// Every transition is decided again from what its event says.
    pub decides_again: bool,
}

pub struct Chain {
    pub commits: Vec<Commit>,
    /// The published ones, by their number.
    pub states: Vec<Ix>,
    /// What the target branch has.
    pub target: Vec<String>,
    pub audit: Audit,
    /// Sessions whose processes are gone.
    pub dead: HashSet<Actor>,
    pub decided_again: u64,
    ops: HashMap<OpId, Ix>,
}

/// Whether the event of an operation names why a hold has ended.
fn names(evidence: &[Evidence], key: &Key, hold: &Hold) -> bool {
    evidence.iter().any(|evidence| match evidence {
        Evidence::Observed {
            key: of,
            holder,
            rev,
            ..
        }
        | Evidence::Clock {
            key: of,
            holder,
            rev,
            ..
        }
        | Evidence::Dead {
            key: of,
            holder,
            rev,
        } => of == key && hold.is_of(holder) && *rev == hold.rev,
        Evidence::Ended { holder } => hold.is_of(holder),
    })
}

/// What two decisions write differently.
fn differences(one: &Edits, other: &Edits) -> Vec<(String, [Option<String>; 2])> {
    let places = one.keys().chain(other.keys());
    let differ = places.filter(|place| one.get(*place) != other.get(*place));
    let text = |edits: &Edits, place| {
        let bytes = edits.get(place)?.as_deref().unwrap_or(b"removed");
        Some(String::from_utf8_lossy(bytes).into_owned())
    };
    differ
        .map(|place| (place.to_string(), [text(one, place), text(other, place)]))
        .collect()
}

/// All that whoever decides an event again may know.
fn evidence_only(evidence: &[Evidence]) -> Watch {
    let mut watch = Watch::default();
    for evidence in evidence {
        match evidence.clone() {
            Evidence::Observed {
                key,
                holder,
                rev,
                secs,
            } => {
                watch.seen.insert((key, holder, rev), secs);
            }
            Evidence::Clock { skew_secs, .. } => watch.skew_secs = Some(skew_secs),
            Evidence::Dead { holder, .. } | Evidence::Ended { holder } => {
                watch.dead.insert(holder);
            }
        }
    }
    watch
}

impl Chain {
    pub fn new(audit: Audit) -> Self {
        let first = Commit {
            parent: 0,
            op: crate::words::op(0),
            book: Book::default(),
            started: 0,
            decided: 0,
            superseded: u64::MAX,
            what: None,
        };
        Self {
            commits: vec![first],
            states: vec![0],
            target: Vec::new(),
            audit,
            dead: HashSet::new(),
            decided_again: 0,
            ops: HashMap::new(),
        }
    }

    pub fn tip(&self) -> Ix {
        *self.states.last().unwrap()
    }

    pub fn rev(&self, ix: Ix) -> u64 {
        self.commits[ix].book.rev
    }

    /// Whether a commit is published.
    pub fn has(&self, ix: Ix) -> bool {
        self.states.get(self.rev(ix) as usize) == Some(&ix)
    }

    /// The published commit of an operation.
    pub fn find(&self, op: OpId) -> Option<Ix> {
        self.ops.get(&op).copied()
    }

    pub fn reply(&self, ix: Ix) -> &Reply {
        &self.commits[ix].what.as_ref().unwrap().plan.reply
    }

    /// Makes a commit that nobody knows of yet.
    pub fn add(
        &mut self,
        parent: Ix,
        [started, decided]: [u64; 2],
        what: What,
    ) -> Result<Ix, String> {
        let book = self.commits[parent].book.with(&what.plan.edits)?;
        self.commits.push(Commit {
            parent,
            op: what.stamp.op,
            book,
            started,
            decided,
            superseded: u64::MAX,
            what: Some(Rc::new(what)),
        });
        Ok(self.commits.len() - 1)
    }

    /// Moves the state from `old` to `new`, if it stands there.
    pub fn swap(&mut self, old: Ix, new: Ix, now: u64) -> Result<bool, String> {
        if self.tip() != old {
            return Ok(false);
        }
        self.publish(new, now)?;
        Ok(true)
    }

    fn publish(&mut self, new: Ix, now: u64) -> Result<(), String> {
        let mut fresh = vec![new];
        while let Some(last) = fresh.last() {
            let parent = self.commits[*last].parent;
            if self.has(parent) {
                break;
            }
            fresh.push(parent);
        }
        for ix in fresh.into_iter().rev() {
            let tip = self.tip();
            if self.commits[ix].parent != tip || self.rev(ix) != self.rev(tip) + 1 {
                return Err(format!(
                    "the state went from number {} to {}, which does not continue it",
                    self.rev(tip),
                    self.rev(ix)
                ));
            }
            self.commits[tip].superseded = now;
            self.states.push(ix);
            if self.ops.insert(self.commits[ix].op, ix).is_some() {
                return Err(format!(
                    "operation {:?} is there twice",
                    self.commits[ix].op
                ));
            }
            self.check(ix)?;
        }
        Ok(())
    }

    /// What has to hold of a transition.
    fn check(&mut self, ix: Ix) -> Result<(), String> {
        let what = Rc::clone(self.commits[ix].what.as_ref().unwrap());
        let before = self.commits[self.commits[ix].parent].book.clone();
        let after = self.commits[ix].book.clone();
        let shown = |why: String| format!("number {}: {why}: {:?}", after.rev, what.request);
        self.check_locks(ix, &what, &before, &after)
            .map_err(shown)?;
        match &*what.request {
            Request::Task(Task::Done(done)) => {
                let claim = Key::claim_of_task(&done.id);
                let mut held = before.locks.values().filter(|lock| lock.key == claim);
                if !held.any(|lock| lock.holds.iter().any(|hold| hold.is_of(&what.by))) {
                    return Err(shown("done by who has not claimed it".into()));
                }
            }
            Request::Land(land) => {
                for path in &land.paths {
                    self.check_free(&what, &what.by, path, &before)
                        .map_err(shown)?;
                }
            }
            Request::Queue(Queue::Land(land)) => {
                for entry in &land.entries {
                    let name = entry.id.to_string();
                    if self.target.contains(&name) {
                        return Err(shown(format!("{name} lands twice")));
                    }
                    self.target.push(name);
                }
            }
            _ => {}
        }
        if self.audit.decides_again {
            self.decided_again += 1;
            let stamp = Stamp {
                watch: evidence_only(&what.plan.evidence),
                here: what.plan.here.clone(),
                ..what.stamp.clone()
            };
            let again = decide(&what.request, &before, &stamp, &what.plan.also);
            let difference = match again {
                Ok(again) if again.edits == what.plan.edits => None,
                Ok(again) => Some(format!("{:?}", differences(&what.plan.edits, &again.edits))),
                Err(refusal) => Some(refusal.to_string()),
            };
            if let Some(difference) = difference {
                let evidence = &what.plan.evidence;
                return Err(shown(format!(
                    "decided again with {evidence:?} it is another thing: {difference}"
                )));
            }
        }
        Ok(())
    }

    /// Nobody but `by` holds what covers a path that lands.
    fn check_free(&self, what: &What, by: &Actor, path: &Key, book: &Book) -> Result<(), String> {
        for lock in book.locks.values() {
            let is_over = covers(&lock.key) & covers(path) != 0;
            for hold in lock.holds.iter().filter(|hold| is_over && !hold.is_of(by)) {
                if !names(&what.plan.evidence, &lock.key, hold) {
                    return Err(format!("`{path}` lands under {}'s lock", hold.agent));
                }
            }
        }
        Ok(())
    }

    fn check_locks(&self, ix: Ix, what: &What, before: &Book, after: &Book) -> Result<(), String> {
        if Rc::ptr_eq(&before.locks, &after.locks) {
            return Ok(());
        }
        let locks: Vec<&LockRecord> = after.locks.values().map(|lock| &**lock).collect();
        for (nth, one) in locks.iter().enumerate() {
            let mask = covers(&one.key);
            for other in locks[nth + 1..].iter().filter(|_| mask != 0) {
                if mask & covers(&other.key) == 0 || one.mode.is_compatible(other.mode) {
                    continue;
                }
                let is_same = |hold: &Hold| {
                    other
                        .holds
                        .iter()
                        .all(|rival| rival.actor() == hold.actor())
                };
                if !one.holds.iter().all(is_same) {
                    return Err(format!("`{}` and `{}` are both held", one.key, other.key));
                }
            }
        }
        for (place, lock) in &*after.locks {
            let earlier = before.locks.get(place);
            if earlier.is_some_and(|earlier| Rc::ptr_eq(earlier, lock)) {
                continue;
            }
            for hold in &lock.holds {
                let was =
                    earlier.and_then(|lock| lock.holds.iter().find(|was| was.is_of(&hold.actor())));
                if was == Some(hold) {
                    continue;
                }
                if hold.rev != after.rev {
                    return Err(format!(
                        "the hold on `{}` has not got a new number",
                        lock.key
                    ));
                }
                if was.is_some() && !hold.is_of(&what.by) {
                    return Err(format!("somebody else renewed {}'s hold", hold.agent));
                }
            }
        }
        for (place, lock) in &*before.locks {
            let now = after.locks.get(place);
            if now.is_some_and(|now| Rc::ptr_eq(now, lock)) {
                continue;
            }
            for hold in &lock.holds {
                let stays =
                    now.is_some_and(|now| now.holds.iter().any(|own| own.is_of(&hold.actor())));
                if !stays && !hold.is_of(&what.by) {
                    self.check_taken(ix, what, &lock.key, hold)?;
                }
            }
        }
        Ok(())
    }

    /// That a hold which somebody else ended could be ended.
    fn check_taken(&self, ix: Ix, what: &What, key: &Key, hold: &Hold) -> Result<(), String> {
        let is_meant = match &*what.request {
            Request::Steal(steal) => steal.key == *key && steal.rev == hold.rev,
            Request::Lock(lock) => lock.takeover && hold.agent == what.by.agent,
            // A landing gives back what its submitter held, whoever pushes it.
            Request::Queue(Queue::Land(_)) => true,
            _ => false,
        };
        if is_meant {
            return Ok(());
        }
        let lost = |why: &str| Err(format!("{} lost `{key}`: {why}", hold.agent));
        if !names(&what.plan.evidence, key, hold) {
            return lost("nobody says why");
        }
        let is_dead = |evidence: &Evidence| matches!(evidence, Evidence::Dead { holder, .. } | Evidence::Ended { holder } if hold.is_of(holder));
        if what.plan.evidence.iter().any(is_dead) {
            return match self.dead.contains(&hold.actor()) {
                true => Ok(()),
                false => lost("its session lives"),
            };
        }
        let since = self.commits[self.states[hold.rev as usize]].started;
        let elapsed = self.commits[ix].decided.saturating_sub(since);
        if self.audit.has_sane_clocks && elapsed < hold.ttl_secs.secs() * 1000 {
            return lost("its lease had not ended");
        }
        Ok(())
    }
}
