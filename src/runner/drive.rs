//! The loop of `queue run`: plan, do what the plan says, run checks beside each other, plan again.
//!
//! It remembers nothing that matters. When it dies, its runs are free as soon as its session is
//! known to be gone or their leases end, and whoever runs next goes on from the verdicts.

mod records;
mod runs;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;
use std::time::{Duration, Instant};

use crate::coord::train::{Host, LandMode, Snapshot};
use crate::coord::{Coord, Failure};
use crate::domain::queue::moves::Move;
use crate::domain::queue::plan::{Plan, Status};
use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::queue::{Check, Purpose, Ran};
use crate::store::Error;

use super::{Pool, Spec, Watch, expected};
use runs::Finished;

/// How long to wait for others before looking again.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// For how long an entry is passed over that the host did not take.
const HELD_UP_FOR: Duration = Duration::from_secs(60);

/// What to do, and how long to go on.
pub struct Drive<'a> {
    /// The clone, in a session of the runner's own.
    pub coord: &'a Coord,
    /// The branch that entries land on.
    pub target: &'a Branch,
    /// Who is asked before something lands, where the host has a word in that.
    pub host: Option<&'a dyn Host>,
    /// What has to pass, from the runner's command line; the target says it when there is nothing.
    pub check: &'a [String],
    /// How many checks run beside each other.
    pub jobs: usize,
    /// Go on when nothing is left to do, until told to stop.
    pub watch: bool,
    /// Check only this entry, alone, and land nothing: what a submitter does.
    pub only: Option<&'a Id>,
    /// What to say to the server's hooks with a landing.
    pub options: &'a [String],
    /// Whether to stop.
    pub stop: &'a (dyn Fn() -> bool + Sync),
    /// Is told how runs go.
    pub events: &'a dyn Watch,
    /// Is told what became of entries, a line each.
    pub say: &'a dyn Fn(&str),
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Driven {
    /// Entries that landed, in their order.
    pub landed: Vec<Id>,
    /// Entries that were put out.
    pub evicted: Vec<Id>,
    /// Entries that were found on the target.
    pub settled: Vec<Id>,
    /// How many checks were run.
    pub runs: usize,
    /// Checks that could not be run here, and what the host did not take, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<String>,
}

/// The loop while it goes on.
struct Loop<'l, 'a> {
    drive: &'l Drive<'a>,
    pool: Pool,
    /// The check, and the commit of the target that it was read from.
    spec: Arc<Spec>,
    spec_of: ObjectId,
    check: Check,
    done: Driven,
    /// What runs here.
    busy: BTreeMap<ObjectId, Purpose>,
    /// Trees that could not be checked here: another machine may.
    failed: BTreeSet<ObjectId>,
    /// What the authority has still to be told of runs: it was away when they began or ended.
    owed: VecDeque<Ran>,
    refusals: usize,
    /// What the host does not take now, and since when that is remembered.
    held_up: BTreeMap<Id, String>,
    held_since: Instant,
    renewed: Instant,
    is_done: bool,
    /// How long a run takes, by the earlier ones.
    expected: Option<Duration>,
}

impl Drive<'_> {
    /// Runs until nothing is left that could be done here.
    ///
    /// # Errors
    /// When the authority cannot be reached, the remote has a rule against the landing, or no
    /// working tree can be made. What was done by then is done.
    pub fn run(&self) -> Result<Driven, Failure> {
        let pool = Pool::of(self.coord)?;
        let tip = self.coord.queue_tip(self.target)?;
        let spec = Arc::new(Spec::of(self.coord.repo(), &tip, self.check)?);
        let mut state = Loop {
            drive: self,
            pool,
            check: named(&spec),
            expected: expected(&self.coord.view(None)?, spec.id()),
            spec,
            spec_of: tip,
            done: Driven::default(),
            busy: BTreeMap::new(),
            failed: BTreeSet::new(),
            owed: VecDeque::new(),
            refusals: 0,
            held_up: BTreeMap::new(),
            held_since: Instant::now(),
            renewed: Instant::now(),
            is_done: false,
        };
        state.settle_merged()?;
        let stopping = AtomicBool::new(false);
        let stop = || (self.stop)() || stopping.load(Ordering::Relaxed);
        let (tell, told) = channel();
        let ended = std::thread::scope(|scope| {
            let ended = state.go(scope, &tell, &told, &stop);
            drop(tell);
            // Whatever ended the loop, its runs end too, and their locks go back.
            stopping.store(true, Ordering::Relaxed);
            state.give_up(&told);
            ended
        });
        ended.map(|()| state.done)
    }
}

