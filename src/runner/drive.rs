//! The loop of `queue run`: plan, do what the plan says, run checks beside each other, plan again.
//!
//! It remembers nothing that matters. When it dies, its runs are free as soon as its session is
//! known to be gone or their leases end, and whoever runs next goes on from the verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Scope;
use std::time::{Duration, Instant};

use crate::coord::train::Snapshot;
use crate::coord::{About, Coord, Failure, Reach};
use crate::domain::queue::moves::Move;
use crate::domain::queue::plan::{Plan, Point, Status};
use crate::env;
use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::queue::{Ask, Check, Evict, Outcome, Purpose, Ran, Run, Settle, Start};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::{Renew, Request, Which};
use crate::model::time::Ttl;

use super::{Ended, Job, Pool, Spec, Trouble, Watch, expected};

/// The lease of a run. Another machine takes over a dead runner's work when it has ended.
const LEASE_SECS: u64 = 300;
/// How often running checks are renewed: well before half of their lease is gone.
const RENEW_EVERY: Duration = Duration::from_secs(LEASE_SECS / 3);
/// How long to wait for others before looking again.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often in a row something may be refused before the loop gives up: each time it plans anew on
/// a fresh state, so only a rule that the plan does not know could go on saying no.
const REFUSALS_MAX: usize = 32;

/// What to do, and how long to go on.
pub struct Drive<'a> {
    /// The clone, in a session of the runner's own.
    pub coord: &'a Coord,
    /// The branch that entries land on.
    pub target: &'a Branch,
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
    /// Checks that could not be run here, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<String>,
}

