//! Whether a record belongs where it stands: judged by its place and its bytes alone.

use crate::model::agent::{AGENTS, CHECKPOINTS, Checkpoints, Presence, TRUST, Trust};
use crate::model::feature::FEATURES;
use crate::model::handoff::HANDOFFS;
use crate::model::lock::Mode;
use crate::model::memory::MEMORY;
use crate::model::message::{MESSAGES, Message};
use crate::model::notice::{NOTICES, NoticeRecord};
use crate::model::place::{FORMAT, Place};
use crate::model::queue::{Entry, LINES, Line, QUEUE, VERDICTS, Verdict};
use crate::model::record::{self, Damage};
use crate::model::relay::{ANSWERS, Answered, SPEAKERS, Speaker, TURNED_DOWN, TurnedDown};
use crate::model::stored::{Body, Stored};
use crate::model::task::{COMMENTS, Comment, Task, Turns};
use crate::model::value::{VALUES, Value};
use crate::model::wait::{WAITS, WaitRecord};

use super::{Format, feature, handoff, locks, memory};

/// Reads a record as the type that its place asks for; none where no place is known.
pub fn check(place: &Place, bytes: &[u8]) -> Option<Result<(), Damage>> {
    let dir = place.as_str().split('/').next().unwrap_or_default();
    Some(match dir {
        FORMAT => record::parse::<Format>(place, bytes).map(drop),
        locks::LOCKS => lock(place, bytes),
        WAITS => wait(place, bytes),
        NOTICES => notice(place, bytes),
        "tasks" if *place == Turns::place() => {
            record::parse::<Stored<Turns>>(place, bytes).map(drop)
        }
        "tasks" => own::<Task>(place, bytes, |one| {
            Task::place(&one.id, one.stage.is_over())
        }),
        COMMENTS => own::<Comment>(place, bytes, |one| Comment::place(&one.task, one.head.op)),
        HANDOFFS => handoff::read(place, bytes).map(drop),
        MEMORY => memory::read(place, bytes).map(drop),
        VALUES => own::<Value>(place, bytes, |one| one.name.place()),
        AGENTS => own::<Presence>(place, bytes, |one| Presence::place(&one.head.by)),
        TRUST => own::<Trust>(place, bytes, |one| Trust::place(&one.agent)),
        CHECKPOINTS => own::<Checkpoints>(place, bytes, |one| Checkpoints::place(&one.of)),
        MESSAGES => own::<Message>(place, bytes, |one| one.to.place(&one.id)),
        FEATURES => feature::find::read(place, bytes).map(drop),
        QUEUE => own::<Entry>(place, bytes, |one| Entry::place(&one.target, &one.id)),
        LINES => own::<Line>(place, bytes, |one| Line::place(&one.target)),
        VERDICTS => own::<Verdict>(place, bytes, |one| Verdict::place(&one.tree, &one.check)),
        ANSWERS => own::<Answered>(place, bytes, |one| {
            Answered::place(&one.head.by.agent, one.id)
        }),
        SPEAKERS => own::<Speaker>(place, bytes, |one| Speaker::place(&one.agent)),
        TURNED_DOWN => own::<TurnedDown>(place, bytes, |one| TurnedDown::place(&one.commit)),
        _ => return None,
    })
}

fn lock(place: &Place, bytes: &[u8]) -> Result<(), Damage> {
    let lock = locks::read(place, bytes)?;
    if lock.mode == Mode::Exclusive && lock.holds.len() > 1 {
        return Err(Damage::new(place, "several hold it, and it is exclusive"));
    }
    Ok(())
}

fn wait(place: &Place, bytes: &[u8]) -> Result<(), Damage> {
    let wait: WaitRecord = record::parse(place, bytes)?;
    match WaitRecord::place(&wait.by) {
        Ok(own) if own == *place => Ok(()),
        _ => Err(Damage::new(
            place,
            format!("it is of {}, and belongs elsewhere", wait.by),
        )),
    }
}

/// A record that says itself where it belongs.
fn own<T: Body>(
    place: &Place,
    bytes: &[u8],
    own: impl Fn(&Stored<T>) -> Place,
) -> Result<(), Damage> {
    let record: Stored<T> = record::parse(place, bytes)?;
    match own(&record) {
        own if own == *place => Ok(()),
        other => Err(Damage::new(place, format!("it belongs at {other}"))),
    }
}

/// To whom a notice is, its place says; by which operation, both do.
fn notice(place: &Place, bytes: &[u8]) -> Result<(), Damage> {
    let notice: NoticeRecord = record::parse(place, bytes)?;
    let name = crate::model::place::encode_component(notice.op.to_string().as_bytes());
    if place.as_str().ends_with(&format!("/{name}.json")) {
        Ok(())
    } else {
        Err(Damage::new(
            place,
            format!("it is of {}, and belongs elsewhere", notice.op),
        ))
    }
}
