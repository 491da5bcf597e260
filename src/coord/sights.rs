//! The observer's notes: since when this clone has seen each hold of others at its revision.
//!
//! Every command that meets a lock of somebody else notes it, so nobody has to sit and wait for a
//! lease to end: earlier commands made the note. A reboot begins the observation again.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::limits::TTL_SECS_MAX;
use crate::model::refusal::Conflict;
use crate::model::stamp::Sight;

use super::local;

/// Most holds that are watched. A clone that meets more of them judges the rest by the wall clock:
/// the notes are read by every command that is in the way of somebody.
const SIGHTS_MAX: usize = 1_000;
/// When there is no room, notes older than this go first, in seconds: their leases are far over.
const FORGET_SECS: u64 = 3 * TTL_SECS_MAX;
/// The file, beside the other small files of the clone.
const FILE: &str = "sights.json";

/// The notes of one boot.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Sights {
    boot: String,
    seen: Vec<(Key, Actor, u64, u64)>,
}

pub(super) fn load(dir: &Path) -> Sights {
    local::load(&dir.join(FILE))
}

impl Sights {
    /// For how many seconds each hold has been seen unchanged.
    pub(super) fn elapsed(self, boot: Option<&str>, now: Option<u64>) -> BTreeMap<Sight, u64> {
        let (Some(boot), Some(now)) = (boot, now) else {
            return BTreeMap::new();
        };
        if self.boot != boot {
            return BTreeMap::new();
        }
        let seen = self.seen.into_iter();
        seen.map(|(key, holder, rev, first)| ((key, holder, rev), now.saturating_sub(first)))
            .collect()
    }
}

/// Notes the holds that were met just now. The clock is read after the state was.
pub(super) fn note(dir: &Path, met: &[Conflict], boot: Option<String>, now: Option<u64>) {
    let (Some(boot), Some(now)) = (boot, now) else {
        return;
    };
    if met.is_empty() {
        return;
    }
    let mut sights = load(dir);
    if sights.boot != boot {
        sights = Sights {
            boot,
            seen: Vec::new(),
        };
    }
    let mut at: HashMap<(&Key, &Actor), (u64, u64)> = sights
        .seen
        .iter()
        .map(|(key, by, rev, first)| ((key, by), (*rev, *first)))
        .collect();
    let mut is_changed = false;
    for conflict in met {
        let sight = (&conflict.held, &conflict.by);
        let is_known = at.get(&sight).is_some_and(|(rev, _)| *rev == conflict.rev);
        if !is_known && (at.len() < SIGHTS_MAX || at.contains_key(&sight)) {
            at.insert(sight, (conflict.rev, now));
            is_changed = true;
        }
    }
    if is_changed {
        let mut seen: Vec<_> = at
            .into_iter()
            .map(|((key, by), (rev, first))| (key.clone(), by.clone(), rev, first))
            .collect();
        if seen.len() >= SIGHTS_MAX {
            // Most of the old ones are of locks that were given back long ago.
            seen.retain(|(.., first)| now.saturating_sub(*first) < FORGET_SECS);
        }
        sights = Sights {
            boot: sights.boot.clone(),
            seen,
        };
        local::store(&dir.join(FILE), &sights);
    }
}
