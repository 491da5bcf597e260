//! The loop of `queue run`: plan, do what the plan says, run checks beside each other, plan again.
//!
//! It remembers nothing that matters. When it dies, its runs are free as soon as its session is
//! known to be gone or their leases end, and whoever runs next goes on from the verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Scope;
use std::time::{Duration, Instant};

use crate::coord::train::Snapshot;
use crate::coord::{Coord, Failure};
use crate::domain::queue::moves::Move;
use crate::domain::queue::plan::{Plan, Point};
use crate::env;
use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::queue::{Ask, Check, Evict, Purpose, Ran, Run, Settle, Start};
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
    /// The check.
    pub spec: &'a Spec,
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
    check: Check,
    done: Driven,
    /// What runs here.
    busy: BTreeMap<ObjectId, Purpose>,
    /// Trees that could not be checked here: another machine may.
    failed: BTreeSet<ObjectId>,
    refusals: usize,
    renewed: Instant,
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
        let mut state = Loop {
            drive: self,
            pool,
            check: Check {
                id: self.spec.id().clone(),
                command: self.spec.shown(),
            },
            done: Driven::default(),
            busy: BTreeMap::new(),
            failed: BTreeSet::new(),
            refusals: 0,
            renewed: Instant::now(),
            expected: expected(&self.coord.view(None)?, self.spec.id()),
        };
        let stopping = AtomicBool::new(false);
        let stop = || (self.stop)() || stopping.load(Ordering::Relaxed);
        let (tell, told) = channel();
        let ended = std::thread::scope(|scope| {
            let ended = state.go(scope, &tell, &told, &stop);
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
            let snapshot = self
                .drive
                .coord
                .queue(self.drive.target, &self.check.id, true)?;
            let plan = snapshot.plan()?;
            let free = self.drive.jobs.saturating_sub(self.busy.len());
            let moves = match self.drive.only {
                Some(id) => snapshot.own_check(&plan, id)?,
                None => snapshot.moves(&plan, free)?,
            };
            let moves: Vec<Move> = moves
                .into_iter()
                .filter(|one| self.is_possible(one))
                .collect();
            let mut has_changed = false;
            for one in moves {
                match one {
                    Move::Check(point, purpose) => {
                        if self.start(&snapshot, &point, &purpose)? {
                            self.spawn(scope, tell, stop, point, purpose)?;
                        } else {
                            // Somebody else has just begun it: something else may be left.
                            has_changed = true;
                        }
                    }
                    record => {
                        self.record(&snapshot, &plan, record)?;
                        has_changed = true;
                        // Everything after it was planned on what is no longer so.
                        break;
                    }
                }
            }
            if has_changed {
                continue;
            }
            let seen = snapshot.view.tip();
            if !self.busy.is_empty() {
                self.wait(told)?;
            } else if self.is_over(&snapshot, &plan)? {
                return Ok(());
            } else {
                self.drive.coord.wait_for_change(seen, LOOK_EVERY);
            }
        }
        Ok(())
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
        for placed in &plan.line {
            if let crate::domain::queue::plan::Status::Unproven(alone) = &placed.status {
                trees.extend([alone.point.tree, alone.onto.tree]);
            }
        }
        // What somebody else checks is waited for.
        Ok(snapshot.running()?.is_disjoint(&trees))
    }

    /// Whether it was not tried here already, in vain.
    fn is_possible(&self, one: &Move) -> bool {
        match one {
            Move::Check(point, _) => !self.failed.contains(&point.tree),
            _ => true,
        }
    }

    /// Asks for a change; whether it was granted. What is refused is planned anew.
    fn ask(&mut self, ask: Ask) -> Result<Option<Reply>, Failure> {
        let answer = self.drive.coord.handle(Request::Queue(ask));
        self.granted(answer.map(|done| done.reply))
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
        let (tell, drive) = (tell.clone(), self.drive);
        let (spec, events) = (drive.spec, drive.events);
        scope.spawn(move || {
            let how = slot.run(&job, spec, stop, events);
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
        match told.recv_timeout(pause.min(LOOK_EVERY)) {
            Ok(finished) => {
                self.judge(finished)?;
                // Those that ended at the same time, before planning.
                while let Ok(finished) = told.try_recv() {
                    self.judge(finished)?;
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        if self.renewed.elapsed() >= RENEW_EVERY {
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
                crate::model::queue::Outcome::Passed => "green",
                crate::model::queue::Outcome::Failed => "red",
                crate::model::queue::Outcome::TimedOut => "red: it took too long",
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
                if self.granted(landed.map(|done| done.reply))?.is_some() {
                    for link in &plan.train[..count] {
                        (self.drive.say)(&format!("{}: landed on {}", link.id, snapshot.target));
                        self.done.landed.push(link.id.clone());
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
