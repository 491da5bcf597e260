//! The one door to all decisions.

use crate::model::agent::Whereabouts;
use crate::model::event::RULES;
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::{Hold, LockRecord};
use crate::model::notice::NoticeRecord;
use crate::model::record::{Damage, Record, VERSION};
use crate::model::refusal::Refusal;
use crate::model::relay::Ask;
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::stamp::{Evidence, Stamp};

use super::compact::Format;
use super::notices::Lost;
use super::staged::{Edits, Staged, State};
use super::{
    adopt, agent, compact, feature, gc, handoff, land, lock, locks, memory, message, note, queue,
    relay, renew, steal, task, trust, unlock, value, wait,
};

/// A granted request: what to write and what to answer.
#[derive(Debug)]
#[must_use = "a plan is nothing until it is committed"]
pub struct Plan {
    /// What the new state changes. May be empty: some operations are facts for the log only.
    pub edits: Edits,
    /// Whether there is anything to commit at all.
    pub is_change: bool,
    /// The answer.
    pub reply: Reply,
    /// The log's line for people.
    pub subject: String,
    /// Why leases were held to have ended.
    pub evidence: Vec<Evidence>,
    /// Own locks that were renewed along the way.
    pub also: Vec<Key>,
    /// Notices to the actor that this change removes: they have to be shown.
    pub notices: Vec<NoticeRecord>,
    /// Where the session acts, if that was written.
    pub here: Option<Whereabouts>,
}

/// An operation while it is being decided.
pub(super) struct Desk<'s> {
    pub(super) staged: Staged<'s>,
    pub(super) stamp: &'s Stamp,
    evidence: Vec<Evidence>,
    pub(super) lost: Lost,
    /// Whether it was written where the session acts.
    pub(super) has_written_here: bool,
    /// Whether the host says that whoever asks may decide about what belongs to others.
    pub(super) is_vouched_for: bool,
}

/// How one kind of request was decided.
pub(super) struct Decided {
    pub(super) reply: Reply,
    pub(super) subject: String,
    /// False when the state already is what was asked for.
    pub(super) is_change: bool,
}

impl Decided {
    pub(super) fn change(reply: Reply, subject: String) -> Self {
        Self {
            reply,
            subject,
            is_change: true,
        }
    }
}

/// Decides a request on a state.
///
/// `also` names own locks that are renewed in the same commit when more than half of their lease
/// is gone: every change of a session is a sign of its life.
///
/// # Errors
/// The [`Refusal`], which changes nothing.
pub fn decide(
    request: &Request,
    state: &dyn State,
    stamp: &Stamp,
    also: &[Key],
) -> Result<Plan, Refusal> {
    let mut desk = Desk::on(state, stamp);
    let epoch = desk.epoch()?;
    if let Request::Relay(Ask::Apply(relayed)) = request {
        return relay::apply(desk, relayed, epoch, also);
    }
    let decided = decided(&mut desk, request, epoch)?;
    if !decided.is_change {
        return Ok(Plan {
            subject: decided.subject,
            ..Plan::unchanged(decided.reply)
        });
    }
    let settled = settle(&mut desk, request, also)?;
    desk.into_plan(decided, settled)
}

/// Decides a request by the rules of its kind.
pub(super) fn decided(
    desk: &mut Desk<'_>,
    request: &Request,
    epoch: u64,
) -> Result<Decided, Refusal> {
    match request {
        Request::Lock(request) => lock::decide(desk, request),
        Request::Unlock(request) => unlock::decide(desk, request),
        Request::Renew(request) => renew::decide(desk, request),
        Request::Steal(request) => steal::decide(desk, request),
        Request::Task(ask) => task::decide(desk, ask),
        Request::Handoff(ask) => handoff::decide(desk, ask),
        Request::Memory(ask) => memory::decide(desk, ask),
        Request::Agent(ask) => agent::decide(desk, ask),
        Request::Message(ask) => message::decide(desk, ask),
        Request::Feature(ask) => feature::decide(desk, ask),
        Request::Leave(_) => wait::leave(desk),
        Request::Land(request) => land::decide(desk, request),
        Request::Queue(ask) => queue::decide(desk, ask),
        Request::Value(ask) => value::decide(desk, ask),
        Request::Gc(ask) => gc::decide(desk, ask),
        Request::Relay(ask) => relay::decide(desk, ask),
        Request::Note(request) => Ok(note::decide(request)),
        Request::Adopt(request) => adopt::decide(desk, request),
        Request::Compact(request) => compact::decide(desk, request, epoch),
    }
}

/// What every change of a session brings along: own locks are renewed, its notices are taken, its
/// record is written, and who lost something is told. Returns what was renewed and the notices.
pub(super) fn settle(
    desk: &mut Desk<'_>,
    request: &Request,
    also: &[Key],
) -> Result<Settled, Refusal> {
    // A new epoch begins with exactly the records that the last one ended with, so that whoever
    // follows its link can check that nothing was changed on the way.
    let settled = match request {
        Request::Compact(_) => (Vec::new(), Vec::new()),
        _ => (renew::along(desk, also)?, desk.take_notices()?),
    };
    if agent::shows_life(request) {
        agent::along(desk)?;
    }
    desk.leave_notices(request)?;
    Ok(settled)
}

