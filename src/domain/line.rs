//! Waiting in line: order of arrival, and the turn after a release.
//!
//! A session that waits has one record with all the keys that it wants. Nobody who came later goes
//! before it, nor who does not wait at all, so that neither a crowd that shares nor a stream of
//! small requests can keep it out. It is passed in three cases: by a session that it waits for,
//! which would else never get to release; when its keys are free and it has not taken them within
//! [`TURN_SECS`]; and when it has been quiet for [`QUIET_SECS`], or writes from a future that no clock
//! of ours can be so far from. So a waiter that died holds others up for a short while and then no
//! more.

use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::{LockRecord, Mode};
use crate::model::record;
use crate::model::refusal::{Ahead, Refusal};
use crate::model::time::Timestamp;
use crate::model::wait::{WAITS, WaitRecord};

use super::circle::Waiting;
use super::decide::{Desk, impossible};
use super::locks;
use super::staged::State;

/// For how long a freed key is kept for the one whose turn it is, in seconds.
pub const TURN_SECS: u64 = 30;
/// A waiter that has not shown itself for so long keeps nothing for itself, in seconds. One that
/// asks again renews its record when half of this is over.
pub const QUIET_SECS: u64 = 300;
/// A record of the line that is so much later than now, in seconds, was written by a clock that is
/// wrong, or ours is. By ours it would count for as long as they differ, whoever left it.
const AHEAD_SECS: i64 = 600;
/// Intents are swept so long after their end, in seconds: by then no clock holds them for alive.
const SWEEP_SECS: u64 = 3600;

/// How somebody in line stands towards those who come later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// All of its keys are free, and kept for it until then.
    Called(Timestamp),
    /// It waits for others, and goes before whoever comes later.
    First(Timestamp),
    /// It was called and did not come; it has to ask again.
    Missed,
    /// It has not shown itself for long.
    Quiet,
}

impl Standing {
    /// Whether it goes before those who come later.
    pub(super) fn is_first(self) -> bool {
        matches!(self, Self::Called(_) | Self::First(_))
    }
}

/// How a waiter stands at a time.
pub(super) fn standing(wait: &WaitRecord, at: Timestamp) -> Standing {
    let newest = wait.turn.map_or(wait.at, |turn| turn.max(wait.at));
    if newest.secs_since(at) > AHEAD_SECS {
        return Standing::Quiet;
    }
    let quiet = wait.at.plus_secs(QUIET_SECS).min(wait.until);
    match wait.turn.map(|turn| turn.plus_secs(TURN_SECS)) {
        Some(until) if until > at => Standing::Called(until),
        Some(_) => Standing::Missed,
        None if quiet > at => Standing::First(quiet),
        None => Standing::Quiet,
    }
}

/// Everybody in line now, oldest first. Records that cannot be read, or stand in another's place,
/// hold nobody up.
pub(super) fn in_line(desk: &Desk<'_>) -> Result<Vec<WaitRecord>, Refusal> {
    let mut line = all(desk)?;
    line.retain(|wait| wait.until > desk.stamp.at);
    line.sort_by_key(|wait| (wait.rev, wait.op));
    Ok(line)
}

fn all(desk: &Desk<'_>) -> Result<Vec<WaitRecord>, Refusal> {
    let found = desk.staged.under(WAITS)?.into_iter();
    let waits = found.filter_map(|(place, bytes)| {
        let wait: WaitRecord = record::parse(&place, &bytes.ok()?).ok()?;
        (WaitRecord::place(&wait.by).ok()? == place).then_some(wait)
    });
    Ok(waits.collect())
}

/// Whether two wishes could not both be granted.
pub(super) fn is_rival(wait: &WaitRecord, keys: &[Key], mode: Mode) -> bool {
    !wait.mode.is_compatible(mode)
        && wait
            .keys
            .iter()
            .any(|wanted| keys.iter().any(|key| wanted.overlaps(key)))
}

/// Those who came before this wish of a session. Its place counts for what it asked for when it
/// got in line, and for part of that; any other wish comes last.
pub(super) fn before<'l>(
    line: &'l [WaitRecord],
    me: &Actor,
    keys: &[Key],
    mode: Mode,
) -> impl Iterator<Item = &'l WaitRecord> {
    let own = line
        .iter()
        .position(|wait| wait.by == *me && is_part(wait, keys, mode));
    let before = line[..own.unwrap_or(line.len())].iter();
    let me = me.clone();
    before.filter(move |wait| wait.by != me)
}

