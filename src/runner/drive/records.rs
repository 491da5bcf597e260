//! What changes records, and with a landing the target.

use crate::coord::train::{Landed, Snapshot};
use crate::coord::{About, Failure, Reach};
use crate::domain::queue::moves::Move;
use crate::domain::queue::plan::Plan;
use crate::model::id::Id;
use crate::model::queue::{Ask, Evict, Settle};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::Request;

use super::{LOOK_EVERY, Loop};

/// How often in a row something may be refused before the loop gives up: each time it plans anew on
/// a fresh state, so only a rule that the plan does not know could go on saying no.
const REFUSALS_MAX: usize = 32;

impl Loop<'_, '_> {
    /// Asks for a change; whether it was granted. What is refused is planned anew.
    pub(super) fn ask(&mut self, ask: Ask) -> Result<Option<Reply>, Failure> {
        let answer = self.drive.coord.handle(Request::Queue(ask));
        self.granted(answer.map(|done| done.reply))
    }

    /// A landing that the remote refused because somebody had pushed to the target is planned anew;
    /// one that it refused for a rule of its own is an error.
    pub(super) fn or_moved(
        &self,
        snapshot: &Snapshot<'_>,
        landed: Result<Reply, Failure>,
    ) -> Result<Result<Reply, Failure>, Failure> {
        if matches!(landed, Err(Failure::Rejected { .. }))
            && self.drive.coord.queue_tip(self.drive.target)? != snapshot.tip.commit
        {
            return Ok(Err(snapshot.outrun()));
        }
        Ok(landed)
    }

    /// The host does not take it now. One entry is passed over for a while; when it is about all of
    /// them, nothing can be done but to look again later.
    fn hold_up(&mut self, snapshot: &Snapshot<'_>, id: Option<Id>, why: String) {
        let text = match &id {
            Some(id) => format!("{id}: {why}"),
            None => why.clone(),
        };
        if self.drive.watch {
            (self.drive.say)(&text);
        } else {
            self.done.troubles.push(text);
        }
        match id {
            Some(id) => drop(self.held_up.insert(id, why)),
            None if self.drive.watch => {
                let seen = snapshot.view.tip();
                self.drive.coord.wait_for_change(seen, LOOK_EVERY * 6);
            }
            None => self.is_done = true,
        }
    }

    pub(super) fn granted(
        &mut self,
        answer: Result<Reply, Failure>,
    ) -> Result<Option<Reply>, Failure> {
        match answer {
            Ok(reply) => {
                self.refusals = 0;
                Ok(Some(reply))
            }
            Err(Failure::Refused(why)) if self.refusals < REFUSALS_MAX && is_about_time(&why) => {
                self.refusals += 1;
                Ok(None)
            }
            Err(why) => Err(why),
        }
    }

    /// Does what changes records, and with a landing the target.
    pub(super) fn record(
        &mut self,
        snapshot: &Snapshot<'_>,
        plan: &Plan,
        one: Move,
    ) -> Result<(), Failure> {
        match one {
            Move::Settle(entries) => {
                let ids: Vec<Id> = entries.iter().map(|(id, _)| id.clone()).collect();
                let settle = Settle {
                    target: snapshot.target.clone(),
                    commit: snapshot.tip.commit,
                    paths: snapshot.changed_by(&ids)?,
                    entries,
                };
                if self.ask(Ask::Settle(settle))?.is_some() {
                    for id in &ids {
                        (self.drive.say)(&format!("{id}: on {} already", snapshot.target));
                    }
                    self.done.settled.extend(ids);
                }
            }
            Move::Evict {
                id,
                sealed,
                tree,
                before,
            } => {
                let evict = Evict {
                    target: snapshot.target.clone(),
                    id: id.clone(),
                    sealed,
                    check: self.check.id.clone(),
                    tree,
                    before,
                };
                if self.ask(Ask::Evict(evict))?.is_some() {
                    (self.drive.say)(&format!("{id}: put out, its check is red"));
                    self.done.evicted.push(id);
                }
            }
            Move::Land(count) => {
                let landed = snapshot.land(plan, count, self.drive.options, self.drive.host);
                let (landed, count) = match landed {
                    Ok(Landed::Done(done, count)) => (Ok(done.reply), count),
                    Ok(Landed::NotYet { id, why }) => {
                        self.hold_up(snapshot, id, why);
                        return Ok(());
                    }
                    Ok(Landed::Otherwise { done, id, why }) => {
                        self.granted(Ok(done.reply))?;
                        let text = format!("{id}: {why}");
                        (self.drive.say)(&text);
                        self.done.troubles.push(text);
                        self.done.settled.push(id);
                        return Ok(());
                    }
                    Err(why) => (Err(why), count),
                };
                if self.granted(self.or_moved(snapshot, landed)?)?.is_some() {
                    for link in &plan.train[..count] {
                        (self.drive.say)(&format!("{}: landed on {}", link.id, snapshot.target));
                        self.done.landed.push(link.id.clone());
                    }
                    let noted = self.drive.coord.render_notes(About::Checks, Reach::Shared);
                    if let Err(why) = noted {
                        (self.drive.say)(&format!("the notes of the checks come later: {why}"));
                    }
                }
            }
            Move::Check(..) => {}
        }
        Ok(())
    }
}

/// Whether a refusal may be another answer on the next plan.
fn is_about_time(why: &Refusal) -> bool {
    matches!(
        why,
        Refusal::LockHeld { .. }
            | Refusal::OtherSession { .. }
            | Refusal::Reserved { .. }
            | Refusal::WrongState { .. }
            | Refusal::NotFound { .. }
            | Refusal::NotHeld { .. }
    )
}