/// Own locks that were renewed along the way, and notices that the change removed.
pub(super) type Settled = (Vec<Key>, Vec<NoticeRecord>);

impl Plan {
    /// The answer where there is nothing to commit.
    pub(super) fn unchanged(reply: Reply) -> Self {
        Self {
            edits: Edits::new(),
            is_change: false,
            reply,
            subject: String::new(),
            evidence: Vec::new(),
            also: Vec::new(),
            notices: Vec::new(),
            here: None,
        }
    }
}

impl<'s> Desk<'s> {
    /// Nothing decided yet.
    pub(super) fn on(state: &'s dyn State, stamp: &'s Stamp) -> Self {
        Self {
            staged: Staged::on(state),
            stamp,
            evidence: Vec::new(),
            lost: Lost::new(),
            has_written_here: false,
            is_vouched_for: false,
        }
    }

    /// What was staged, as a plan.
    pub(super) fn into_plan(
        self,
        decided: Decided,
        (also, notices): Settled,
    ) -> Result<Plan, Refusal> {
        let Self {
            staged,
            stamp,
            evidence,
            has_written_here,
            ..
        } = self;
        Ok(Plan {
            edits: staged.into_edits()?,
            is_change: decided.is_change,
            reply: decided.reply,
            subject: decided.subject,
            evidence,
            also,
            notices,
            here: stamp.here.clone().filter(|_| has_written_here),
        })
    }
}

impl Desk<'_> {
    /// The number of the epoch; the first operation of all writes `format.json`.
    fn epoch(&mut self) -> Result<u64, Refusal> {
        if self.staged.rev() == u64::MAX {
            let why = "its state has the last possible number";
            return Err(Damage::new(&Format::place(), why).into());
        }
        match Format::of(&self.staged)? {
            Some(format) => Ok(format.epoch),
            None if self.staged.rev() == 0 => {
                self.set_epoch(1)?;
                Ok(1)
            }
            None => Err(Damage::new(&Format::place(), "it is missing").into()),
        }
    }

    /// Stages what the first operation of all writes, again after what was staged is forgotten.
    pub(super) fn begin(&mut self, epoch: u64) -> Result<(), Refusal> {
        match self.staged.rev() {
            0 => self.set_epoch(epoch),
            _ => Ok(()),
        }
    }

    pub(super) fn set_epoch(&mut self, epoch: u64) -> Result<(), Refusal> {
        let format = Format {
            v: VERSION,
            kind: Format::KIND.into(),
            epoch,
            since: self.staged.next_rev(),
        };
        self.staged.put(&Format::place(), &format)
    }

    /// Forgets what was staged, when the answer turns out to be another one.
    pub(super) fn reset(&mut self) {
        self.staged.clear();
        self.evidence.clear();
        self.lost.clear();
        self.has_written_here = false;
    }

    /// Notes why a lease was held to have ended.
    pub(super) fn rely_on(&mut self, evidence: Evidence) {
        if !self.evidence.contains(&evidence) {
            self.evidence.push(evidence);
        }
    }

    /// Who acts.
    pub(super) fn me(&self) -> &Actor {
        &self.stamp.by
    }

    /// Whether whoever acts may decide about what belongs to others.
    pub(super) fn may_decide(&self) -> Result<bool, Damage> {
        Ok(self.is_vouched_for || trust::of(&self.staged, &self.me().agent)? >= trust::DECIDES)
    }

    /// Writes a lock with these holds, or removes its record when nobody is left.
    pub(super) fn set_holds(&mut self, lock: &LockRecord, holds: Vec<Hold>) -> Result<(), Refusal> {
        let place = lock.key.place();
        if holds.is_empty() {
            self.staged.remove(&place);
            return Ok(());
        }
        let rev = self.staged.next_rev();
        let record = LockRecord::new(self.stamp, rev, lock.key.clone(), lock.mode, holds);
        self.staged.put(&place, &record)
    }

    /// Takes one session's hold off a lock.
    pub(super) fn drop_hold(&mut self, key: &Key, holder: &Actor) -> Result<(), Refusal> {
        if let Some(lock) = locks::get(&self.staged, key)? {
            let rest = lock
                .holds
                .iter()
                .filter(|hold| !hold.is_of(holder))
                .cloned()
                .collect();
            #[cfg(feature = "planted")]
            if crate::planted::has(crate::planted::Bug::UnlinksLiveLock) {
                return self.set_holds(&lock, Vec::new());
            }
            self.set_holds(&lock, rest)?;
        }
        Ok(())
    }
}

/// A place that is made of checked names and still is none: reported, not a panic.
pub(super) fn impossible(why: crate::model::place::PlaceError) -> Refusal {
    Refusal::Damaged {
        place: "a place made here".into(),
        why: why.to_string(),
    }
}

/// The keys of a subject line: a few of them, and how many more.
pub(super) fn some_keys(keys: &[Key]) -> String {
    const SHOWN_MAX: usize = 3;
    let mut text = keys
        .iter()
        .take(SHOWN_MAX)
        .map(Key::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if keys.len() > SHOWN_MAX {
        text.push_str(&format!(" and {} more", keys.len() - SHOWN_MAX));
    }
    text
}

/// Whether events under these rules can be decided again here.
pub fn knows_rules(rules: u32) -> bool {
    rules == RULES
}
