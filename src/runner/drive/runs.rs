//! Runs that go on beside each other: begun with a lock, renewed, and ended with a verdict.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread::Scope;
use std::time::{Duration, Instant};

use super::super::{Ended, Job, Trouble};
use super::{LOOK_EVERY, Loop};
use crate::coord::Failure;
use crate::coord::train::Snapshot;
use crate::domain::queue::plan::Point;
use crate::env;
use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::queue::{Ask, Purpose, Ran, Run, Start};
use crate::model::request::{Renew, Request, Which};
use crate::model::time::Ttl;

/// The lease of a run. Another machine takes over a dead runner's work when it has ended.
const LEASE_SECS: u64 = 300;
/// How often running checks are renewed: well before half of their lease is gone.
const RENEW_EVERY: Duration = Duration::from_secs(LEASE_SECS / 3);

/// A run that has ended, as its thread says it.
pub(super) struct Finished {
    point: Point,
    purpose: Purpose,
    how: Result<Option<Ended>, Trouble>,
}

impl<'l, 'a> Loop<'l, 'a> {
    pub(super) fn start(
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
        let begun = self.ask(Ask::Start(wanted));
        if begun.is_err() {
            // Should the lock have been granted after all, nobody runs what it is for.
            let nothing = self.ran(point.tree, purpose.clone(), None);
            self.owed.push_back(nothing);
        }
        Ok(begun?.is_some())
    }

    pub(super) fn spawn<'s>(
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
    pub(super) fn wait(&mut self, told: &Receiver<Finished>) -> Result<(), Failure> {
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
    pub(super) fn renew_in_time(&mut self) -> Result<(), Failure> {
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
    pub(super) fn judge(&mut self, finished: Finished) -> Result<(), Failure> {
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
        let wanted = self.ran(point.tree, purpose, run);
        self.owed.push_back(wanted);
        self.pay()
    }

    fn ran(&self, tree: ObjectId, purpose: Purpose, run: Option<Run>) -> Ran {
        Ran {
            target: self.drive.target.clone(),
            tree,
            check: self.check.clone(),
            purpose,
            run,
        }
    }

    /// Tells the authority how runs ended. What it cannot be told now is kept: the run was not for
    /// nothing, and its lock keeps everybody else from that tree.
    pub(super) fn pay(&mut self) -> Result<(), Failure> {
        while let Some(ran) = self.owed.front().cloned() {
            self.ask(Ask::Ran(ran))?;
            self.owed.pop_front();
        }
        Ok(())
    }

    pub(super) fn run_of(&self, ended: Ended) -> Run {
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
    pub(super) fn give_up(&mut self, told: &Receiver<Finished>) {
        while !self.busy.is_empty() {
            let Ok(finished) = told.recv() else { break };
            let tree = finished.point.tree;
            if self.judge(finished).is_err() {
                self.busy.remove(&tree);
            }
        }
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
