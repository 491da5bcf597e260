//! Putting an entry out.

use crate::model::queue::{Did, Evict, Stage, Standing, Told};
use crate::model::refusal::Refusal;

use super::super::decide::{Decided, Desk};
use super::super::task::text;
use super::{change, find, waiting, wrong_state};

/// Nobody is put out on a single red run, on a red base, or without a green one right before it:
/// both verdicts are looked up again where this is decided.
pub(super) fn decide(desk: &mut Desk<'_>, ask: &Evict) -> Result<Decided, Refusal> {
    let entry = waiting(desk, &ask.target, &ask.id, &ask.sealed)?;
    let with = find::standing(&desk.staged, &ask.tree, &ask.check)?;
    let without = find::standing(&desk.staged, &ask.before, &ask.check)?;
    if with != Standing::Red {
        return Err(wrong_state(
            &ask.id,
            "not red twice",
            "two red runs on its tree",
        ));
    }
    if !without.is_green() {
        let needs = "a green run on the tree of what is before it";
        return Err(wrong_state(&ask.id, "perhaps not to blame", needs));
    }
    let why = text(format!(
        "its check is red, twice, on tree {}, and green on {} without it",
        ask.tree.short(),
        ask.before.short()
    ));
    let subject = format!("queue put out {} by {}", ask.id, desk.me().agent);
    let record = desk.end_entry(entry, Stage::Failed, |entry| {
        entry.why = why;
        entry.red = Some(ask.tree);
        entry.red_by = Some(ask.check.clone());
    })?;
    Ok(change(Told::new(Did::Evicted, vec![record]), subject))
}
