//! Waiting in line: order of arrival, the turn after a release, and deadlocks.
//!
//! A session that waits has one record with all the keys that it wants. A release gives the turn
//! to the oldest waiters whose keys are all free; nobody later goes before them for
//! [`TURN_SECS`]. A waiter that lets its turn pass is gone: it holds the others up once. Should it
//! be alive after all, its next question puts it at the end of the line.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::record::{self, Record, VERSION};
use crate::model::refusal::{Ahead, Conflict, Refusal};
use crate::model::reply::Reply;
use crate::model::request::Lock;
use crate::model::time::Timestamp;
use crate::model::wait::{WAITS, WaitRecord};

use super::decide::{Decided, Desk, impossible, some_keys};
use super::staged::State;
use super::{lease, locks};

/// For how long a freed key is kept for the one whose turn it is, in seconds.
pub const TURN_SECS: u64 = 30;

/// Everybody in line now, oldest first. Records that cannot be read hold nobody up.
fn in_line(desk: &Desk<'_>) -> Result<Vec<WaitRecord>, Refusal> {
    let mut line: Vec<WaitRecord> = Vec::new();
    for (place, bytes) in desk.staged.under(WAITS)? {
        let parsed = bytes.and_then(|bytes| record::parse::<WaitRecord>(&place, &bytes));
        line.extend(parsed.ok().filter(|wait| wait.until > desk.stamp.at));
    }
    line.sort_by_key(|wait| (wait.rev, wait.op));
    Ok(line)
}

/// Whether two wishes could not both be granted.
fn is_rival(wait: &WaitRecord, keys: &[Key], mode: Mode) -> bool {
    !wait.mode.is_compatible(mode)
        && wait
            .keys
            .iter()
            .any(|wanted| keys.iter().any(|key| wanted.overlaps(key)))
}

/// Those whose turn it is, before this session, for any of `keys`.
pub(super) fn ahead_of(desk: &Desk<'_>, keys: &[Key], mode: Mode) -> Result<Vec<Ahead>, Refusal> {
    let line = in_line(desk)?;
    let own = line.iter().position(|wait| wait.by == *desk.me());
    let mut ahead = Vec::new();
    for wait in &line[..own.unwrap_or(line.len())] {
        let Some(until) = wait.turn.map(|turn| turn.plus_secs(TURN_SECS)) else {
            continue;
        };
        if until <= desk.stamp.at || !is_rival(wait, keys, mode) {
            continue;
        }
        let wanted = keys
            .iter()
            .filter(|key| wait.keys.iter().any(|other| other.overlaps(key)));
        ahead.extend(wanted.map(|key| Ahead {
            wanted: key.clone(),
            by: wait.by.clone(),
            until,
        }));
    }
    Ok(ahead)
}

/// Puts the session in line, or finds it there.
pub(super) fn join(
    desk: &mut Desk<'_>,
    request: &Lock,
    until: Timestamp,
    conflicts: Vec<Conflict>,
) -> Result<Decided, Refusal> {
    // What clearing the way has staged is part of a grant, and this is none.
    desk.reset();
    let line = in_line(desk)?;
    let own = line.iter().position(|wait| wait.by == *desk.me());
    let rivals = line[..own.unwrap_or(line.len())]
        .iter()
        .filter(|wait| is_rival(wait, &request.keys, request.mode));
    let reply = Reply::Waiting {
        ahead: rivals.count(),
        conflicts,
    };
    let is_same = |wait: &WaitRecord| {
        wait.keys == request.keys && wait.mode == request.mode && wait.until >= until
    };
    let subject = format!(
        "wait for {} by {}",
        some_keys(&request.keys),
        desk.me().agent
    );
    if own.is_some_and(|own| is_same(&line[own])) {
        return Ok(Decided {
            reply,
            subject,
            is_change: false,
        });
    }
    let rev = own.map_or(desk.staged.next_rev(), |own| line[own].rev);
    let wait = WaitRecord {
        v: VERSION,
        kind: WaitRecord::KIND.into(),
        op: desk.stamp.op,
        rev,
        at: desk.stamp.at,
        by: desk.me().clone(),
        keys: request.keys.clone(),
        mode: request.mode,
        until,
        turn: None,
    };
    if let Some(cycle) = deadlock(desk, &line, &wait)? {
        return Err(Refusal::Deadlock { cycle });
    }
    desk.staged
        .put(&WaitRecord::place(desk.me()).map_err(impossible)?, &wait)?;
    Ok(Decided::change(reply, subject))
}

