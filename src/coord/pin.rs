//! The pin: the last tip that this clone has checked and trusts.
//!
//! The state ref is an ordinary ref that anybody with access to the repository can set. The next
//! tip must continue the pinned one; a shortened or replaced chain is an alarm.

use std::path::Path;

use crate::model::object_id::ObjectId;

use super::local;

pub(super) const FILE: &str = "pin";

/// The pinned tip, if there is one that can be read.
pub(super) fn load(dir: &Path) -> Option<ObjectId> {
    std::fs::read_to_string(dir.join(FILE))
        .ok()?
        .trim_end()
        .parse()
        .ok()
}

/// Pins a tip that was checked. A lost pin is found again from the ref, so errors are no matter.
pub(super) fn store(dir: &Path, tip: &ObjectId) {
    let _ = local::replace(&dir.join(FILE), format!("{tip}\n").as_bytes());
}
