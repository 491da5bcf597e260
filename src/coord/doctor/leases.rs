//! Locks whose lease has ended and which nobody has taken since.

use crate::coord::{Coord, View};
use crate::domain::{lease, locks};
use crate::model::object_id::ObjectId;
use crate::model::time::span;

use super::finding::Judged;

pub(super) fn look(coord: &Coord, tip: Option<ObjectId>) -> Judged {
    let unknown = |why: &dyn std::fmt::Display| Judged::note(format!("cannot be told: {why}"));
    let view = match View::at(coord.repo(), tip) {
        Ok(view) => view,
        Err(why) => return unknown(&why),
    };
    let all = match locks::all(&view) {
        Ok((all, _)) => all,
        Err(why) => return unknown(&why),
    };
    let stamp = coord.stamp_with_sights();
    let mut ended = Vec::new();
    for lock in &all {
        for hold in &lock.holds {
            if lease::ended(&lock.key, hold, &stamp).is_some() {
                let ago = stamp.at.secs_since(hold.until()).max(0).unsigned_abs();
                let who = hold.actor();
                ended.push(format!("{}, of {who}, ended {} ago", lock.key, span(ago)));
            }
        }
    }
    if ended.is_empty() {
        return Judged::ok(format!("{} locks, no lease has ended", all.len()));
    }
    Judged::note(format!(
        "{} of {} leases have ended",
        ended.len(),
        all.len()
    ))
    .details(ended)
    .advice("nothing needs to be done: the next who asks gets the lock")
}
