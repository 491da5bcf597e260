//! In which order entries stand in line.
//!
//! What is being certified comes first, in its order, so that a run is not wasted; only an urgent
//! entry goes before it. Then the more urgent before the less urgent, and of the same urgency the
//! older before the younger. What others wait for is as urgent and as old as the first of them.
//! Whoever was passed by eight later entries is treated as one step more urgent, so nobody starves:
//! of those that came later than an entry that could land, at most [`LATER_MAX`] more than it had
//! ahead of it when it came go before it, however many more urgent ones keep coming. Not counted are
//! urgent ones, and what those ahead of it wait for.
//!
//! Nothing here looks at a clock: age is the number of the state in which an entry was added.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::id::Id;
use crate::model::queue::{BATCH_MAX, EntryRecord, Line, PASSED_MAX};

/// How urgent, then how old: the smaller stands before the larger.
type Rank = (i16, u64);

/// How many later entries go before one at most, besides as many as it had ahead of it: eight for
/// each of five steps, and one batch, which lands as a whole.
pub const LATER_MAX: u64 = 5 * PASSED_MAX + BATCH_MAX as u64;

/// More urgent than every priority.
const URGENT: i16 = i16::MIN;

/// The entries that wait, in order.
pub fn order<'e>(entries: &'e [EntryRecord], line: &Line) -> Vec<&'e EntryRecord> {
    let waiting: BTreeMap<&Id, &EntryRecord> = entries
        .iter()
        .filter(|entry| !entry.stage.is_over())
        .map(|entry| (&entry.id, entry))
        .collect();
    let ranks = inherited(&waiting, line);
    let mut sorted: Vec<&EntryRecord> = waiting.values().copied().collect();
    sorted.sort_by_key(|entry| {
        let is_urgent = entry.urgent.is_some();
        let seat = line.train.iter().position(|id| *id == entry.id);
        let seat = seat.filter(|_| !is_urgent).unwrap_or(usize::MAX);
        (!is_urgent, seat, ranks[&entry.id], &entry.id)
    });
    let mut ordered = Vec::with_capacity(sorted.len());
    let mut placed = BTreeSet::new();
    for entry in sorted {
        place(entry, &waiting, &mut placed, &mut ordered);
    }
    ordered
}

/// How urgent an entry is by itself: its priority, less one step for each time that so many later
/// entries went before it.
fn own(entry: &EntryRecord, line: &Line) -> Rank {
    let landed = line.landed.saturating_sub(entry.landed_before);
    let passed = landed.saturating_sub(entry.ahead);
    let steps = i16::try_from(passed / PASSED_MAX).unwrap_or(i16::MAX);
    match entry.urgent {
        Some(_) => (URGENT, entry.since),
        // Older than everything at its step, whoever has waited so long.
        None => (
            i16::from(entry.priority.get())
                .saturating_sub(steps)
                .max(-1),
            entry.since,
        ),
    }
}

/// The ranks of all entries, each at least that of what waits for it.
fn inherited<'e>(
    waiting: &BTreeMap<&'e Id, &'e EntryRecord>,
    line: &Line,
) -> BTreeMap<&'e Id, Rank> {
    let mut ranks: BTreeMap<&Id, Rank> = waiting
        .iter()
        .map(|(id, entry)| (*id, own(entry, line)))
        .collect();
    // Each round reaches one step further; there are no longer ways than entries.
    for _ in 0..waiting.len() {
        let mut is_done = true;
        for entry in waiting.values() {
            let (band, since) = ranks[&entry.id];
            for before in &entry.after {
                if let Some(rank) = ranks.get_mut(before) {
                    let raised = (rank.0.min(band), rank.1.min(since));
                    is_done &= raised == *rank;
                    *rank = raised;
                }
            }
        }
        if is_done {
            break;
        }
    }
    ranks
}

/// Adds an entry after what it waits for. Of a circle, which only damage can make, the first one
/// that is met comes last.
fn place<'e>(
    entry: &'e EntryRecord,
    waiting: &BTreeMap<&'e Id, &'e EntryRecord>,
    placed: &mut BTreeSet<&'e Id>,
    ordered: &mut Vec<&'e EntryRecord>,
) {
    if !placed.insert(&entry.id) {
        return;
    }
    for before in &entry.after {
        if let Some(before) = waiting.get(before) {
            place(before, waiting, placed, ordered);
        }
    }
    ordered.push(entry);
}
