//! Old chains, and how long they are kept.

use std::time::Duration;

use crate::domain::Format;
use crate::store::{Backend, names};

use super::{Coord, Failure};

/// How long retiring waits for another writer of the clone.
const LOCK_WAIT: Duration = Duration::from_secs(60);

impl Coord {
    /// Deletes the chains of closed epochs except the newest `keep`, on the remote and here.
    /// Returns the numbers of those that were there.
    ///
    /// # Errors
    /// When the state cannot be read, or a chain cannot be deleted; the others stay then.
    pub fn retire_epochs(&self, keep: u64) -> Result<Vec<u64>, Failure> {
        let _guard = self.repo.lock(LOCK_WAIT)?;
        let Some(format) = Format::of(&self.view(None)?)? else {
            return Ok(Vec::new());
        };
        // The newest closed one has the number before the current one.
        let last = format.epoch.saturating_sub(keep.saturating_add(1));
        let mut retired = Vec::new();
        if let Some(remote) = &self.settings.remote {
            let there = names::epoch_beside(&self.settings.remote_ref, 0);
            let dir = there.trim_end_matches('0');
            let old = old_enough(self.repo.refs_of(remote, dir)?, dir, last);
            self.repo.delete_there(remote, &old)?;
            retired.extend(old.iter().filter_map(|(name, _)| number(name, dir)));
        }
        let old = old_enough(self.repo.refs_here(names::EPOCHS)?, names::EPOCHS, last);
        self.repo.delete_here(&old)?;
        retired.extend(
            old.iter()
                .filter_map(|(name, _)| number(name, names::EPOCHS)),
        );
        retired.sort_unstable();
        retired.dedup();
        Ok(retired)
    }
}

type Ref = (String, crate::model::object_id::ObjectId);

fn old_enough(refs: Vec<Ref>, dir: &str, last: u64) -> Vec<Ref> {
    refs.into_iter()
        .filter(|(name, _)| number(name, dir).is_some_and(|number| number <= last))
        .collect()
}

fn number(name: &str, dir: &str) -> Option<u64> {
    name.strip_prefix(dir)?.parse().ok()
}
