//! Who waits for whom: behind the holders of what it wants, and behind those before it in line.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::refusal::Refusal;
use crate::model::wait::WaitRecord;

use super::decide::Desk;
use super::line::{Standing, is_rival, standing};
use super::{lease, locks};

/// Holders of what somebody wants, with the locks.
type Blockers = BTreeSet<(Actor, Key)>;

/// The line, and for each in it who holds what it wants.
pub(super) struct Waiting<'l> {
    line: &'l [WaitRecord],
    blockers: Vec<Rc<Blockers>>,
    /// All who hold what anybody in line wants: nobody waits for anyone else.
    holders: BTreeSet<Actor>,
}

/// A circle of sessions that a wish would close, and what of it is in the asker's hands.
pub(super) struct Circle {
    pub(super) cycle: Vec<Actor>,
    pub(super) held: Vec<Key>,
}

impl<'l> Waiting<'l> {
    pub(super) fn of(desk: &mut Desk<'_>, line: &'l [WaitRecord]) -> Result<Self, Refusal> {
        // A crowd in front of one key is looked up once.
        let mut known: BTreeMap<(&[Key], Mode), Rc<Blockers>> = BTreeMap::new();
        let mut blockers = Vec::with_capacity(line.len());
        for wait in line {
            let wish = (&wait.keys[..], wait.mode);
            let holders = match known.get(&wish) {
                Some(holders) => holders.clone(),
                None => Rc::new(holders_of(desk, wait)?),
            };
            known.insert(wish, holders.clone());
            blockers.push(holders);
        }
        let holders = blockers.iter().flat_map(|holders| holders.iter());
        let holders = holders.map(|(holder, _)| holder.clone()).collect();
        Ok(Self {
            line,
            blockers,
            holders,
        })
    }

    /// Whether nobody else holds what the one at this place in line wants.
    pub(super) fn is_free(&self, place: usize) -> bool {
        let own = &self.line[place].by;
        self.blockers[place].iter().all(|(holder, _)| holder == own)
    }

    /// Whether a waiter waits, over however many others, for something that `whom` holds.
    pub(super) fn waits_for(&self, desk: &Desk<'_>, wait: &WaitRecord, whom: &Actor) -> bool {
        if !self.holders.contains(whom) {
            return false;
        }
        let mut open = vec![&wait.by];
        let mut visited = BTreeSet::new();
        while let Some(next) = open.pop() {
            let Some(place) = self.line.iter().position(|wait| wait.by == *next) else {
                continue;
            };
            let wait = &self.line[place];
            let before = self.line[..place].iter().filter(|before| {
                standing(before, desk.stamp.at).is_first()
                    && is_rival(before, &wait.keys, wait.mode)
            });
            let before = before.map(|before| &before.by);
            let holders = self.blockers[place].iter().map(|(holder, _)| holder);
            for on in holders.chain(before).filter(|on| *on != next) {
                if on == whom {
                    return true;
                }
                if visited.insert(on) {
                    open.push(on);
                }
            }
        }
        false
    }

    /// The circle that `mine` closes: each session waits for a lock of the next. The order in line
    /// makes none, because nobody stands behind who waits for it.
    pub(super) fn closed_by(
        &self,
        desk: &mut Desk<'_>,
        mine: &WaitRecord,
    ) -> Result<Option<Circle>, Refusal> {
        let own = holders_of(desk, mine)?;
        let mut paths = vec![vec![&mine.by]];
        let mut visited = BTreeSet::new();
        while let Some(path) = paths.pop() {
            let Some(last) = path.last() else { continue };
            let blockers = if **last == mine.by {
                Some(&own)
            } else {
                self.blockers_of(desk, last)
            };
            for (blocker, _) in blockers.into_iter().flatten() {
                if blocker == *last || path.len() == 1 && *blocker == mine.by {
                    continue;
                }
                let mut longer = path.clone();
                longer.push(blocker);
                if *blocker == mine.by {
                    let held = blockers.into_iter().flatten();
                    let held = held.filter(|(holder, _)| *holder == mine.by);
                    return Ok(Some(Circle {
                        cycle: longer.into_iter().cloned().collect(),
                        held: held.map(|(_, key)| key.clone()).collect(),
                    }));
                }
                if visited.insert(blocker) {
                    paths.push(longer);
                }
            }
        }
        Ok(None)
    }

    fn blockers_of(&self, desk: &Desk<'_>, waiter: &Actor) -> Option<&Blockers> {
        // Who has been quiet for long may be gone, and then it waits for nobody.
        let is_there = |wait: &WaitRecord| {
            wait.by == *waiter && standing(wait, desk.stamp.at) != Standing::Quiet
        };
        let place = self.line.iter().position(is_there)?;
        Some(&self.blockers[place])
    }
}

/// Who holds what a waiter wants, itself among them: its own locks are in nobody's way but others'.
fn holders_of(desk: &mut Desk<'_>, wait: &WaitRecord) -> Result<Blockers, Refusal> {
    let mut holders = BTreeSet::new();
    for key in &wait.keys {
        for lock in locks::overlapping(&desk.staged, key)? {
            if lock.mode.is_compatible(wait.mode) {
                continue;
            }
            for hold in &lock.holds {
                match lease::ended(&lock.key, hold, desk.stamp) {
                    // Whoever decides this again must know it too.
                    Some(evidence) => desk.rely_on(evidence),
                    None => {
                        holders.insert((hold.actor(), lock.key.clone()));
                    }
                }
            }
        }
    }
    Ok(holders)
}
