//! How long an epoch is, and how long its chain is kept after it.

use std::time::Duration;

use crate::domain::{Format, State};
use crate::store::{Backend, names};

use super::{Coord, Failure, View};

/// How long retiring waits for another writer of the clone.
const LOCK_WAIT: Duration = Duration::from_secs(60);

impl Coord {
    /// The epoch whose length has just passed a multiple of `coord.epochEvery`, since the state with
    /// the number `before`. Exactly one writer sees it pass, so many do not try at once, and a try
    /// that failed is made again much later.
    pub(super) fn full_epoch(&self, view: &View<'_>, before: u64) -> Option<u64> {
        let every = self.settings.epoch_every;
        if every == 0 {
            return None;
        }
        // One record says where the epoch began; nobody walks the chain.
        let format = Format::of(view).ok()??;
        let times = |rev| format.states_until(rev).saturating_sub(1) / every;
        (times(view.rev()) > times(before)).then_some(format.epoch)
    }

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
