//! Decisions about tasks.
//!
//! A task says who claimed it; whether that still counts is said by the lock `task:<id>`, which is
//! taken, renewed, lapses and is taken over as every other lock (`domain::lock` decides it).

pub mod board;
pub mod claims;
pub mod find;
pub mod graph;
pub mod standing;

mod add;
mod cancel;
mod choice;
mod claim;
mod comment;
mod cycle;
mod edit;
mod finish;
mod fits;
mod give_back;
mod hand_over;
mod next;
mod over;
mod parts;
mod preempt;
mod scatter;
mod turns;

use crate::model::id::Id;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stored::Stored;
use crate::model::task::{Ask, Task, TaskRecord, Told};
use crate::model::text::Text;

use super::decide::{Decided, Desk};

pub(super) use claim::go_on;
pub(super) use give_back::unlocked;
pub(super) use hand_over::{claim_left, hand_over};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Ask) -> Result<Decided, Refusal> {
    match ask {
        Ask::Add(ask) => add::decide(desk, ask),
        Ask::Next(ask) => match &ask.preempt_for {
            Some(id) => preempt::decide(desk, id),
            None => next::decide(desk, ask),
        },
        Ask::Claim(ask) => claim::decide(desk, ask),
        Ask::Start(ask) => finish::start(desk, ask),
        Ask::Done(ask) => finish::done(desk, ask),
        Ask::Fail(ask) => finish::fail(desk, ask),
        Ask::Cancel(ask) => cancel::decide(desk, ask),
        Ask::Release(ask) => give_back::release(desk, ask),
        Ask::Retry(ask) => give_back::retry(desk, ask),
        Ask::Edit(ask) => edit::decide(desk, ask),
        Ask::Comment(ask) => comment::decide(desk, ask),
    }
}

/// A change, with its line for the log.
fn change(told: Told, subject: String) -> Decided {
    Decided::change(Reply::Task(Box::new(told)), subject)
}

impl Desk<'_> {
    /// Writes a task that is not over where it was.
    fn put_task(&mut self, task: Task) -> Result<TaskRecord, Refusal> {
        let rev = self.staged.next_rev();
        let record = Stored::new(self.stamp, rev, task);
        self.staged.put(&Task::place(&record.id, false), &record)?;
        Ok(record)
    }

    /// Writes a task that was opened or has ended in its new place.
    fn shift_task(&mut self, task: Task) -> Result<TaskRecord, Refusal> {
        let rev = self.staged.next_rev();
        let record = Stored::new(self.stamp, rev, task);
        let is_over = record.stage.is_over();
        let (from, to) = (
            Task::place(&record.id, !is_over),
            Task::place(&record.id, is_over),
        );
        self.staged.shift(&from, &to, &record)?;
        Ok(record)
    }
}

/// A text made here, cut to what a text may have.
pub(super) fn text(mut text: String) -> Option<Text> {
    let most = crate::model::limits::TEXT_BYTES_MAX;
    if text.len() > most {
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
    }
    text.try_into().ok()
}

/// The line for the log: what was done to a task, and what it is about.
fn subject(desk: &Desk<'_>, verb: &str, task: &Task) -> String {
    let (agent, title) = (&desk.me().agent, task.title.as_str());
    format!("task {verb} {} by {agent}: {title}", task.id)
}

/// A task that is in no state for what was asked.
fn wrong_state(id: &Id, is: impl Into<String>, needs: &str) -> Refusal {
    Refusal::WrongState {
        what: "task".into(),
        name: id.to_string(),
        is: is.into(),
        needs: needs.into(),
    }
}