/// The circle that `mine` would close: each session waits for a lock of the next.
fn deadlock(
    desk: &mut Desk<'_>,
    line: &[WaitRecord],
    mine: &WaitRecord,
) -> Result<Option<Vec<Actor>>, Refusal> {
    let mut paths = vec![vec![mine.by.clone()]];
    let mut visited = BTreeSet::new();
    while let Some(path) = paths.pop() {
        let Some(last) = path.last() else { continue };
        let wait = if *last == mine.by {
            Some(mine)
        } else {
            line.iter().find(|w| w.by == *last)
        };
        let Some(wait) = wait else { continue };
        for blocker in blockers(desk, wait)? {
            let mut longer = path.clone();
            longer.push(blocker.clone());
            if blocker == mine.by {
                return Ok(Some(longer));
            }
            if visited.insert(blocker) {
                paths.push(longer);
            }
        }
    }
    Ok(None)
}

/// Who holds what a waiter wants.
fn blockers(desk: &mut Desk<'_>, wait: &WaitRecord) -> Result<BTreeSet<Actor>, Refusal> {
    let mut blockers = BTreeSet::new();
    for key in &wait.keys {
        for lock in locks::overlapping(&desk.staged, key)? {
            if lock.mode.is_compatible(wait.mode) {
                continue;
            }
            for hold in lock.holds.iter().filter(|hold| !hold.is_of(&wait.by)) {
                match lease::ended(&lock.key, hold, desk.stamp) {
                    // Whoever decides this again must know it too.
                    Some(evidence) => desk.rely_on(evidence),
                    None => {
                        blockers.insert(hold.actor());
                    }
                }
            }
        }
    }
    Ok(blockers)
}

/// Takes the session out of the line; says whether it was there.
pub(super) fn drop_own(desk: &mut Desk<'_>) -> Result<bool, Refusal> {
    let place = WaitRecord::place(desk.me()).map_err(impossible)?;
    let is_there = desk.staged.get(&place)?.is_some();
    if is_there {
        desk.staged.remove(&place);
    }
    Ok(is_there)
}

/// Decides [`crate::model::request::Request::Leave`].
pub(super) fn leave(desk: &mut Desk<'_>) -> Result<Decided, Refusal> {
    let was_waiting = drop_own(desk)?;
    if was_waiting {
        hand_over(desk)?;
    }
    let subject = format!("stop waiting by {}", desk.me().agent);
    Ok(Decided {
        reply: Reply::Left { was_waiting },
        subject,
        is_change: was_waiting,
    })
}

