//! Asking: decided here first, then sent, then waited for.

use std::time::Duration;

use crate::domain::relay::answer;
use crate::model::id::OpId;
use crate::model::record::VERSION;
use crate::model::refusal::Refusal;
use crate::model::relay::{Asked, REQUEST_BYTES_MAX, Unreadable};
use crate::model::text::shown;

use crate::store::Backend;

use super::super::commit::Job;
use super::super::lead::{Answer, age_max};
use super::super::round::Round;
use super::super::{Coord, Failure, remember, view};
use super::carry::{self, Way};
use super::pending::{self, PENDING_MAX, Pending};
use super::wait;

/// How long a command waits for others of its clone.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// Decides a request as far as that can be done here, and sends what a relay has to decide.
pub(in crate::coord) fn handle(coord: &Coord, job: Job) -> Answer {
    if !job.request.may_be_relayed() {
        return Err(Failure::usage(
            format!(
                "`{}` is for clones that may push the state, and this one asks on a branch",
                job.request.in_short()
            ),
            "let somebody do it who may, or the relay; see `git coord help relay`",
        ));
    }
    let answer = foresee(coord, &job);
    let is_change = matches!(&answer, Ok(done) if done.commit.is_some());
    if !is_change {
        remember::answer(coord, &job, &answer);
        return answer;
    }
    let sent = send(coord, &job)?;
    let limit = match sent.sent {
        true => coord.settings.request_wait,
        // Nobody can answer what was not pushed.
        false => Duration::ZERO,
    };
    wait::answer(coord, &sent, limit)
}

/// What the answer would be if the state were as it was seen last, and all that was asked before were
/// done.
fn foresee(coord: &Coord, job: &Job) -> Answer {
    let mut is_fresh = false;
    // It costs a fetch, and spares a request that would be refused.
    view::open(coord, Some(coord.settings.age_max))?;
    loop {
        let base = view::open(coord, None)?.tip();
        let before: Vec<Job> = {
            let view = view::View::at(&coord.repo, base)?;
            let all = pending::all(coord).into_iter();
            let of_agent = all.filter(|one| one.asked.by.agent == job.by.agent);
            let open = of_agent
                .filter(|one| matches!(answer(&view, &one.asked.by.agent, one.asked.id), Ok(None)));
            open.map(|one| one.job()).collect()
        };
        let mut round = Round::on(coord, base, &[])?;
        for earlier in &before {
            // What is refused now may be granted there, and what is not is no matter here.
            let _ = round.decide(earlier)?;
        }
        let decided = round.decide(job)?;
        let is_stale = age_max(coord, &decided)
            .is_some_and(|max| view::age(coord).is_none_or(|age| age > max));
        if is_fresh || !is_stale {
            return decided;
        }
        let Some(remote) = &coord.settings.remote else {
            return decided;
        };
        let _guard = coord.repo.lock(LOCK_WAIT)?;
        view::refresh(coord, remote)?;
        is_fresh = true;
    }
}

/// Writes the request into a commit, and pushes it where that is to be done at once.
fn send(coord: &Coord, job: &Job) -> Result<Pending, Failure> {
    let asked = Asked {
        v: VERSION,
        id: job.op,
        at: job.at,
        by: job.by.clone(),
        base: job.seen,
        request: job.request.clone(),
        also: job.also.clone(),
        here: job.here.clone(),
    };
    let message = asked.message().map_err(|why| match why {
        Unreadable::TooLarge(_) => Failure::from(Refusal::Limit {
            what: "bytes of a request that goes by a branch".into(),
            most: REQUEST_BYTES_MAX,
        }),
        other => Failure::usage(other.to_string(), "this is an error of git-coord"),
    })?;
    let guard = coord.repo.lock(LOCK_WAIT)?;
    if pending::all(coord).len() >= PENDING_MAX {
        return Err(Refusal::Limit {
            what: "requests that wait for an answer; see `git coord request list`".into(),
            most: PENDING_MAX,
        }
        .into());
    }
    let mut pending = Pending {
        asked,
        branch: String::new(),
        commit: None,
        sent: false,
    };
    let way = carry::way(coord)?;
    let carried = match carry::send(coord, &way, &message, &mut pending) {
        Err(Failure::Rejected { remote, why }) if matches!(way, Way::RequestBranch(_)) => {
            coord.find_no_request_branch(&remote, &why);
            carry::send(coord, &carry::way(coord)?, &message, &mut pending)
        }
        other => other,
    };
    if let Err(why) = carried {
        pending::forget(coord, pending.asked.id);
        return Err(why);
    }
    // The person's hooks look at the state, which needs the guard.
    drop(guard);
    if !pending.sent && coord.settings.request_now {
        carry::push_work_branch(coord, &pending.branch)?;
        pending.sent = true;
        pending::store(coord, &pending);
    }
    Ok(pending)
}

impl Pending {
    /// Why there is no answer yet, and what is to be done about that.
    pub(super) fn failure(&self) -> Failure {
        Failure::Pending {
            id: self.asked.id,
            what: shown(&self.asked.request.in_short()),
            branch: self.branch.clone(),
            sent: self.sent,
        }
    }
}

impl Coord {
    /// Whether a change of this clone becomes a request on a branch.
    pub fn is_by_branch(&self) -> bool {
        self.is_by_branch
    }

    /// Whether a request would become a commit on the branch that is checked out.
    pub fn writes_work_branch(&self) -> bool {
        self.is_by_branch && !matches!(carry::way(self), Ok(Way::RequestBranch(_)))
    }

    /// Whether requests of this agent have gone by a branch of their own.
    pub fn has_request_branch(&self) -> bool {
        match carry::way(self) {
            Ok(Way::RequestBranch(branch)) => {
                let known = self.repo.tip(&carry::kept(&branch));
                known.is_ok_and(|tip| tip.is_some())
            }
            _ => false,
        }
    }

    /// Pushes the requests that wait to be pushed, with the branch that is checked out.
    ///
    /// # Errors
    /// When there is no such branch, or it cannot be pushed.
    pub fn send_requests(&self) -> Result<Vec<OpId>, Failure> {
        let unsent: Vec<Pending> = pending::all(self)
            .into_iter()
            .filter(|one| !carry::is_sent(self, one))
            .collect();
        let mut sent = Vec::new();
        let mut branches: Vec<&str> = unsent.iter().map(|one| one.branch.as_str()).collect();
        branches.sort_unstable();
        branches.dedup();
        for branch in branches {
            carry::push_work_branch(self, branch)?;
            for one in unsent.iter().filter(|one| one.branch == branch) {
                pending::store(
                    self,
                    &Pending {
                        sent: true,
                        ..one.clone()
                    },
                );
                sent.push(one.asked.id);
            }
        }
        Ok(sent)
    }

    /// Takes back a request that was not pushed yet and is the newest commit of its branch. Whether
    /// that was possible; if not, it takes another request.
    ///
    /// # Errors
    /// When git cannot move the branch.
    pub fn withdraw(&self, id: OpId) -> Result<bool, Failure> {
        let _guard = self.repo.lock(LOCK_WAIT)?;
        let found = pending::all(self)
            .into_iter()
            .find(|one| one.asked.id == id && one.asked.by.agent == self.actor().agent);
        let Some(one) = found.filter(|one| !carry::is_sent(self, one)) else {
            return Ok(false);
        };
        let is_gone = carry::drop_newest(self, &one)?;
        if is_gone {
            pending::forget(self, id);
        }
        Ok(is_gone)
    }
}
