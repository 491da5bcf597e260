//! Leaving the line.

use std::collections::BTreeSet;

use crate::model::queue::{Did, Drop, Stage, Told};
use crate::model::refusal::Refusal;

use super::super::decide::{Decided, Desk};
use super::super::secret;
use super::{change, check_may, find, wrong_state};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Drop) -> Result<Decided, Refusal> {
    let why = ask.why.iter().map(|why| ("why", why.as_str()));
    secret::check(why, &BTreeSet::new())?;
    let entry = find::expect(&desk.staged, &ask.target, &ask.id)?;
    check_may(desk, &entry)?;
    match entry.stage {
        Stage::Queued | Stage::Failed => {}
        Stage::Landed => return Err(wrong_state(&ask.id, "landed", "one that is not")),
        Stage::Cancelled => {
            let told = Told::new(Did::Dropped, vec![entry]);
            return Ok(Decided {
                is_change: false,
                ..change(told, String::new())
            });
        }
    }
    let subject = format!("queue rm {} by {}", ask.id, desk.me().agent);
    let record = desk.end_entry(entry, Stage::Cancelled, |entry| {
        entry.why = ask.why.clone();
    })?;
    Ok(change(Told::new(Did::Dropped, vec![record]), subject))
}
