//! Entries whose commits are on the target already: somebody pushed them there by hand, or a lander
//! died between the branch and the state.

use crate::model::queue::{Did, LandedAs, Settle, Stage, Told};
use crate::model::refusal::Refusal;

use super::super::decide::{Decided, Desk};
use super::{change, find};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Settle) -> Result<Decided, Refusal> {
    let mut settled = Vec::new();
    for (id, sealed) in &ask.entries {
        let entry = find::get(&desk.staged, &ask.target, id)?;
        let waits = entry.filter(|entry| !entry.stage.is_over() && entry.sealed == *sealed);
        let Some(entry) = waits else { continue };
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
    }
    let subject = format!(
        "queue found {} on {} by {}",
        settled.len(),
        ask.target,
        desk.me().agent
    );
    Ok(Decided {
        is_change,
        ..change(Told::new(Did::Settled, settled), subject)
    })
}
