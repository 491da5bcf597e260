//! Waiting for a change of the state without asking anybody who is far away.

use std::time::{Duration, Instant};

use crate::domain::State;
use crate::model::object_id::ObjectId;
use crate::model::record;
use crate::model::wait::WaitRecord;
use crate::store::{Backend, Repo, names};

use super::Coord;
use super::view::View;

/// How often the local ref is looked at: one small file.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Returns when the local ref stands no longer at `before`, or after `pause`. A remote authority is
/// not asked here: its changes come by the caller's next request, but those of this clone are seen
/// at once.
pub(super) fn for_change(repo: &Repo, before: Option<ObjectId>, pause: Duration, is_remote: bool) {
    let start = Instant::now();
    let look_every = if is_remote {
        LOOK_EVERY * 5
    } else {
        LOOK_EVERY
    };
    while let Some(left) = pause.checked_sub(start.elapsed()) {
        // What cannot be read is for the next request to report.
        if repo.tip(names::STATE).is_ok_and(|now| now != before) {
            return;
        }
        std::thread::sleep(look_every.min(left));
    }
}

/// Returns when it is worth asking again for what the session waits for, or after `pause`. A change
/// of the state is worth it when it gives the session its turn: with many in line, all of them
/// asking after each change would keep the clone busy with nothing.
pub(super) fn for_turn(coord: &Coord, mut before: Option<ObjectId>, pause: Duration) {
    let start = Instant::now();
    let is_remote = coord.settings.remote.is_some();
    while let Some(left) = pause
        .checked_sub(start.elapsed())
        .filter(|left| !left.is_zero())
    {
        for_change(&coord.repo, before, left, is_remote);
        match coord.repo.tip(names::STATE) {
            Ok(now) if now == before => {}
            Ok(now) if !is_remote && is_left_waiting(coord, now) => before = now,
            Ok(_) | Err(_) => return,
        }
    }
}

/// Whether the session is in line and not called. What cannot be read is for the request to report.
fn is_left_waiting(coord: &Coord, tip: Option<ObjectId>) -> bool {
    let read = || -> Option<WaitRecord> {
        let place = WaitRecord::place(coord.actor()).ok()?;
        let bytes = View::at(&coord.repo, tip).ok()?.get(&place).ok()??;
        record::parse(&place, &bytes).ok()
    };
    read().is_some_and(|wait| wait.turn.is_none())
}
