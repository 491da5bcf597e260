//! What to do next, from a plan.
//!
//! Isolate, then certify. Entries are checked alone first, as many at a time as there are runners;
//! those that are green form the train, and the train is checked as a whole: what lands is exactly
//! what was checked. A red train is cut until the first red beginning right after a green one is
//! found; whoever makes that difference is run once more alone, and goes if it is red again. Nobody
//! is judged before it is known that the target itself is green.
//!
//! There is no memory: all of it follows from the records, which every clone sees.
//!
//! The rules that make it fast were chosen by simulation (`docs/queue-simulation.md`):
//!
//! - A green check of an entry alone stays good, whatever lands: it is a filter, and the train is
//!   checked anyway. If it expired whenever a file of the entry is touched, who changes what everybody
//!   changes might never board, and the queue would run itself what submitters have run already.
//! - A check of an entry alone that was begun is ended on the commit on which it was begun. Broken
//!   entries that follow the target are red once on each new commit and never twice on any.
//! - A batch never shrinks below the first one, and a train of that length does not wait for more
//!   while nothing of it is checked.
//! - A red train is cut at two places at a time, and not run again first: one cut leaves runners idle
//!   and the train waiting, three and the second run cost more than they save.

use std::collections::BTreeSet;

use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::queue::{BATCH_FIRST, Line, Purpose, Standing};

use super::plan::{Alone, Placed, Plan, Point, Status};

/// Most beginnings of a red train that are checked at the same time.
const CUTS_MAX: usize = 2;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// These are on the target already: say so.
    Settle(Vec<(Id, ObjectId)>),
    /// The first so many of the train may land.
    Land(usize),
    /// Put an entry out: `tree` is red, `before` is green.
    Evict {
        /// Which.
        id: Id,
        /// Its sealed commit.
        sealed: ObjectId,
        /// The tree with it.
        tree: ObjectId,
        /// The tree without it.
        before: ObjectId,
    },
    /// Run the check.
    Check(Point, Purpose),
}

/// What can be done now. Records are set right before anything is run, so when there is any of
/// that, runs are left for the plan after it.
///
/// `is_running` tells whether somebody runs the check on a tree; `free` is how many runs may begin.
pub fn moves(
    plan: &Plan,
    line: &Line,
    is_running: &dyn Fn(&ObjectId) -> bool,
    free: usize,
) -> Vec<Move> {
    let mut settled = Vec::new();
    for placed in &plan.line {
        if placed.status == Status::Present {
            settled.push((placed.id.clone(), placed.sealed));
        }
    }
    if !settled.is_empty() {
        return vec![Move::Settle(settled)];
    }
    if line.paused.is_some() {
        return Vec::new();
    }
    let green = longest_green(plan);
    if green > 0 {
        return vec![Move::Land(green)];
    }
    let evicted = evicted(plan);
    if !evicted.is_empty() {
        return evicted;
    }
    let mut runs = Runs {
        is_running,
        free,
        trees: BTreeSet::new(),
        begun: Vec::new(),
    };
    suspects(plan, &mut runs);
    match shortest_red(plan) {
        None => certify(plan, line, &mut runs),
        Some(red) => search(plan, red, &mut runs),
    }
    isolate(plan, &mut runs);
    runs.begun
}

/// What a submitter can do about his own entry: have it checked alone, if that is not known yet and
/// nobody does. Whatever may land meanwhile is for others.
pub fn own_check(
    plan: &Plan,
    line: &Line,
    is_running: &dyn Fn(&ObjectId) -> bool,
    id: &Id,
) -> Vec<Move> {
    let mut runs = Runs {
        is_running,
        free: usize::from(line.paused.is_none()),
        trees: BTreeSet::new(),
        begun: Vec::new(),
    };
    let placed = plan.line.iter().find(|placed| placed.id == *id);
    if let Some(placed) = placed
        && let Status::Unproven(alone) = &placed.status
        && alone.standing == Standing::Unknown
    {
        runs.alone(placed, alone);
    }
    runs.begun
}

/// How many entries of the train may land.
fn longest_green(plan: &Plan) -> usize {
    let green = plan.train.iter().rposition(|link| link.standing.is_green());
    green.map_or(0, |last| last + 1)
}

/// The first beginning of the train that was red: how many entries it has.
fn shortest_red(plan: &Plan) -> Option<usize> {
    let red = plan
        .train
        .iter()
        .position(|link| link.standing.is_reddish());
    red.map(|last| last + 1)
}

/// Entries that are red where what is before them is green.
fn evicted(plan: &Plan) -> Vec<Move> {
    let mut evicted = Vec::new();
    for placed in &plan.line {
        if let Status::Unproven(alone) = &placed.status
            && alone.standing == Standing::Red
            && alone.before.is_green()
        {
            evicted.push(Move::Evict {
                id: placed.id.clone(),
                sealed: placed.sealed,
                tree: alone.point.tree,
                before: alone.onto.tree,
            });
        }
    }
    evicted
}

/// Runs that begin now.
struct Runs<'r> {
    is_running: &'r dyn Fn(&ObjectId) -> bool,
    free: usize,
    trees: BTreeSet<ObjectId>,
    begun: Vec<Move>,
}

