//! Operations that are in the chain although nobody has said so yet.
//!
//! A push can arrive without its answer, and a command that carries others can die between
//! publishing and answering. Both are settled by looking: the operation's id is in its commit.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::event::Event;
use crate::model::id::OpId;
use crate::model::object_id::ObjectId;
use crate::store::{Error, Repo, Snapshot, history};

use super::answer::Done;
use super::commit::Job;
use super::{Failure, replay};

/// The commits of those jobs that are in the chain, from `tip` back to the oldest state that one of
/// them has seen. Nothing is read when none has missed anything.
pub(super) fn among(
    repo: &Repo,
    tip: Option<ObjectId>,
    jobs: &[Job],
) -> Result<BTreeMap<OpId, ObjectId>, Failure> {
    #[cfg(feature = "planted")]
    if crate::planted::has(crate::planted::Bug::ForgetsPublished) {
        return Ok(BTreeMap::new());
    }
    let mut unseen: BTreeSet<Option<ObjectId>> = jobs.iter().map(|job| job.seen).collect();
    let mut found = BTreeMap::new();
    unseen.remove(&tip);
    let mut next = tip;
    while let Some(tip) = next.take() {
        for state in history(repo, Some(tip)) {
            let (id, commit) = state?;
            unseen.remove(&Some(id));
            if unseen.is_empty() {
                return Ok(found);
            }
            if let Ok(event) = Event::parse(commit.body())
                && jobs.iter().any(|job| job.op == event.op)
            {
                found.insert(event.op, id);
            }
            // An epoch may have been closed meanwhile.
            next = commit
                .epoch_link()
                .map(|link| link.tip)
                .filter(|tip| Snapshot::at(repo, Some(*tip)).is_ok());
        }
    }
    Ok(found)
}

/// The answer that the operation in a commit was given, or would have been.
pub(super) fn again(repo: &Repo, id: ObjectId) -> Result<Done, Failure> {
    let snapshot = Snapshot::at(repo, Some(id))?;
    let commit = snapshot.commit().ok_or(Error::Missing { id })?;
    let event = Event::parse(commit.body())
        .map_err(|why| Error::damaged(format!("commit {id}"), why.to_string()))?;
    let plan = replay::again(repo, commit, &event)?;
    Ok(Done {
        op: event.op,
        reply: plan.reply,
        commit: Some(id),
        rev: event.rev,
        notices: plan.notices,
    })
}