/// After something was freed: gives the turn to the oldest waiters whose keys are all free, as far
/// as they do not exclude each other. Those who let an earlier turn pass leave the line. Returns
/// whose turn it is now.
pub(super) fn hand_over(desk: &mut Desk<'_>) -> Result<Vec<Actor>, Refusal> {
    let line = in_line(desk)?;
    let mut called: BTreeMap<usize, Actor> = BTreeMap::new();
    let is_over = |turn: Timestamp| turn.plus_secs(TURN_SECS) <= desk.stamp.at;
    let (gone, line): (Vec<_>, Vec<_>) = line
        .into_iter()
        .partition(|wait| wait.turn.is_some_and(is_over));
    for wait in gone {
        desk.staged
            .remove(&WaitRecord::place(&wait.by).map_err(impossible)?);
    }
    for (index, wait) in line.iter().enumerate() {
        let is_behind = called
            .keys()
            .any(|first| is_rival(&line[*first], &wait.keys, wait.mode));
        if is_behind || !blockers(desk, wait)?.is_empty() {
            continue;
        }
        called.insert(index, wait.by.clone());
        if wait.turn.is_none() {
            let turned = WaitRecord {
                turn: Some(desk.stamp.at),
                ..wait.clone()
            };
            desk.staged
                .put(&WaitRecord::place(&wait.by).map_err(impossible)?, &turned)?;
        }
    }
    Ok(called.into_values().collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::domain::decide;
    use crate::domain::staged::Found;
    use crate::model::place::Place;
    use crate::model::record::Damage;
    use crate::model::request::{Request, Unlock, Which};
    use crate::model::stamp::{Stamp, Watch};

    /// A state in memory, with a clock that only the test moves.
    #[derive(Default)]
    struct World {
        records: BTreeMap<Place, Rc<[u8]>>,
        rev: u64,
        secs: u64,
    }

    impl State for World {
        fn rev(&self) -> u64 {
            self.rev
        }

        fn get(&self, place: &Place) -> Result<Option<Rc<[u8]>>, Damage> {
            Ok(self.records.get(place).cloned())
        }

        fn under(&self, dir: &str) -> Result<Vec<Found>, Damage> {
            let below = format!("{dir}/");
            let found = self
                .records
                .iter()
                .filter(|(place, _)| place.as_str().starts_with(&below));
            Ok(found
                .map(|(place, bytes)| (place.clone(), Ok(Rc::clone(bytes))))
                .collect())
        }
    }

    impl World {
        fn now(&self) -> Timestamp {
            Timestamp::new(chrono::DateTime::UNIX_EPOCH).plus_secs(self.secs)
        }

        fn ask(&mut self, agent: &str, request: Request) -> Result<Reply, Refusal> {
            let stamp = Stamp {
                at: self.now(),
                by: Actor {
                    agent: agent.parse().unwrap(),
                    session: "s1".parse().unwrap(),
                },
                op: crate::env::fresh_op(),
                watch: Watch::default(),
            };
            let plan = decide(&request, self, &stamp, &[])?;
            for (place, bytes) in plan.edits {
                match bytes {
                    Some(bytes) => self.records.insert(place, bytes.into()),
                    None => self.records.remove(&place),
                };
            }
            self.rev += 1;
            Ok(plan.reply)
        }

        /// Locks the one key of these tests, waiting for it up to a day.
        fn lock(&mut self, agent: &str) -> Reply {
            let lock = Lock {
                keys: vec![Key::parse("src/a.rs").unwrap()],
                mode: Mode::Exclusive,
                ttl_secs: None,
                reason: None,
                branch: None,
                task: None,
                host: None,
                takeover: false,
                narrow: false,
                wait_until: Some(self.now().plus_secs(86_400)),
            };
            self.ask(agent, Request::Lock(lock)).unwrap()
        }

        fn unlock(&mut self, agent: &str) -> Vec<String> {
            let unlock = Unlock { which: Which::All };
            let Reply::Unlocked { next, .. } = self.ask(agent, Request::Unlock(unlock)).unwrap()
            else {
                panic!("another answer");
            };
            next.iter().map(|actor| actor.agent.to_string()).collect()
        }
    }

    fn is_locked(reply: &Reply) -> bool {
        matches!(reply, Reply::Locked { .. })
    }

    #[test]
    fn a_waiter_that_died_holds_the_others_up_only_once() {
        let mut world = World::default();
        assert!(is_locked(&world.lock("holder")));
        for waiter in ["dead", "second", "third"] {
            assert!(!is_locked(&world.lock(waiter)));
        }
        // The turn goes to the one who died, and to the next when it has passed.
        assert_eq!(world.unlock("holder"), ["dead"]);
        assert!(!is_locked(&world.lock("second")));
        world.secs += TURN_SECS;
        assert!(is_locked(&world.lock("second")));
        // From then on nobody waits for the dead one any more.
        assert_eq!(world.unlock("second"), ["third"]);
        assert!(is_locked(&world.lock("third")));
    }

    #[test]
    fn a_waiter_that_was_asleep_in_its_turn_joins_at_the_end() {
        let mut world = World::default();
        assert!(is_locked(&world.lock("holder")));
        for waiter in ["asleep", "second", "third"] {
            assert!(!is_locked(&world.lock(waiter)));
        }
        assert_eq!(world.unlock("holder"), ["asleep"]);
        world.secs += TURN_SECS;
        assert!(is_locked(&world.lock("second")));
        assert_eq!(world.unlock("second"), ["third"]);
        assert!(!is_locked(&world.lock("asleep")));
        assert!(is_locked(&world.lock("third")));
        assert_eq!(world.unlock("third"), ["asleep"]);
        assert!(is_locked(&world.lock("asleep")));
    }
}