/// A run that has ended, as its thread says it.
struct Finished {
    point: Point,
    purpose: Purpose,
    how: Result<Option<Ended>, Trouble>,
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
    refusals: usize,
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
            refusals: 0,
            renewed: Instant::now(),
            is_done: false,
        };
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
        self.renew_in_time()?;
        let free = self.drive.jobs.saturating_sub(self.busy.len());
        if free == 0 {
            // Nothing could begin, and nothing lands before a run has ended.
            return self.wait(told);
        }
        let target = self.drive.target;
        let snapshot = self.drive.coord.queue(target, &self.check.id, true)?;
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

    /// Asks for a change; whether it was granted. What is refused is planned anew.
    fn ask(&mut self, ask: Ask) -> Result<Option<Reply>, Failure> {
        let answer = self.drive.coord.handle(Request::Queue(ask));
        self.granted(answer.map(|done| done.reply))
    }

    /// A landing that the remote refused because somebody had pushed to the target is planned anew;
    /// one that it refused for a rule of its own is an error.
    fn or_moved(
        &self,
        snapshot: &Snapshot<'_>,
        landed: Result<Reply, Failure>,
    ) -> Result<Result<Reply, Failure>, Failure> {
        if matches!(landed, Err(Failure::Rejected { .. }))
            && self.drive.coord.queue_tip(self.drive.target)? != snapshot.tip.commit
        {
            let is = "moved by somebody else".to_owned();
            return Ok(Err(Failure::Refused(Box::new(Refusal::WrongState {
                what: "branch".into(),
                name: self.drive.target.to_string(),
                is,
                needs: "the commit that was planned on".into(),
            }))));
        }
        Ok(landed)
    }

    fn granted(&mut self, answer: Result<Reply, Failure>) -> Result<Option<Reply>, Failure> {
        match answer {
            Ok(reply) => {
                self.refusals = 0;
                Ok(Some(reply))
            }
            Err(Failure::Refused(why)) if self.refusals < REFUSALS_MAX && is_about_time(&why) => {
                self.refusals += 1;
                Ok(None)
            }
            Err(why) => Err(why),
        }
    }

    fn start(
        &mut self,
        snapshot: &Snapshot<'_>,
        point: &Point,
        purpose: &Purpose,
    ) -> Result<bool, Failure> {
        let wanted = Start {
            target: snapshot.target.clone(),
            tree: point.tree,
            check: self.check.clone(),
            purpose: purpose.clone(),
            is_own: self.drive.only.is_some(),
            ttl_secs: Ttl::try_from(LEASE_SECS).ok(),
            host: env::host().parse().ok(),
        };
        Ok(self.ask(Ask::Start(wanted))?.is_some())
    }

    fn spawn<'s>(
        &mut self,
        scope: &'s Scope<'s, '_>,
        tell: &Sender<Finished>,
        stop: &'s (dyn Fn() -> bool + Sync),
        point: Point,
        purpose: Purpose,
    ) -> Result<(), Failure>
    where
        'l: 's,
        'a: 's,
    {
        let slot = self.pool.take()?;
        let job = Job {
            commit: point.commit,
            target: self.drive.target.clone(),
            entries: match &purpose {
                Purpose::Base => Vec::new(),
                Purpose::Isolate { id, .. } => vec![id.clone()],
                Purpose::Certify { ids } => ids.clone(),
            },
            what: describe(&purpose),
            expected: self.expected,
        };
        self.busy.insert(point.tree, purpose.clone());
        let (tell, spec, events) = (tell.clone(), Arc::clone(&self.spec), self.drive.events);
        scope.spawn(move || {
            let run = || slot.run(&job, &spec, stop, events);
            // Whatever happens there, somebody has to give the lock of the run back.
            let how = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(Trouble::lost()));
            drop(slot);
            // Nobody listens any more only when the loop is gone with its locks.
            let _ = tell.send(Finished {
                point,
                purpose,
                how,
            });
        });
        Ok(())
    }

    /// Waits for a run to end, and renews the others meanwhile.
    fn wait(&mut self, told: &Receiver<Finished>) -> Result<(), Failure> {
        let pause = RENEW_EVERY.saturating_sub(self.renewed.elapsed());
        match told.recv_timeout(pause.min(LOOK_EVERY * 3)) {
            Ok(finished) => {
                self.judge(finished)?;
                // Those that ended at the same time, before planning.
                while let Ok(finished) = told.try_recv() {
                    self.judge(finished)?;
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        self.renew_in_time()
    }

    /// Renews the locks of the runs, well before their leases end.
    fn renew_in_time(&mut self) -> Result<(), Failure> {
        if !self.busy.is_empty() && self.renewed.elapsed() >= RENEW_EVERY {
            self.renewed = Instant::now();
            let renew = Renew {
                which: Which::All,
                ttl_secs: None,
            };
            let renewed = self.drive.coord.handle(Request::Renew(renew));
            self.granted(renewed.map(|done| done.reply))?;
        }
        Ok(())
    }

    /// Says how a run ended.
    fn judge(&mut self, finished: Finished) -> Result<(), Failure> {
        let Finished {
            point,
            purpose,
            how,
        } = finished;
        self.busy.remove(&point.tree);
        let run = match how {
            Ok(ended) => ended.map(|ended| self.run_of(ended)),
            Err(trouble) => {
                self.failed.insert(point.tree);
                let text = format!("{}: {trouble}", describe(&purpose));
                (self.drive.say)(&text);
                self.done.troubles.push(text);
                None
            }
        };
        self.done.runs += usize::from(run.is_some());
        let standing = run.as_ref().map(|run| run.outcome);
        let wanted = Ran {
            target: self.drive.target.clone(),
            tree: point.tree,
            check: self.check.clone(),
            purpose: purpose.clone(),
            run,
        };
        self.ask(Ask::Ran(wanted))?;
        if let Some(outcome) = standing {
            let word = match outcome {
                Outcome::Passed => "green",
                Outcome::Failed => "red",
                Outcome::TimedOut => "red: it took too long",
            };
            (self.drive.say)(&format!("{}: {word}", describe(&purpose)));
        }
        Ok(())
    }

    fn run_of(&self, ended: Ended) -> Run {
        Run {
            by: self.drive.coord.actor().clone(),
            at: env::now(),
            millis: ended.millis,
            outcome: ended.outcome,
            exit: ended.exit,
            tail: ended.tail,
            host: env::host().parse().ok(),
        }
    }

    /// Ends what still runs, and gives the locks of the runs back as far as that is possible now.
    fn give_up(&mut self, told: &Receiver<Finished>) {
        while !self.busy.is_empty() {
            let Ok(finished) = told.recv() else { break };
            let tree = finished.point.tree;
            if self.judge(finished).is_err() {
                self.busy.remove(&tree);
            }
        }
    }

    /// Does what changes records, and with a landing the target.
    fn record(&mut self, snapshot: &Snapshot<'_>, plan: &Plan, one: Move) -> Result<(), Failure> {
        match one {
            Move::Settle(entries) => {
                let ids: Vec<Id> = entries.iter().map(|(id, _)| id.clone()).collect();
                let settle = Settle {
                    target: snapshot.target.clone(),
                    commit: snapshot.tip.commit,
                    entries,
                };
                if self.ask(Ask::Settle(settle))?.is_some() {
                    for id in &ids {
                        (self.drive.say)(&format!("{id}: on {} already", snapshot.target));
                    }
                    self.done.settled.extend(ids);
                }
            }
            Move::Evict {
                id,
                sealed,
                tree,
                before,
            } => {
                let evict = Evict {
                    target: snapshot.target.clone(),
                    id: id.clone(),
                    sealed,
                    check: self.check.id.clone(),
                    tree,
                    before,
                };
                if self.ask(Ask::Evict(evict))?.is_some() {
                    (self.drive.say)(&format!("{id}: put out, its check is red"));
                    self.done.evicted.push(id);
                }
            }
            Move::Land(count) => {
                let landed = snapshot.land(plan, count, self.drive.options);
                let landed = landed.map(|done| done.reply);
                if self.granted(self.or_moved(snapshot, landed)?)?.is_some() {
                    for link in &plan.train[..count] {
                        (self.drive.say)(&format!("{}: landed on {}", link.id, snapshot.target));
                        self.done.landed.push(link.id.clone());
                    }
                    let noted = self.drive.coord.render_notes(About::Checks, Reach::Shared);
                    if let Err(why) = noted {
                        (self.drive.say)(&format!("the notes of the checks come later: {why}"));
                    }
                }
            }
            Move::Check(..) => {}
        }
        Ok(())
    }
}

/// Whether a refusal may be another answer on the next plan.
fn is_about_time(why: &Refusal) -> bool {
    matches!(
        why,
        Refusal::LockHeld { .. }
            | Refusal::OtherSession { .. }
            | Refusal::Reserved { .. }
            | Refusal::WrongState { .. }
            | Refusal::NotFound { .. }
            | Refusal::NotHeld { .. }
    )
}

/// Whether it may be over by itself.
fn is_passing(why: &Failure) -> bool {
    matches!(
        why,
        Failure::Unreachable { .. } | Failure::Busy { .. } | Failure::Unknown { .. }
    )
}

fn named(spec: &Spec) -> Check {
    Check {
        id: spec.id().clone(),
        command: spec.shown(),
    }
}

/// What a run is for, in a few words.
fn describe(purpose: &Purpose) -> String {
    match purpose {
        Purpose::Base => "the target itself".into(),
        Purpose::Isolate { id, .. } => format!("{id} alone"),
        Purpose::Certify { ids } => {
            let ids: Vec<&str> = ids.iter().map(Id::as_str).collect();
            format!("{} together", ids.join(" + "))
        }
    }
}