/// Whether a wish is all or part of what somebody waits for.
pub(super) fn is_part(wait: &WaitRecord, keys: &[Key], mode: Mode) -> bool {
    wait.mode >= mode
        && keys
            .iter()
            .all(|key| wait.keys.iter().any(|wanted| wanted.covers(key)))
}

/// Who goes before this session for what it does not hold yet. Asked before anything is staged:
/// what it is about to take must not look as if others waited for it already.
pub(super) fn ahead_of(
    desk: &mut Desk<'_>,
    keys: &[Key],
    mode: Mode,
) -> Result<Vec<Ahead>, Refusal> {
    let line = in_line(desk)?;
    let (at, me) = (desk.stamp.at, desk.me().clone());
    let before: Vec<&WaitRecord> = before(&line, &me, keys, mode)
        .filter(|wait| is_rival(wait, keys, mode))
        .collect();
    if before.is_empty() {
        return Ok(Vec::new());
    }
    let mut wanted = Vec::new();
    for key in keys {
        if !is_held(desk, key, mode)? {
            wanted.push(key.clone());
        }
    }
    let waiting = Waiting::of(desk, &line)?;
    let mut ahead = Vec::new();
    for wait in before {
        if !is_rival(wait, &wanted, mode) {
            continue;
        }
        let until = match standing(wait, at) {
            Standing::Called(until) => until,
            Standing::First(until) if !waiting.waits_for(desk, wait, &me) => until,
            _ => continue,
        };
        let wanted = wanted
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

/// Whether the session holds a key already, as it is or under a wider lock.
fn is_held(desk: &Desk<'_>, key: &Key, mode: Mode) -> Result<bool, Refusal> {
    let is_own = |lock: &LockRecord| {
        lock.key.covers(key)
            && lock.mode >= mode
            && lock.holds.iter().any(|hold| hold.is_of(desk.me()))
    };
    Ok(locks::overlapping(&desk.staged, key)?.iter().any(is_own))
}

/// After something was freed: gives the turn to those whose keys are all free and whom nobody goes
/// before. Returns whose turn it is now for what was freed.
pub(super) fn hand_over(desk: &mut Desk<'_>, freed: &[Key]) -> Result<Vec<Actor>, Refusal> {
    sweep(desk)?;
    let line = in_line(desk)?;
    let at = desk.stamp.at;
    let waiting = Waiting::of(desk, &line)?;
    let mut first: Vec<&WaitRecord> = Vec::new();
    let mut called = Vec::new();
    for (place, wait) in line.iter().enumerate() {
        let standing = standing(wait, at);
        // Who did not come when it was called has to ask again.
        if standing == Standing::Missed {
            continue;
        }
        let is_behind = first.iter().any(|before| {
            is_rival(before, &wait.keys, wait.mode) && !waiting.waits_for(desk, before, &wait.by)
        });
        let is_free = !is_behind && waiting.is_free(place);
        if is_free || standing.is_first() {
            first.push(wait);
        }
        if !is_free {
            continue;
        }
        let is_freed = |key: &Key| wait.keys.iter().any(|wanted| wanted.overlaps(key));
        if freed.iter().any(is_freed) {
            called.push(wait.by.clone());
        }
        if !matches!(standing, Standing::Called(_)) {
            let turned = WaitRecord {
                turn: Some(at),
                ..wait.clone()
            };
            let place = WaitRecord::place(&wait.by).map_err(impossible)?;
            match desk.staged.put(&place, &turned) {
                // Its record is full to the brim. That must not keep anybody from giving back.
                Err(Refusal::Limit { .. }) => {}
                other => other?,
            }
        }
    }
    Ok(called)
}

/// Removes intents that ended long ago: whoever had them did not come back to take them out.
fn sweep(desk: &mut Desk<'_>) -> Result<(), Refusal> {
    for wait in all(desk)? {
        if wait.until.plus_secs(SWEEP_SECS) < desk.stamp.at {
            desk.staged
                .remove(&WaitRecord::place(&wait.by).map_err(impossible)?);
        }
    }
    Ok(())
}
