//! The observer's notes: since when this clone has seen each hold of others at its revision.
//!
//! Every command that meets a lock of somebody else notes it, so nobody has to sit and wait for a
//! lease to end: earlier commands made the note. A reboot begins the observation again.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::refusal::Conflict;
use crate::model::stamp::Sight;

use super::local;

/// Most holds that are watched; the oldest notes are worth most and stay.
const SIGHTS_MAX: usize = 5_000;
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
    let before = sights.seen.len();
    let mut is_changed = false;
    for conflict in met {
        let is_same = |(key, holder, ..): &(Key, Actor, u64, u64)| {
            *key == conflict.held && *holder == conflict.by
        };
        match sights.seen.iter_mut().find(|sight| is_same(sight)) {
            Some((_, _, rev, _)) if *rev == conflict.rev => {}
            Some((_, _, rev, first)) => {
                (*rev, *first) = (conflict.rev, now);
                is_changed = true;
            }
            None => sights.seen.push((
                conflict.held.clone(),
                conflict.by.clone(),
                conflict.rev,
                now,
            )),
        }
    }
    // Full: forget what was seen longest ago, which has either lapsed or been renewed elsewhere.
    if sights.seen.len() > SIGHTS_MAX {
        sights.seen.sort_by_key(|(.., first)| *first);
        sights.seen.drain(..sights.seen.len() - SIGHTS_MAX);
    }
    if is_changed || sights.seen.len() != before {
        local::store(&dir.join(FILE), &sights);
    }
}
