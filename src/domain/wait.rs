//! Getting in line, and leaving it.

use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::record::{Record, VERSION};
use crate::model::refusal::{Conflict, Refusal};
use crate::model::reply::Reply;
use crate::model::request::Lock;
use crate::model::time::Timestamp;
use crate::model::wait::WaitRecord;

use super::circle::Waiting;
use super::decide::{Decided, Desk, impossible, some_keys};
use super::line::{QUIET_SECS, Standing, before, hand_over, in_line, is_part, is_rival, standing};

/// Puts the session in line, or finds it there.
pub(super) fn join(
    desk: &mut Desk<'_>,
    request: &Lock,
    until: Timestamp,
    conflicts: Vec<Conflict>,
) -> Result<Decided, Refusal> {
    // What clearing the way has staged is part of a grant, and this is none.
    desk.reset();
    let (at, me) = (desk.stamp.at, desk.me().clone());
    let line = in_line(desk)?;
    let rivals = before(&line, &me, &request.keys, request.mode).filter(|wait| {
        standing(wait, at).is_first() && is_rival(wait, &request.keys, request.mode)
    });
    let reply = Reply::Waiting {
        ahead: rivals.count(),
        conflicts,
    };
    let subject = format!("wait for {} by {}", some_keys(&request.keys), me.agent);
    let own = line
        .iter()
        .find(|wait| wait.by == me && is_part(wait, &request.keys, request.mode));
    let turn = own
        .filter(|own| matches!(standing(own, at), Standing::Called(_)))
        .and_then(|own| own.turn);
    let wait = WaitRecord {
        v: VERSION,
        kind: WaitRecord::KIND.into(),
        op: desk.stamp.op,
        rev: own.map_or(desk.staged.next_rev(), |own| own.rev),
        at,
        by: me,
        keys: request.keys.clone(),
        mode: request.mode,
        until,
        turn,
    };
    // Also when it waits already: a steal may have closed the circle since.
    let waiting = Waiting::of(desk, &line)?;
    if let Some(circle) = waiting.closed_by(desk, &wait)? {
        return Err(Refusal::Deadlock {
            cycle: circle.cycle,
            held: circle.held,
        });
    }
    let is_kept = own.is_some_and(|own| {
        let age = at.secs_since(own.at);
        let is_recent = u64::try_from(age).is_ok_and(|age| age < QUIET_SECS / 2);
        let is_same = own.keys == request.keys && own.mode == request.mode;
        is_same && own.until >= until && own.turn == turn && is_recent
    });
    if !is_kept {
        desk.staged
            .put(&WaitRecord::place(&wait.by).map_err(impossible)?, &wait)?;
    }
    if matches!(&reply, Reply::Waiting { conflicts, .. } if conflicts.is_empty()) {
        // A lease has ended without a release: the turn of those who go first begins now.
        hand_over(desk, &[])?;
    }
    Ok(Decided {
        reply,
        subject,
        is_change: !desk.staged.is_empty(),
    })
}

/// Takes the session out of the line once it holds what it waited for; says whether it was there.
pub(super) fn drop_granted(desk: &mut Desk<'_>, granted: &[Key]) -> Result<bool, Refusal> {
    let is_granted = |wait: &WaitRecord| {
        let mut wanted = wait.keys.iter();
        wanted.all(|wanted| granted.iter().any(|key| key.covers(wanted)))
    };
    let me = desk.me().clone();
    Ok(drop_of(desk, &me, is_granted)?.is_some())
}

/// Takes a session out of the line.
pub(super) fn drop_of(
    desk: &mut Desk<'_>,
    who: &Actor,
    which: impl Fn(&WaitRecord) -> bool,
) -> Result<Option<WaitRecord>, Refusal> {
    let place = WaitRecord::place(who).map_err(impossible)?;
    // What cannot be read stays as it is, and holds nobody up.
    let own = desk.staged.read::<WaitRecord>(&place).ok().flatten();
    let own = own.filter(which);
    if own.is_some() {
        desk.staged.remove(&place);
    }
    Ok(own)
}

/// Decides [`crate::model::request::Request::Leave`].
pub(super) fn leave(desk: &mut Desk<'_>) -> Result<Decided, Refusal> {
    let me = desk.me().clone();
    let left = drop_of(desk, &me, |_| true)?;
    if let Some(wait) = &left {
        hand_over(desk, &wait.keys)?;
    }
    let subject = format!("stop waiting by {}", desk.me().agent);
    Ok(Decided {
        reply: Reply::Left {
            was_waiting: left.is_some(),
        },
        subject,
        is_change: left.is_some(),
    })
}
