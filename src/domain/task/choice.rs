//! The order in which tasks are handed out.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::lock::{Hold, Mode};
use crate::model::record::Damage;
use crate::model::task::{Strategy, Turns};
use crate::model::text::Word;

use super::super::decide::Desk;
use super::super::{lease, locks};
use super::board::{Brief, Open};

/// How many of equal standing are asked whether their keys are free before the oldest is taken,
/// whether they are or not.
const LOOKED_AT_MAX: usize = 64;

/// What decides between two tasks, but for their keys and their age.
type Rank = (u64, u8, bool);

/// Puts the tasks that may be handed out into the order of a strategy. Those of equal rank stand
/// next to each other, oldest first.
pub(super) fn ranked<'b>(
    strategy: Strategy,
    capabilities: &BTreeSet<Word>,
    busy: &[&Brief],
    turns: &Turns,
    desk: &Desk<'_>,
    candidates: Vec<&'b Open>,
) -> Vec<(Rank, &'b Open)> {
    let mut load: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    for brief in busy {
        *load.entry(group_of_work(brief)).or_default() += 1;
    }
    let first = |brief: &Brief| match strategy {
        Strategy::Priority => 0,
        Strategy::RoundRobin => {
            let group = group(brief);
            group
                .and_then(|group| turns.served.get(group).copied())
                .unwrap_or_default()
        }
        Strategy::LeastLoaded => load.get(&group_of_work(brief)).copied().unwrap_or_default(),
        Strategy::Capability => {
            let used = brief
                .requires
                .capabilities
                .intersection(capabilities)
                .count();
            u64::MAX - u64::try_from(used).unwrap_or(u64::MAX)
        }
    };
    let at = desk.stamp.at;
    let mut ranked: Vec<(Rank, &Open)> = candidates
        .into_iter()
        .map(|task| {
            let brief = &task.brief;
            let rank = (first(brief), brief.priority.get(), !brief.is_overdue(at));
            (rank, task)
        })
        .collect();
    ranked.sort_by_key(|(rank, task)| (*rank, task.brief.age()));
    ranked
}

/// What takes turns: the run, or else the first label.
pub(super) fn group(brief: &Brief) -> Option<&Word> {
    brief.run.as_ref().or_else(|| brief.labels.first())
}

/// What has its load balanced: the parent, or else the run.
fn group_of_work(brief: &Brief) -> Option<&str> {
    let parent = brief.parent.as_ref().map(Id::as_str);
    parent.or_else(|| brief.run.as_ref().map(Word::as_str))
}

/// The tasks in the order in which they are tried: of those with equal rank, the ones whose keys
/// are free come first. With `only_free`, the others do not come at all.
pub(super) struct Line<'b> {
    ranked: Vec<(Rank, &'b Open)>,
    next: usize,
    locked: Vec<&'b Open>,
    only_free: bool,
    /// How many had locked keys.
    pub(super) passed: usize,
    /// How many were looked at since the rank began.
    looked_at: usize,
}

impl<'b> Line<'b> {
    pub(super) fn new(ranked: Vec<(Rank, &'b Open)>, only_free: bool) -> Self {
        Self {
            ranked,
            next: 0,
            locked: Vec::new(),
            only_free,
            passed: 0,
            looked_at: 0,
        }
    }

    /// The next to try.
    pub(super) fn next(&mut self, desk: &Desk<'_>) -> Result<Option<&'b Open>, Damage> {
        loop {
            let Some((rank, task)) = self.ranked.get(self.next).copied() else {
                return Ok(self.leftover());
            };
            let is_new_rank = self.next > 0 && self.ranked[self.next - 1].0 != rank;
            if is_new_rank && !self.locked.is_empty() {
                // Those with locked keys still go before whatever is less urgent.
                return Ok(self.leftover());
            }
            if is_new_rank {
                self.looked_at = 0;
            }
            if !self.only_free && self.looked_at >= LOOKED_AT_MAX && !self.locked.is_empty() {
                return Ok(self.leftover());
            }
            self.next += 1;
            self.looked_at += 1;
            if are_free(desk, &task.brief, self.only_free)? {
                return Ok(Some(task));
            }
            self.passed += 1;
            if !self.only_free {
                self.locked.push(task);
            }
        }
    }

    fn leftover(&mut self) -> Option<&'b Open> {
        if self.locked.is_empty() {
            return None;
        }
        Some(self.locked.remove(0))
    }
}

/// Whether nobody else holds what a task will change. A lease that has ended makes a key free for
/// those who take it, which keeps the evidence; for the order alone it stays locked.
fn are_free(desk: &Desk<'_>, brief: &Brief, may_lapse: bool) -> Result<bool, Damage> {
    for key in &brief.keys {
        // What is no key is damage, which shows when the task is read whole.
        let Ok(key) = key.parse::<Key>() else {
            continue;
        };
        for lock in locks::overlapping(&desk.staged, &key)? {
            let has_ended = |hold: &Hold| lease::ended(&lock.key, hold, desk.stamp).is_some();
            let is_other = |hold: &Hold| !(hold.is_of(desk.me()) || may_lapse && has_ended(hold));
            if !lock.mode.is_compatible(Mode::Exclusive) && lock.holds.iter().any(is_other) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Sorting keeps what is most wanted first; this is for the least.
pub(super) fn least_urgent_first(mut tasks: Vec<&Open>) -> Vec<&Open> {
    tasks.sort_by_key(|task| {
        let since = task.brief.claimed.as_ref().map(|claimed| claimed.at);
        (
            Reverse(task.brief.priority),
            Reverse(since),
            task.brief.id.clone(),
        )
    });
    tasks
}
