//! How many branches wait to be landed.

use schemars::JsonSchema;
use serde::Serialize;

use crate::coord::{Failure, View};
use crate::domain::State;
use crate::model::queue::{EntryRecord, LINES, LineRecord, QUEUE};
use crate::model::record;

/// The merge queue, over all targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Queued {
    /// Entries that wait.
    pub waiting: usize,
    /// Lines that somebody has stopped.
    pub paused: usize,
}

/// Counts what waits; none when nothing does. What cannot be read is reported by `queue list`.
pub(super) fn count(view: &View<'_>) -> Result<Option<Queued>, Failure> {
    if !view.snapshot().has(QUEUE)? {
        return Ok(None);
    }
    let mut queued = Queued::default();
    for (place, bytes) in view.under(QUEUE)? {
        let entry = bytes.and_then(|bytes| record::parse::<EntryRecord>(&place, &bytes));
        queued.waiting += usize::from(entry.is_ok_and(|entry| !entry.stage.is_over()));
    }
    for (place, bytes) in view.under(LINES)? {
        let line = bytes.and_then(|bytes| record::parse::<LineRecord>(&place, &bytes));
        queued.paused += usize::from(line.is_ok_and(|line| line.paused.is_some()));
    }
    Ok((queued.waiting > 0).then_some(queued))
}
