//! Landing commits, fenced by the locks that cover them.
//!
//! The commit of this decision travels in the same atomic push as the branch. The state ref
//! therefore changes in that push, so the server itself checks that nothing about the locks has
//! moved since the decision.

use std::iter;

use crate::model::key::Key;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::{Land, Landed};
use crate::model::stamp::Stamp;

use super::decide::{Decided, Desk};
use super::feature::pause;
use super::{check, line, renew};

/// Most paths that one landing may name: all of them are kept in its event, some megabytes.
pub const PATHS_MAX: usize = 50_000;

pub(super) fn decide(desk: &mut Desk<'_>, request: &Land) -> Result<Decided, Refusal> {
    if request.paths.len() > PATHS_MAX {
        return Err(Refusal::Limit {
            what: "paths in one landing".into(),
            most: PATHS_MAX,
        });
    }
    stop(desk, request)?;
    let own = covering(desk, desk.stamp, &request.paths, &request.require)?;
    let me = desk.me().clone();
    let mut renewed = Vec::new();
    let mut released = Vec::new();
    match request.locks {
        Landed::Release => {
            for key in &own {
                desk.drop_hold(key, &me)?;
            }
            released = own;
            line::hand_over(desk, &released)?;
        }
        Landed::Renew => {
            for key in &own {
                renewed.extend(renew::renew(desk, key, None)?);
            }
        }
    }
    let (target, new) = (request.target.as_str(), request.new.short());
    let subject = format!("land {new} on {target} by {}", me.agent);
    Ok(Decided::change(
        Reply::Landed { released, renewed },
        subject,
    ))
}

/// Refuses a branch on which a feature is made that somebody else has paused.
fn stop(desk: &mut Desk<'_>, request: &Land) -> Result<(), Refusal> {
    let target = request.target.as_str();
    let target = target.strip_prefix("refs/heads/").unwrap_or(target);
    let branches: Vec<&str> = iter::once(target)
        .chain(request.branch.as_ref().map(|branch| branch.as_str()))
        .collect();
    let pause = pause::of_branches(&desk.staged, desk.stamp, &branches)?;
    if pause.is_on() {
        return Err(Refusal::held(pause.by, desk.me()));
    }
    let lapsed = pause.lapsed.into_iter();
    lapsed.for_each(|why| desk.rely_on(why));
    Ok(())
}

/// The locks of the stamp's actor that cover paths which are to land.
///
/// # Errors
/// When somebody else holds one that is in the way, or one is missing on a path that needs it.
pub(super) fn covering(
    desk: &mut Desk<'_>,
    stamp: &Stamp,
    paths: &[Key],
    require: &[Key],
) -> Result<Vec<Key>, Refusal> {
    let verdict = check::paths(&desk.staged, stamp, paths, require)?;
    #[cfg(feature = "planted")]
    if crate::planted::has(crate::planted::Bug::LandsWithoutFence) {
        return Ok(verdict.own);
    }
    if !verdict.conflicts.is_empty() {
        return Err(Refusal::LockHeld {
            conflicts: verdict.conflicts,
        });
    }
    if !verdict.uncovered.is_empty() {
        return Err(Refusal::LockRequired {
            paths: verdict.uncovered,
        });
    }
    verdict
        .lapsed
        .into_iter()
        .for_each(|evidence| desk.rely_on(evidence));
    Ok(verdict.own)
}
