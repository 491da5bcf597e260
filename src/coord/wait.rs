//! Waiting for a change of the state without asking anybody who is far away.

use std::time::{Duration, Instant};

use crate::model::object_id::ObjectId;
use crate::store::{Backend, Repo, names};

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
