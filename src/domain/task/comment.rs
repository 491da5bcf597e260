//! Remarks on tasks.

use crate::model::refusal::Refusal;
use crate::model::stored::Stored;
use crate::model::task::{Comment, Commented, Did, Told};

use super::super::decide::{Decided, Desk};
use super::super::secret;
use super::super::staged::State;
use super::add::limit;
use super::{change, find, subject};

/// Most remarks on one task.
const COMMENTS_MAX: usize = 1_000;

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Commented) -> Result<Decided, Refusal> {
    secret::check([("text", ask.text.as_str())], &ask.allow_secrets)?;
    let task = find::expect(&desk.staged, &ask.id)?;
    let there = desk.staged.under(&Comment::dir(&ask.id))?.len();
    limit("remarks on one task", there + 1, COMMENTS_MAX)?;
    let remark = Comment {
        task: ask.id.clone(),
        text: ask.text.clone(),
    };
    let rev = desk.staged.next_rev();
    let record = Stored::new(desk.stamp, rev, remark);
    let place = Comment::place(&ask.id, desk.stamp.op);
    desk.staged.put(&place, &record)?;
    let subject = subject(desk, "comment", &task);
    Ok(change(Told::new(Did::Commented, vec![task]), subject))
}
