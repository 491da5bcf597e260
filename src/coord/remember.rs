//! What a session keeps of an answer, for its own next command.

use crate::domain::secret;
use crate::env;
use crate::model::agent::Did;
use crate::model::notice::Happened;
use crate::model::refusal::{Conflict, Refusal};
use crate::model::refused::Refused;
use crate::model::relay::Outcome;
use crate::model::reply::Reply;
use crate::model::request::Request;

use super::commit::Job;
use super::lead::Answer;
use super::session::Session;
use super::{Coord, Failure, sights};

/// Keeps what the next command of this session should know.
pub(super) fn answer(coord: &Coord, job: &Job, answer: &Answer) {
    let sessions = coord.sessions();
    sighted(coord, answer);
    match answer {
        Ok(done) => sessions.update(&job.by, |session| {
            if done.commit.is_some() {
                session
                    .refused
                    .retain(|refused| !job.refused.iter().any(|old| old.op == refused.op));
            }
            if done.commit.is_some() && !job.also.is_empty() {
                session.looked = Some(job.at);
            }
            if done.commit.is_some() && job.here.is_some() {
                session.present = Some(job.at);
            }
            for notice in &done.notices {
                // Who was taken for gone and is not says so with its next change.
                session.present = None;
                // What a hook is answered is read by nobody.
                if !session.shown.remove(&notice.op) && coord.is_hook {
                    session.untold.push(notice.clone());
                }
                if notice.happened == Happened::Wanted {
                    continue;
                }
                notice.keys.iter().for_each(|key| {
                    session.keys.remove(key);
                });
            }
            follow(session, &done.reply);
        }),
        Err(Failure::Refused(refusal)) if may_be_told(&job.request, refusal) => {
            let (request, refusal) = (job.request.clone(), (**refusal).clone());
            let refused = Refused::new(job.op, job.at, request, refusal);
            sessions.update(&job.by, |session| session.refused.push(refused));
        }
        Err(_) => {}
    }
}

/// Notes the locks of others that an answer met: their leases are watched.
pub(super) fn sighted(coord: &Coord, answer: &Answer) {
    if let Some(conflicts) = in_the_way(answer) {
        let dir = coord.repo.coord_dir();
        sights::note(&dir, conflicts, env::boot_id(), env::boot_secs());
    }
}

/// Whether a refused request may ride along with the next change, where everybody reads it. One that
/// was refused for a secret may not; nor may one that has something like a secret in it and was
/// refused before anybody asked.
fn may_be_told(request: &Request, refusal: &Refusal) -> bool {
    !matches!(refusal, Refusal::Secret { .. })
        && serde_json::to_string(request).is_ok_and(|request| !secret::is_suspect(&request))
}

/// The locks of others that an answer met: whether it is refused or waits, they are watched.
fn in_the_way(answer: &Answer) -> Option<&[Conflict]> {
    match answer {
        Ok(done) => match &done.reply {
            Reply::Waiting { conflicts, .. } => Some(conflicts),
            Reply::Relay(told) => match told.result.as_ref()? {
                Outcome::Refused { refusal } => conflicts_of(refusal),
                Outcome::Granted { reply } => match reply.as_deref()? {
                    Reply::Waiting { conflicts, .. } => Some(conflicts),
                    _ => None,
                },
                Outcome::Cancelled {} => None,
            },
            _ => None,
        },
        Err(Failure::Refused(refusal)) => conflicts_of(refusal),
        Err(_) => None,
    }
}

fn conflicts_of(refusal: &Refusal) -> Option<&[Conflict]> {
    match refusal {
        Refusal::LockHeld { conflicts } | Refusal::OtherSession { conflicts } => Some(conflicts),
        _ => None,
    }
}

/// Which keys the session holds after an answer.
fn follow(session: &mut Session, reply: &Reply) {
    match reply {
        Reply::Locked { locks, replaced } => {
            session.keys.retain(|key| !replaced.contains(key));
            session
                .keys
                .extend(locks.iter().map(|lock| lock.key.clone()));
        }
        Reply::Stolen { lock, .. } => {
            session.keys.insert(lock.key.clone());
        }
        Reply::Unlocked { released, .. } | Reply::Landed { released, .. } => {
            session.keys.retain(|key| !released.contains(key));
        }
        Reply::Task(told) => {
            session.keys.retain(|key| !told.released.contains(key));
            session
                .keys
                .extend(told.locks.iter().map(|lock| lock.key.clone()));
        }
        Reply::Queue(told) => {
            session.keys.retain(|key| !told.released.contains(key));
            session
                .keys
                .extend(told.locks.iter().map(|lock| lock.key.clone()));
        }
        Reply::Handoff(told) => session
            .keys
            .extend(told.locks.iter().map(|lock| lock.key.clone())),
        Reply::Agent(told) => {
            if told.did == Did::Unregistered {
                session.keys.retain(|key| !told.released.contains(key));
                session.present = None;
            }
            session
                .keys
                .extend(told.locks.iter().map(|lock| lock.key.clone()));
        }
        Reply::Memory(_)
        | Reply::Message(_)
        | Reply::Feature(_)
        | Reply::Relay(_)
        | Reply::Value(_)
        | Reply::Collected(_)
        | Reply::Waiting { .. }
        | Reply::Renewed { .. }
        | Reply::Left { .. }
        | Reply::Noted
        | Reply::Adopted { .. }
        | Reply::Compacted { .. } => {}
    }
}