impl Runs<'_> {
    fn is_full(&self) -> bool {
        self.begun.len() >= self.free
    }

    /// Begins a run unless nobody is free or that tree is being checked.
    fn begin(&mut self, point: Point, purpose: Purpose) {
        if !self.is_full() && !self.goes_on(&point.tree) {
            self.trees.insert(point.tree);
            self.begun.push(Move::Check(point, purpose));
        }
    }

    /// Whether that tree is being checked, or will be by what was begun here.
    fn goes_on(&self, tree: &ObjectId) -> bool {
        (self.is_running)(tree) || self.trees.contains(tree)
    }

    /// Begins a run of an entry on its own, if it was not run yet or was red once.
    fn alone(&mut self, placed: &Placed, alone: &Alone) {
        if matches!(alone.standing, Standing::Unknown | Standing::RedOnce) {
            let purpose = Purpose::Isolate {
                id: placed.id.clone(),
                sealed: placed.sealed,
                onto: alone.target,
                before: alone.onto.tree,
            };
            self.begin(alone.point, purpose);
        }
    }

    /// Begins a run of the beginning of the train, if it was not run yet or was red once.
    fn part(&mut self, plan: &Plan, count: usize) {
        let Some(link) = count.checked_sub(1).and_then(|last| plan.train.get(last)) else {
            return;
        };
        if matches!(link.standing, Standing::Unknown | Standing::RedOnce) {
            let ids = plan.train[..count].iter().map(|link| link.id.clone());
            let purpose = match count {
                // Whoever is first is on its own, and is to be judged as such.
                1 => Purpose::Isolate {
                    id: link.id.clone(),
                    sealed: link.sealed,
                    onto: plan.tip.commit,
                    before: plan.tip.tree,
                },
                _ => Purpose::Certify { ids: ids.collect() },
            };
            self.begin(link.point, purpose);
        }
    }

    /// Begins a run of what is before something red, unless that is known. Says whether it is green.
    fn before(&mut self, point: Point, standing: Standing) -> bool {
        if matches!(standing, Standing::Unknown | Standing::RedOnce) {
            self.begin(point, Purpose::Base);
        }
        standing.is_green()
    }
}

/// Whoever was red once is run again before anything else is begun: a landing in between would leave
/// that with nothing to compare it to. On a red target nothing follows from it, so it is not.
fn suspects(plan: &Plan, runs: &mut Runs<'_>) {
    for (placed, alone) in plan.line.iter().filter_map(unproven) {
        if !alone.standing.is_reddish() {
            continue;
        }
        if !alone.before.is_reddish() {
            runs.alone(placed, alone);
        }
        runs.before(alone.onto, alone.before);
    }
}

/// Begins with the train, when it is long enough: a full batch at once, and less when nothing of it
/// is being checked, so that runners that are all busy with single entries do not hold it up.
fn certify(plan: &Plan, line: &Line, runs: &mut Runs<'_>) {
    let full = (line.batch as usize).max(1);
    let is_idle = !plan.train.iter().any(|link| runs.goes_on(&link.point.tree));
    let enough = if is_idle {
        full.min(BATCH_FIRST as usize)
    } else {
        full
    };
    // Nobody is waited for who cannot join soon.
    let may_join = |alone: &Alone| match alone.standing {
        Standing::Unknown => true,
        Standing::RedOnce => !alone.before.is_reddish(),
        Standing::Red | Standing::Flaky | Standing::Green => false,
    };
    let mut others = plan.line.iter().filter_map(unproven);
    if plan.train.len() >= enough || !others.any(|(_, alone)| may_join(alone)) {
        runs.part(plan, plan.train.len().min(full));
    }
}

/// Looks for the first red beginning right after a green one: cuts what is between green and red,
/// the widest gap first. Nothing else of the train is begun meanwhile.
///
/// The red beginning itself is not run again: if it was a flake, all that is before its last entry
/// turns out green and lands, and then that entry is alone and is run again as a suspect.
fn search(plan: &Plan, red: usize, runs: &mut Runs<'_>) {
    if !runs.before(plan.tip, plan.base) && plan.base != Standing::Unknown {
        return;
    }
    let going_on = (1..red).filter(|count| runs.goes_on(&plan.train[count - 1].point.tree));
    let mut ends: Vec<usize> = [0].into_iter().chain(going_on).chain([red]).collect();
    while ends.len() < CUTS_MAX + 2 {
        let gaps = ends.windows(2).map(|gap| (gap[0], gap[1] - gap[0]));
        let widest = gaps.rev().max_by_key(|(_, width)| *width);
        let Some((from, width)) = widest.filter(|(_, width)| *width > 1) else {
            return;
        };
        let middle = from + width / 2;
        runs.part(plan, middle);
        ends.push(middle);
        ends.sort_unstable();
    }
}

/// Checks entries alone, in their order.
fn isolate(plan: &Plan, runs: &mut Runs<'_>) {
    for (placed, alone) in plan.line.iter().filter_map(unproven) {
        if !alone.standing.is_reddish() {
            runs.alone(placed, alone);
        }
    }
}

fn unproven(placed: &Placed) -> Option<(&Placed, &Alone)> {
    match &placed.status {
        Status::Unproven(alone) => Some((placed, alone)),
        _ => None,
    }
}
