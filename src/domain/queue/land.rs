//! Landing certified entries.
//!
//! The commit of this decision travels in the same push as the target branch: both move or neither.

use std::collections::BTreeSet;

use crate::model::feature::Status;
use crate::model::id::{Actor, Id};
use crate::model::key::Key;
use crate::model::queue::{BATCH_MAX, Did, Entry, Land, LandedAs, Landing, Stage, Told};
use crate::model::refusal::Refusal;
use crate::model::stamp::Stamp;

use super::super::decide::{Decided, Desk};
use super::super::feature::{find as features, pause};
use super::super::land::{PATHS_MAX, covering};
use super::super::line;
use super::{change, find, waiting, wrong_state};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Land) -> Result<Decided, Refusal> {
    let paths: usize = ask.entries.iter().map(|entry| entry.paths.len()).sum();
    for (what, count, most) in [
        ("paths in one landing", paths, PATHS_MAX),
        (
            "entries in one landing",
            ask.entries.len(),
            BATCH_MAX as usize,
        ),
    ] {
        if count > most {
            return Err(Refusal::Limit {
                what: what.into(),
                most,
            });
        }
    }
    let line_now = find::line(&desk.staged, &ask.target)?;
    if let Some(paused) = &line_now.paused {
        return Err(Refusal::WrongState {
            what: "line".into(),
            name: ask.target.to_string(),
            is: format!("paused by {}", paused.by.agent),
            needs: "one that is not".into(),
        });
    }
    let standing = find::standing(&desk.staged, &ask.tree, &ask.check)?;
    if !standing.is_green() {
        return Err(Refusal::WrongState {
            what: "tree".into(),
            name: ask.tree.short(),
            is: "not certified".into(),
            needs: "a green run of this check on this very tree".into(),
        });
    }
    let me = desk.me().clone();
    let mut released = Vec::new();
    let mut entries = Vec::new();
    for landing in &ask.entries {
        let entry = waiting(desk, &ask.target, &landing.id, &landing.sealed)?;
        check_pause(desk, &entry)?;
        check_order(desk, ask, &entry.id, &entry.after)?;
        released.extend(free(desk, &entry.submitter, landing)?);
        let landed = LandedAs {
            commit: ask.new,
            at: desk.stamp.at,
            by: me.clone(),
        };
        entries.push(desk.end_entry(entry, Stage::Landed, |entry| {
            entry.landed = Some(landed);
        })?);
    }
    line::hand_over(desk, &released)?;
    let mut line = find::line(&desk.staged, &ask.target)?;
    let count = entries.len() as u64;
    line.landed = line.landed.saturating_add(count);
    if count >= u64::from(line.batch) {
        line.batch = line.batch.saturating_mul(2).min(BATCH_MAX);
    }
    let record = desk.put_line(line)?;
    let subject = format!(
        "queue land {count} on {} at {} by {}",
        ask.target,
        ask.new.short(),
        me.agent
    );
    let told = Told {
        released,
        line: Some(record),
        ..Told::new(Did::Landed, entries)
    };
    Ok(change(told, subject))
}

/// Whoever stopped the line for a feature stops its landing too, and nobody else's.
fn check_pause(desk: &mut Desk<'_>, entry: &Entry) -> Result<(), Refusal> {
    if !entry.is_feature {
        return Ok(());
    }
    let as_submitter = Stamp {
        by: entry.submitter.clone(),
        ..desk.stamp.clone()
    };
    let pause = pause::of(&desk.staged, &as_submitter, &entry.id)?;
    if pause.is_on() {
        return Err(Refusal::LockHeld {
            conflicts: pause.by,
        });
    }
    for evidence in pause.lapsed {
        desk.rely_on(evidence);
    }
    Ok(())
}

/// What an entry waits for is on the target, or lands before it in this very push.
fn check_order(desk: &Desk<'_>, ask: &Land, id: &Id, after: &BTreeSet<Id>) -> Result<(), Refusal> {
    for other in after {
        let is_landed = match find::get(&desk.staged, &ask.target, other)? {
            Some(entry) => entry.stage == Stage::Landed,
            None => features::get(&desk.staged, other)?
                .is_none_or(|feature| feature.status == Status::Landed),
        };
        if !is_landed {
            return Err(wrong_state(
                id,
                "before what it waits for",
                "the other order",
            ));
        }
    }
    Ok(())
}

/// Gives back the submitter's locks on what lands. A lock of anybody else stands in the way.
fn free(desk: &mut Desk<'_>, submitter: &Actor, landing: &Landing) -> Result<Vec<Key>, Refusal> {
    let as_submitter = Stamp {
        by: submitter.clone(),
        ..desk.stamp.clone()
    };
    let own = covering(desk, &as_submitter, &landing.paths, &landing.require)?;
    for key in &own {
        desk.drop_hold(key, submitter)?;
    }
    Ok(own)
}
