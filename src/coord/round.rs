//! One attempt of the loop: requests decided one after the other, as commits of one draft.

use std::collections::BTreeMap;

use crate::domain::{Plan, State, decide};
use crate::model::agent::Ask;
use crate::model::handoff::Ask as HandoffAsk;
use crate::model::id::OpId;
use crate::model::object_id::ObjectId;
use crate::model::refusal::Refusal;
use crate::model::relay::Outcome;
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::stamp::{Stamp, Watch};
use crate::model::task::Ask as TaskAsk;
use crate::store::Draft;

use super::answer::Done;
use super::commit::{self, Job};
use super::lead::Answer;
use super::view::View;
use super::{Coord, Failure, published};

/// One attempt: jobs decided one after the other, each on the state that the last one left.
pub(super) struct Round<'c> {
    coord: &'c Coord,
    /// The number of the state that the round began on.
    pub(super) rev_before: u64,
    pub(super) view: View<'c>,
    pub(super) draft: Draft<'c>,
    published: BTreeMap<OpId, ObjectId>,
}

impl<'c> Round<'c> {
    /// Begins on a state, looking for those jobs that are in its past already.
    pub(super) fn on(
        coord: &'c Coord,
        base: Option<ObjectId>,
        jobs: &[Job],
    ) -> Result<Self, Failure> {
        let view = View::at(&coord.repo, base)?;
        view.snapshot().set_current();
        Ok(Self {
            coord,
            rev_before: view.rev(),
            draft: Draft::on(view.snapshot()),
            view,
            published: published::among(&coord.repo, base, jobs)?,
        })
    }

    /// Decides the next job, and adds what it becomes to the draft.
    pub(super) fn decide(&mut self, job: &Job) -> Result<Answer, Failure> {
        if let Some(done) = self.find_published(job.op)? {
            return Ok(Ok(done));
        }
        let skew_secs = self.coord.settings.skew_secs;
        let mut stamp = Stamp {
            at: job.at,
            by: job.by.clone(),
            op: job.op,
            watch: Watch {
                skew_secs,
                ..Watch::default()
            },
            here: job.here.clone(),
        };
        if is_choice(&job.request) {
            // What it gets depends on which claims of others still count.
            stamp.watch = self.coord.watch();
        }
        let mut decided = decide(&job.request, &self.view, &stamp, &job.also);
        if is_about_others(&job.request, &decided) {
            // Only now is it worth looking up what this clone has observed.
            stamp.watch = self.coord.watch();
            decided = decide(&job.request, &self.view, &stamp, &job.also);
        }
        match decided {
            Ok(plan) => self.accept(job, &stamp, plan).map(Ok),
            Err(refusal) => Ok(Err(refusal.into())),
        }
    }

    fn accept(&mut self, job: &Job, stamp: &Stamp, plan: Plan) -> Result<Done, Failure> {
        let mut commit = None;
        if plan.is_change {
            let rev = self.view.rev() + 1;
            let added = commit::add(
                self.coord,
                &mut self.draft,
                &job.request,
                stamp,
                &plan,
                &job.refused,
                rev,
            )?;
            commit = Some(added);
            self.view = View::over(self.draft.snapshot().clone())?;
        }
        let Plan { reply, notices, .. } = plan;
        Ok(Done {
            op: job.op,
            reply,
            commit,
            rev: self.view.rev(),
            notices,
        })
    }

    /// The answer of an operation that turns out to be in the chain already: its push had arrived
    /// although the answer had not, or the command that carried it died before it could say so.
    fn find_published(&self, op: OpId) -> Result<Option<Done>, Failure> {
        let Some(id) = self.published.get(&op) else {
            return Ok(None);
        };
        published::again(&self.coord.repo, *id).map(Some)
    }
}

/// Whether a request chooses among what others may have.
fn is_choice(request: &Request) -> bool {
    matches!(
        request.inner(),
        Request::Task(TaskAsk::Next(_) | TaskAsk::Claim(_))
            | Request::Handoff(HandoffAsk::Accept(_))
    )
}

/// Whether knowing more about the lives of others could change the answer.
fn is_about_others(request: &Request, decided: &Result<Plan, Refusal>) -> bool {
    let request = request.inner();
    match decided {
        // Whether another session is over is all that these turn on.
        Err(_) if matches!(request, Request::Agent(Ask::Kick(_) | Ask::Restore(_))) => true,
        Ok(plan) => match &plan.reply {
            Reply::Waiting { .. } => true,
            // A refusal to who asked by a branch is a change.
            Reply::Relay(told) => match &told.result {
                Some(Outcome::Refused { refusal }) => {
                    is_in_the_way(refusal)
                        || matches!(request, Request::Agent(Ask::Kick(_) | Ask::Restore(_)))
                }
                Some(Outcome::Granted { reply }) => {
                    matches!(reply.as_deref(), Some(Reply::Waiting { .. }))
                }
                Some(Outcome::Cancelled {}) | None => false,
            },
            _ => false,
        },
        Err(refusal) => is_in_the_way(refusal),
    }
}

fn is_in_the_way(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::LockHeld { .. } | Refusal::OtherSession { .. } | Refusal::Deadlock { .. }
    )
}
