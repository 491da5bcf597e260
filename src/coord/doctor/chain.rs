//! The chain itself: every commit an event, numbered one after the other, down to its first.
//! Whether each author was entitled to what it did is asked by `log --verify`.

use crate::model::event::Event;
use crate::model::object_id::ObjectId;
use crate::store::Commit;

use super::finding::{Judged, State};
use super::objects::Chain;

pub(super) fn judge(chain: &Chain) -> Judged {
    judge_links(&chain.inspected.commits, &chain.shallow)
}

/// Judges commits, newest first, each the parent of the one before it.
fn judge_links(commits: &[(ObjectId, Commit)], shallow: &[ObjectId]) -> Judged {
    let Some((last_id, last)) = commits.last() else {
        return Judged::ok("no states yet");
    };
    let mut wrong: Vec<(ObjectId, String)> = Vec::new();
    let mut newer = 0;
    let mut above: Option<u64> = None;
    for (id, commit) in commits {
        let rev = Event::rev_of(commit.body());
        match (&rev, Event::parse(commit.body())) {
            (Ok(rev), _) if above.is_some_and(|above| above != rev + 1) => {
                let above = above.unwrap_or_default();
                wrong.push((*id, format!("it is number {rev}, below number {above}")));
            }
            (Ok(_), Ok(_)) => {}
            // The number is there and the rest is not understood: a newer program wrote it.
            (Ok(_), Err(_)) => newer += 1,
            (Err(why), _) => wrong.push((*id, format!("it carries no event: {why}"))),
        }
        // A commit without a number says nothing of the one below.
        above = rev.ok();
    }
    let is_first = last.parent.is_none() && (above == Some(1) || last.epoch_link().is_some());
    let is_cut = last.parent.is_some() && !shallow.contains(last_id);
    if last.parent.is_none() && !is_first && above.is_some() {
        let what = "it has no parent, and names no earlier chain";
        wrong.push((*last_id, what.into()));
    }
    if is_cut {
        wrong.push((*last_id, "its parent cannot be read".into()));
    }
    let lines = wrong.iter().map(|(id, what)| format!("{id}: {what}"));
    let mut judged = match wrong.len() {
        0 if newer > 0 => Judged::note(format!(
            "{newer} of {} states were written by a newer git-coord",
            commits.len()
        ))
        .advice("update git-coord"),
        0 => Judged::ok(format!("{} states, numbered without a gap", commits.len())),
        count => Judged::problem(format!("{count} commits are not in order"))
            .advice("`git coord log --verify` decides all of them again"),
    };
    if judged.state == State::Ok && !shallow.is_empty() && shallow.contains(last_id) {
        judged = Judged::note(format!(
            "{} states are here, the older ones are not: this clone is shallow",
            commits.len()
        ));
    }
    judged.details(lines)
}
