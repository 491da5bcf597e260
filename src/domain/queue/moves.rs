//! What to do next, from a plan.
//!
//! Isolate, then certify. Entries are checked alone first, as many at a time as there are runners;
//! those that are green form the train, and the train is checked as a whole: what lands is exactly
//! what was checked. A red train is run once more on the very same tree, then cut at several places
//! at once until the first red beginning right after a green one is found; whoever makes that
//! difference goes. Nobody is judged before it is known that the target itself is green.
//!
//! There is no memory: all of it follows from the verdicts, which every clone sees.

use std::collections::BTreeSet;

use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::queue::{Line, Purpose, Standing};

use super::plan::{Alone, Plan, Point, Status};

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
    certify(plan, line, &mut runs);
    isolate(plan, line, &mut runs);
    // What is left over goes to a part of the train that was not tried, or to a longer one.
    ahead(plan, line, &mut runs);
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
        && alone.standing != Standing::Red
    {
        let purpose = Purpose::Isolate {
            id: placed.id.clone(),
            sealed: placed.sealed,
            onto: plan.tip.commit,
        };
        begin_alone(&mut runs, alone, purpose);
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
    // A longer beginning that was green would have landed.
    if let Some(first) = plan.train.first()
        && first.standing == Standing::Red
        && plan.base.is_green()
    {
        evicted.push(Move::Evict {
            id: first.id.clone(),
            sealed: first.sealed,
            tree: first.point.tree,
            before: plan.tip.tree,
        });
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
        if !self.is_full() && !(self.is_running)(&point.tree) && self.trees.insert(point.tree) {
            self.begun.push(Move::Check(point, purpose));
        }
    }

    /// Begins a run of the beginning of the train, if it was not run yet or was red once.
    fn part(&mut self, plan: &Plan, count: usize) {
        let Some(link) = count.checked_sub(1).and_then(|last| plan.train.get(last)) else {
            return;
        };
        if matches!(link.standing, Standing::Unknown | Standing::RedOnce) {
            let ids = plan.train[..count].iter().map(|link| link.id.clone());
            let purpose = Purpose::Certify { ids: ids.collect() };
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

fn certify(plan: &Plan, line: &Line, runs: &mut Runs<'_>) {
    let Some(red) = shortest_red(plan) else {
        let full = (line.batch as usize).max(1);
        let more_to_come = plan.line.iter().any(|placed| {
            matches!(&placed.status, Status::Unproven(alone) if alone.standing != Standing::Red)
        });
        // A part of a batch is checked when nobody else can join it soon.
        if plan.train.len() >= full || !more_to_come {
            runs.part(plan, plan.train.len().min(full));
        }
        return;
    };
    // The same tree once more, before anything follows from a single red run.
    runs.part(plan, red);
    if !runs.before(plan.tip, plan.base) && plan.base != Standing::Unknown {
        return;
    }
    // Cut what is between green and red into equal parts, one for each runner.
    let parts = runs.free.saturating_sub(runs.begun.len()).min(red - 1);
    for part in 1..=parts {
        runs.part(plan, (red * part / (parts + 1)).max(1));
    }
}

fn isolate(plan: &Plan, line: &Line, runs: &mut Runs<'_>) {
    // Who is proven too early is proven again when others have landed.
    let enough = 2 * (line.batch as usize).max(1) + runs.free;
    let mut pending = 0;
    for placed in &plan.line {
        let Status::Unproven(alone) = &placed.status else {
            continue;
        };
        if alone.standing == Standing::Red {
            runs.before(alone.onto, alone.before);
            continue;
        }
        pending += 1;
        if runs.is_full() || plan.train.len() + pending > enough {
            return;
        }
        if alone.standing == Standing::RedOnce {
            runs.before(alone.onto, alone.before);
        }
        let purpose = Purpose::Isolate {
            id: placed.id.clone(),
            sealed: placed.sealed,
            onto: plan.tip.commit,
        };
        begin_alone(runs, alone, purpose);
    }
}

fn begin_alone(runs: &mut Runs<'_>, alone: &Alone, purpose: Purpose) {
    runs.begin(alone.point, purpose);
}

fn ahead(plan: &Plan, line: &Line, runs: &mut Runs<'_>) {
    if shortest_red(plan).is_some() {
        return;
    }
    let mut count = (line.batch as usize).max(1) * 2;
    while !runs.is_full() && count / 2 < plan.train.len() {
        runs.part(plan, count.min(plan.train.len()));
        count *= 2;
    }
}
