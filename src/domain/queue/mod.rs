//! The merge queue: what is decided about it, and what follows from its records.
//!
//! Two halves. Decisions change records (`add` to `settle`). Planning changes nothing: from the
//! records, the merges and the verdicts it computes in which `order` entries stand, what a `plan`
//! makes of them, and which `moves` come next. Nobody has to remember a plan: every clone computes
//! the same one from the same state, so whoever is there goes on where another one stopped.

pub mod find;
pub mod moves;
pub mod order;
pub mod plan;
pub mod why;

mod add;
mod checks;
mod evict;
pub mod feature;
mod land;
mod leave;
mod pause;
mod settle;

use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::queue::{Ask, Entry, EntryRecord, Line, LineRecord, Stage, Told};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stored::Stored;

use super::decide::{Decided, Desk};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Ask) -> Result<Decided, Refusal> {
    match ask {
        Ask::Add(ask) => add::decide(desk, ask),
        Ask::Retry(ask) => add::again(desk, ask),
        Ask::Drop(ask) => leave::decide(desk, ask),
        Ask::Pause(ask) => pause::decide(desk, ask),
        Ask::Start(ask) => checks::start(desk, ask),
        Ask::Ran(ask) => checks::ran(desk, ask),
        Ask::Evict(ask) => evict::decide(desk, ask),
        Ask::Land(ask) => land::decide(desk, ask),
        Ask::Settle(ask) => settle::decide(desk, ask),
    }
}

/// A change, with its line for the log.
fn change(told: Told, subject: String) -> Decided {
    Decided::change(Reply::Queue(Box::new(told)), subject)
}

impl Desk<'_> {
    fn put_entry(&mut self, entry: Entry) -> Result<EntryRecord, Refusal> {
        let rev = self.staged.next_rev();
        let record = Stored::new(self.stamp, rev, entry);
        self.staged
            .put(&Entry::place(&record.target, &record.id), &record)?;
        Ok(record)
    }

    /// Ends an entry, and takes it off the train.
    fn end_entry(
        &mut self,
        entry: EntryRecord,
        stage: Stage,
        then: impl FnOnce(&mut Entry),
    ) -> Result<EntryRecord, Refusal> {
        let mut entry = entry.body;
        entry.stage = stage;
        entry.ended_at = Some(self.stamp.at);
        then(&mut entry);
        let (target, id) = (entry.target.clone(), entry.id.clone());
        let line = find::line(&self.staged, &target)?;
        if line.train.contains(&id) {
            let mut line = line;
            line.train.retain(|other| *other != id);
            self.put_line(line)?;
        }
        let landed_as = entry.landed.as_ref().map(|landed| landed.commit);
        feature::follow(self, &entry, landed_as)?;
        self.put_entry(entry)
    }

    fn put_line(&mut self, line: Line) -> Result<LineRecord, Refusal> {
        let rev = self.staged.next_rev();
        let record = Stored::new(self.stamp, rev, line);
        self.staged.put(&Line::place(&record.target), &record)?;
        Ok(record)
    }
}

/// Entries are changed by the agent that added them, or with trust 3.
fn check_may(desk: &Desk<'_>, entry: &EntryRecord) -> Result<(), Refusal> {
    let me = &desk.me().agent;
    if entry.submitter.agent == *me || desk.may_decide()? {
        return Ok(());
    }
    Err(Refusal::NotYours {
        what: "queue entry".into(),
        name: entry.id.to_string(),
        owner: entry.submitter.clone(),
    })
}

/// An entry that is in no state for what was asked.
fn wrong_state(id: &Id, is: impl Into<String>, needs: &str) -> Refusal {
    Refusal::WrongState {
        what: "queue entry".into(),
        name: id.to_string(),
        is: is.into(),
        needs: needs.into(),
    }
}

/// The entry of this name, which has to wait in the line, with this sealed commit.
fn waiting(
    desk: &Desk<'_>,
    target: &Branch,
    id: &Id,
    sealed: &crate::model::object_id::ObjectId,
) -> Result<EntryRecord, Refusal> {
    let entry = find::expect(&desk.staged, target, id)?;
    #[cfg(feature = "planted")]
    if crate::planted::has(crate::planted::Bug::LandsTwice) {
        return Ok(entry);
    }
    if entry.stage.is_over() {
        return Err(wrong_state(id, entry.stage.as_str(), "one that is queued"));
    }
    if entry.sealed != *sealed {
        let is = format!("sealed at {} now", entry.sealed.short());
        let needs = format!("the commit that was looked at, {}", sealed.short());
        return Err(wrong_state(id, is, &needs));
    }
    Ok(entry)
}