impl<'l, 'a> Loop<'l, 'a> {
    fn go<'s>(
        &mut self,
        scope: &'s Scope<'s, '_>,
        tell: &Sender<Finished>,
        told: &Receiver<Finished>,
        stop: &'s (dyn Fn() -> bool + Sync),
    ) -> Result<(), Failure>
    where
        'l: 's,
        'a: 's,
    {
        while !stop() {
            if let Err(why) = self.turn(scope, tell, told, stop) {
                // Whoever watches outlives a network that is away for a while.
                if !self.drive.watch || !is_passing(&why) {
                    return Err(why);
                }
                (self.drive.say)(&format!("{why}; trying again"));
                let seen = self.drive.coord.tip()?;
                self.drive.coord.wait_for_change(seen, LOOK_EVERY);
                continue;
            }
            if self.is_done {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Plans once, does what the plan says, and waits when that is nothing.
    fn turn<'s>(
        &mut self,
        scope: &'s Scope<'s, '_>,
        tell: &Sender<Finished>,
        told: &Receiver<Finished>,
        stop: &'s (dyn Fn() -> bool + Sync),
    ) -> Result<(), Failure>
    where
        'l: 's,
        'a: 's,
    {
        self.pay()?;
        self.renew_in_time()?;
        let free = self.drive.jobs.saturating_sub(self.busy.len());
        if free == 0 {
            // Nothing could begin, and nothing lands before a run has ended.
            return self.wait(told);
        }
        let target = self.drive.target;
        if self.drive.watch && self.held_since.elapsed() >= HELD_UP_FOR {
            self.held_up.clear();
            self.held_since = Instant::now();
        }
        let mut snapshot = self.drive.coord.queue(target, &self.check.id, true)?;
        snapshot.aside.clone_from(&self.held_up);
        if self.follow_target(&snapshot)? {
            return Ok(());
        }
        let plan = snapshot.plan()?;
        let mut was_refused = false;
        for one in self.moves(&snapshot, &plan, free)? {
            let Move::Check(point, purpose) = one else {
                // Everything after it was planned on what is no longer so.
                return self.record(&snapshot, &plan, one);
            };
            if self.start(&snapshot, &point, &purpose)? {
                self.spawn(scope, tell, stop, point, purpose)?;
            } else {
                // Somebody else has just begun it: something else may be left.
                was_refused = true;
            }
        }
        if !self.busy.is_empty() {
            return self.wait(told);
        }
        if was_refused || !self.is_over(&snapshot, &plan)? {
            let seen = snapshot.view.tip();
            self.drive.coord.wait_for_change(seen, LOOK_EVERY);
        } else {
            self.is_done = true;
        }
        Ok(())
    }

    /// What the host has merged, and nobody has said yet: a lander died in between, or a person did it.
    fn settle_merged(&mut self) -> Result<(), Failure> {
        let Some(host) = self.drive.host else {
            return Ok(());
        };
        let coord = self.drive.coord;
        if coord.land_manner(&self.spec_of)?.mode != LandMode::Pr {
            return Ok(());
        }
        let snapshot = coord.queue(self.drive.target, &self.check.id, false)?;
        for id in snapshot.settle_merged(host)? {
            (self.drive.say)(&format!("{id}: on {} already", self.drive.target));
            self.done.settled.push(id);
        }
        Ok(())
    }

    /// Reads the check again when the target has moved; whether it is another one now.
    fn follow_target(&mut self, snapshot: &Snapshot<'_>) -> Result<bool, Failure> {
        if snapshot.tip.commit == self.spec_of {
            return Ok(false);
        }
        self.spec_of = snapshot.tip.commit;
        let repo = self.drive.coord.repo();
        let spec = Spec::of(repo, &self.spec_of, self.drive.check)?;
        let is_other = spec.id() != self.spec.id();
        self.check = named(&spec);
        self.spec = Arc::new(spec);
        Ok(is_other)
    }

    /// What to do: all that the plan says, or of a submitter's own entry its check alone.
    fn moves(
        &self,
        snapshot: &Snapshot<'_>,
        plan: &Plan,
        free: usize,
    ) -> Result<Vec<Move>, Failure> {
        let Some(only) = self.drive.only else {
            // What runs here is running there too, and what failed here is left to others.
            let mut beside = self.failed.clone();
            beside.extend(self.busy.keys());
            return snapshot.moves(plan, free, &beside);
        };
        let mut moves = snapshot.own_check(plan, only)?;
        moves.retain(|one| match one {
            Move::Check(point, _) => {
                !self.failed.contains(&point.tree) && !self.busy.contains_key(&point.tree)
            }
            _ => true,
        });
        Ok(moves)
    }

    /// Whether nothing is left that could happen here or elsewhere without somebody's help.
    fn is_over(&self, snapshot: &Snapshot<'_>, plan: &Plan) -> Result<bool, Failure> {
        if self.drive.watch {
            return Ok(false);
        }
        if self.drive.only.is_some() {
            return Ok(true);
        }
        let mut trees: BTreeSet<ObjectId> = plan.train.iter().map(|link| link.point.tree).collect();
        trees.insert(plan.tip.tree);
        for placed in &plan.line {
            if let Status::Unproven(alone) = &placed.status {
                trees.extend([alone.point.tree, alone.onto.tree]);
            }
        }
        // What somebody else checks is waited for.
        Ok(snapshot.running()?.is_disjoint(&trees))
    }
}

/// Whether it may be over by itself.
fn is_passing(why: &Failure) -> bool {
    matches!(
        why,
        Failure::Unreachable { .. }
            | Failure::Store(Error::Remote { .. })
            | Failure::Busy { .. }
            | Failure::Unknown { .. }
    )
}

fn named(spec: &Spec) -> Check {
    Check {
        id: spec.id().clone(),
        command: spec.shown(),
    }
}
