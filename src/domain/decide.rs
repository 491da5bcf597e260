//! The one door to all decisions.

use crate::model::agent::Whereabouts;
use crate::model::event::RULES;
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::{Hold, LockRecord};
use crate::model::notice::NoticeRecord;
use crate::model::record::{Damage, Record, VERSION};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::stamp::{Evidence, Stamp};

use super::compact::Format;
use super::notices::Lost;
use super::staged::{Edits, Staged, State};
use super::{
    adopt, agent, compact, feature, gc, handoff, land, lock, locks, memory, message, note, queue,
    renew, steal, task, unlock, value, wait,
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
    let decided = match request {
        Request::Lock(request) => lock::decide(&mut desk, request)?,
        Request::Unlock(request) => unlock::decide(&mut desk, request)?,
        Request::Renew(request) => renew::decide(&mut desk, request)?,
        Request::Steal(request) => steal::decide(&mut desk, request)?,
        Request::Task(ask) => task::decide(&mut desk, ask)?,
        Request::Handoff(ask) => handoff::decide(&mut desk, ask)?,
        Request::Memory(ask) => memory::decide(&mut desk, ask)?,
        Request::Agent(ask) => agent::decide(&mut desk, ask)?,
        Request::Message(ask) => message::decide(&mut desk, ask)?,
        Request::Feature(ask) => feature::decide(&mut desk, ask)?,
        Request::Leave(_) => wait::leave(&mut desk)?,
        Request::Land(request) => land::decide(&mut desk, request)?,
        Request::Queue(ask) => queue::decide(&mut desk, ask)?,
        Request::Value(ask) => value::decide(&mut desk, ask)?,
        Request::Gc(ask) => gc::decide(&mut desk, ask)?,
        Request::Note(request) => note::decide(request),
        Request::Adopt(request) => adopt::decide(&mut desk, request)?,
        Request::Compact(request) => compact::decide(&mut desk, request, epoch)?,
    };
    if !decided.is_change {
        return Ok(Plan {
            edits: Edits::new(),
            is_change: false,
            reply: decided.reply,
            subject: decided.subject,
            evidence: Vec::new(),
            also: Vec::new(),
            notices: Vec::new(),
            here: None,
        });
    }
    // A new epoch begins with exactly the records that the last one ended with, so that whoever
    // follows its link can check that nothing was changed on the way.
    let (also, notices) = match request {
        Request::Compact(_) => (Vec::new(), Vec::new()),
        _ => (renew::along(&mut desk, also)?, desk.take_notices()?),
    };
    if agent::shows_life(request) {
        agent::along(&mut desk)?;
    }
    desk.leave_notices(request)?;
    let Decided {
        reply,
        subject,
        is_change,
    } = decided;
    let Desk {
        staged,
        evidence,
        has_written_here,
        ..
    } = desk;
    Ok(Plan {
        edits: staged.into_edits()?,
        is_change,
        reply,
        subject,
        evidence,
        also,
        notices,
        here: stamp.here.clone().filter(|_| has_written_here),
    })
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
        }
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
