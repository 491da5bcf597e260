//! Entries whose commits are on the target already: somebody pushed them there by hand, or a lander
//! died between the branch and the state.

use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::queue::{Did, LandedAs, Settle, Stage, Told};
use crate::model::refusal::Refusal;
use crate::model::stamp::Stamp;

use super::super::decide::{Decided, Desk};
use super::super::land::PATHS_MAX;
use super::super::{check, line};
use super::{change, find};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Settle) -> Result<Decided, Refusal> {
    if ask.paths.values().map(Vec::len).sum::<usize>() > PATHS_MAX {
        return Err(Refusal::Limit {
            what: "paths in one landing".into(),
            most: PATHS_MAX,
        });
    }
    let mut settled = Vec::new();
    let mut released = Vec::new();
    for (id, sealed) in &ask.entries {
        let entry = find::get(&desk.staged, &ask.target, id)?;
        let waits = entry.filter(|entry| !entry.stage.is_over() && entry.sealed == *sealed);
        let Some(entry) = waits else { continue };
        if let Some(paths) = ask.paths.get(id) {
            released.extend(free(desk, &entry.submitter, paths)?);
        }
        let landed = LandedAs {
            commit: ask.commit,
            at: desk.stamp.at,
            by: desk.me().clone(),
        };
        settled.push(desk.end_entry(entry, Stage::Landed, |entry| {
            entry.landed = Some(landed);
        })?);
    }
    let is_change = !settled.is_empty();
    if is_change {
        let mut line = find::line(&desk.staged, &ask.target)?;
        line.landed = line.landed.saturating_add(settled.len() as u64);
        desk.put_line(line)?;
        line::hand_over(desk, &released)?;
    }
    let subject = format!(
        "queue found {} on {} by {}",
        settled.len(),
        ask.target,
        desk.me().agent
    );
    let told = Told {
        released,
        ..Told::new(Did::Settled, settled)
    };
    Ok(Decided {
        is_change,
        ..change(told, subject)
    })
}

/// Gives back the submitter's locks on what has landed. Whatever is in the way of that, and what
/// cannot be read, changes nothing any more about its having landed.
fn free(desk: &mut Desk<'_>, submitter: &Actor, paths: &[Key]) -> Result<Vec<Key>, Refusal> {
    let as_submitter = Stamp {
        by: submitter.clone(),
        ..desk.stamp.clone()
    };
    let Ok(verdict) = check::paths(&desk.staged, &as_submitter, paths, &[]) else {
        return Ok(Vec::new());
    };
    for key in &verdict.own {
        desk.drop_hold(key, submitter)?;
    }
    Ok(verdict.own)
}
