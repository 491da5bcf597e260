//! Work that must not keep git waiting: a process of its own does it, says nothing, and may fail.

use std::path::Path;

use crate::coord::{Coord, Failure};
use crate::env;
use crate::ops::renew::{due, keep};

use super::Heard;

/// Renews the session's locks.
pub(super) const RENEW: &str = "renew";
/// Brings the view up to date.
pub(super) const REFRESH: &str = "refresh";

/// Starts one of these jobs.
pub(super) fn start(coord: &Coord, job: &str) -> Result<(), Failure> {
    Ok(coord.repo().git().detach(&["coord", "hook", job])?)
}

/// After `git checkout` of a branch; a checkout of files changes nothing that matters here.
pub(super) fn after_checkout(coord: &Coord, args: &[&str]) -> Result<Heard, Failure> {
    match args.get(2) {
        Some(&"0") => Ok(Heard::default()),
        _ => after_merge(coord),
    }
}

/// After anything that begins work on other files: the view should be fresh when it is needed.
pub(super) fn after_merge(coord: &Coord) -> Result<Heard, Failure> {
    let settings = coord.settings();
    let is_old = coord.view_age().is_none_or(|age| age > settings.age_max);
    if settings.remote.is_some() && is_old {
        start(coord, REFRESH)?;
    }
    Ok(Heard::default())
}

pub(super) fn refresh(dir: &Path) -> Heard {
    if let Ok(coord) = Coord::open(dir, None) {
        // The next command that needs it asks again.
        let _ = coord.view(Some(coord.settings().age_max));
    }
    Heard::default()
}

pub(super) fn renew(dir: &Path) -> Heard {
    if let Ok(coord) = Coord::open(dir, None) {
        // Another command of the session may have renewed them meanwhile.
        if coord.writes_work_branch() {
            // The branch must not move under the person's hands.
            return Heard::default();
        }
        let due = due(&coord, env::now()).unwrap_or_default();
        if !due.is_empty() {
            // The lease has another half: the next commit tries again.
            let _ = keep(&coord, due);
        }
    }
    Heard::default()
}
