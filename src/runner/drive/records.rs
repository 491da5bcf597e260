//! What changes records, and with a landing the target.

use crate::coord::train::Snapshot;
use crate::coord::{About, Failure, Reach};
use crate::domain::queue::moves::Move;
use crate::domain::queue::plan::Plan;
use crate::model::id::Id;
use crate::model::queue::{Ask, Evict, Settle};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::Request;

use super::Loop;

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
            let is = "moved by somebody else".to_owned();
            return Ok(Err(Failure::Refused(Box::new(Refusal::WrongState {
                what: "branch".into(),
                name: self.drive.target.to_string(),
                is,
                needs: "the commit that was planned on".into(),
            }))));
        }
        Ok(landed)
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
                let landed = snapshot.land(plan, count, self.drive.options);
                let landed = landed.map(|done| done.reply);
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
