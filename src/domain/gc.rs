//! Collecting what is over. It leaves the live tree, and stays in the history.
//!
//! Whoever asks says for how long things are kept, and the times in the records are compared with
//! the asker's clock: a record from the future is kept. Nothing that is under way, and nothing that
//! somebody still waits for, is collected.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::agent::{AGENTS, CHECKPOINTS, CheckpointsRecord, Presence, PresenceRecord};
use crate::model::feature::Feature;
use crate::model::gc::{Gc, Told};
use crate::model::handoff::{HANDOFFS, HandoffRecord};
use crate::model::id::{Actor, Id};
use crate::model::message::{MESSAGES, MessageRecord};
use crate::model::object_id::ObjectId;
use crate::model::place::Place;
use crate::model::queue::{EntryRecord, QUEUE, VERDICTS, VerdictRecord};
use crate::model::record::{self, Damage, Record};
use crate::model::refusal::Refusal;
use crate::model::relay::{
    ANSWER_SECS_MIN, ANSWERS, Answered, AnsweredRecord, SPEAKERS, SpeakerRecord, TURNED_DOWN,
    TurnedDownRecord,
};
use crate::model::reply::Reply;
use crate::model::task::{Comment, ENDED, TaskRecord};
use crate::model::time::Timestamp;

use super::decide::{Decided, Desk};
use super::feature;
use super::locks;
use super::staged::State;
use super::task::board::Board;

/// Most records that one commit collects.
pub const COLLECTED_MAX: usize = 4_000;
/// What waits for an acknowledgement that never comes is kept so many times as long.
const UNACKED_TIMES: u64 = 4;

/// What is to go, while it is being gathered.
struct Heap {
    at: Timestamp,
    places: Vec<Place>,
    counts: BTreeMap<String, usize>,
}

impl Heap {
    fn is_full(&self) -> bool {
        self.places.len() >= COLLECTED_MAX
    }

    fn add(&mut self, kind: &str, place: Place) {
        self.places.push(place);
        *self.counts.entry(kind.to_owned()).or_default() += 1;
    }

    fn is_past(&self, since: Timestamp, keep_secs: u64) -> bool {
        since.plus_secs(keep_secs) <= self.at
    }
}

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Gc) -> Result<Decided, Refusal> {
    if ask.fan.as_ref().is_some_and(|fan| fan.len() != 2) {
        return Err(Refusal::Limit {
            what: "letters of a directory of tasks".into(),
            most: 2,
        });
    }
    let mut heap = Heap {
        at: desk.stamp.at,
        places: Vec::new(),
        counts: BTreeMap::new(),
    };
    tasks(&desk.staged, ask, &mut heap)?;
    features(&desk.staged, ask, &mut heap)?;
    verdicts(&desk.staged, ask, &mut heap)?;
    if ask.fan.as_deref().is_none_or(is_turn_of_the_rest) {
        messages(&desk.staged, ask, &mut heap)?;
        sessions(&desk.staged, ask, &mut heap)?;
        handoffs(&desk.staged, ask, &mut heap)?;
        entries(&desk.staged, ask, &mut heap)?;
        answers(&desk.staged, ask, &mut heap)?;
        speakers(&desk.staged, ask, &mut heap)?;
    }
    let more = heap.is_full();
    for place in &heap.places {
        desk.staged.remove(place);
    }
    let count = heap.places.len();
    let told = Told {
        collected: heap.counts,
        more,
    };
    Ok(Decided {
        reply: Reply::Collected(Box::new(told)),
        subject: format!("gc of {count} records by {}", desk.me().agent),
        is_change: count > 0,
    })
}

/// What stands in no directory of its own for each part has its turn four times in a round.
fn is_turn_of_the_rest(fan: &str) -> bool {
    matches!(fan, "00" | "40" | "80" | "c0")
}

/// Records below a directory that can be read. Damage stays where it is, for `doctor`.
fn readable<T: Record>(state: &dyn State, dir: &str) -> Result<Vec<(Place, T)>, Damage> {
    let found = state.under(dir)?.into_iter();
    let read = found.filter_map(|(place, bytes)| {
        let record = record::parse(&place, &bytes.ok()?).ok()?;
        Some((place, record))
    });
    Ok(read.collect())
}

/// Tasks that are over, and the remarks on them; but none that a task which is not over depends on
/// or is a part of.
fn tasks(state: &dyn State, ask: &Gc, heap: &mut Heap) -> Result<(), Refusal> {
    let dir = match &ask.fan {
        Some(fan) => format!("{ENDED}/{fan}"),
        None => ENDED.to_owned(),
    };
    let mut over: Vec<(Place, TaskRecord)> = readable(state, &dir)?;
    over.retain(|(_, task)| {
        let end = task.ended_at.unwrap_or(task.head.at);
        heap.is_past(end, ask.keep.tasks_secs)
    });
    if over.is_empty() {
        return Ok(());
    }
    let board = Board::read(state)?;
    let open = board.tasks.iter().map(|task| &task.brief);
    let needed: BTreeSet<Id> = open
        .flat_map(|task| task.unmet().chain(&task.parent))
        .cloned()
        .collect();
    for (place, task) in over {
        if heap.is_full() {
            break;
        }
        if needed.contains(&task.id) {
            continue;
        }
        for (comment, _) in state.under(&Comment::dir(&task.id))? {
            heap.add("comment", comment);
        }
        heap.add("task", place);
    }
    Ok(())
}

/// Features that are over; but none that another one which is not over comes after.
fn features(state: &dyn State, ask: &Gc, heap: &mut Heap) -> Result<(), Refusal> {
    let (all, _) = feature::find::all(state)?;
    let open = all.iter().filter(|feature| !feature.status.is_over());
    let needed: BTreeSet<&Id> = open.flat_map(|feature| &feature.depends_on).collect();
    for feature in all.iter().filter(|feature| feature.status.is_over()) {
        let is_turn = ask.fan.as_ref().is_none_or(|fan| feature.id.fan() == *fan);
        let end = feature.ended_at.unwrap_or(feature.head.at);
        if is_turn
            && !heap.is_full()
            && !needed.contains(&feature.id)
            && heap.is_past(end, ask.keep.tasks_secs)
        {
            heap.add("feature", Feature::place(&feature.id));
        }
    }
    Ok(())
}

/// Queue entries that are over, as long as none that waits comes after them.
fn entries(state: &dyn State, ask: &Gc, heap: &mut Heap) -> Result<(), Refusal> {
    let all = readable::<EntryRecord>(state, QUEUE)?;
    let waiting = all.iter().filter(|(_, entry)| !entry.stage.is_over());
    let needed: BTreeSet<Id> = waiting.flat_map(|(_, entry)| entry.after.clone()).collect();
    for (place, entry) in all {
        let end = entry.ended_at.unwrap_or(entry.head.at);
        if entry.stage.is_over()
            && !heap.is_full()
            && !needed.contains(&entry.id)
            && heap.is_past(end, ask.keep.tasks_secs)
        {
            heap.add("queue entry", place);
        }
    }
    Ok(())
}

/// What checks said long ago, but for trees that an entry in line rests on.
fn verdicts(state: &dyn State, ask: &Gc, heap: &mut Heap) -> Result<(), Refusal> {
    let dir = match &ask.fan {
        Some(fan) => format!("{VERDICTS}/{fan}"),
        None => VERDICTS.to_owned(),
    };
    let mut old = readable::<VerdictRecord>(state, &dir)?;
    old.retain(|(_, verdict)| heap.is_past(verdict.head.at, ask.keep.tasks_secs));
    if old.is_empty() {
        return Ok(());
    }
    let entries = readable::<EntryRecord>(state, QUEUE)?;
    let waiting = entries.iter().filter(|(_, entry)| !entry.stage.is_over());
    let needed: BTreeSet<ObjectId> = waiting
        .filter_map(|(_, entry)| Some(entry.isolated.as_ref()?.tree))
        .collect();
    for (place, verdict) in old {
        if !heap.is_full() && !needed.contains(&verdict.tree) {
            heap.add("verdict", place);
        }
    }
    Ok(())
}

fn messages(state: &dyn State, ask: &Gc, heap: &mut Heap) -> Result<(), Refusal> {
    let keep = ask.keep.messages_secs;
    for (place, message) in readable::<MessageRecord>(state, MESSAGES)? {
        if heap.is_full() {
            break;
        }
        let is_awaited = message.needs_ack && message.acks.is_empty();
        let keep = keep.saturating_mul(if is_awaited { UNACKED_TIMES } else { 1 });
        let is_expired = message
            .expires
            .is_some_and(|expires| heap.is_past(expires, ask.keep.messages_secs));
        if is_expired || heap.is_past(message.sent, keep) {
            heap.add("message", place);
        }
    }
    Ok(())
}

/// Answers to requests that came on a branch. As long as a request could be found again, its answer
/// is what keeps it from being decided twice.
fn answers(state: &dyn State, ask: &Gc, heap: &mut Heap) -> Result<(), Refusal> {
    let keep = ask.keep.answers_secs.max(ANSWER_SECS_MIN);
    for (place, answer) in readable::<AnsweredRecord>(state, ANSWERS)? {
        if !heap.is_full() && heap.is_past(answer.head.at, keep) {
            heap.add("answer", place);
        }
    }
    for (place, turned_down) in readable::<TurnedDownRecord>(state, TURNED_DOWN)? {
        if !heap.is_full() && heap.is_past(turned_down.head.at, keep) {
            heap.add("turned-down request", place);
        }
    }
    Ok(())
}

/// Who speaks for agents of which nothing else is known any more.
fn speakers(state: &dyn State, ask: &Gc, heap: &mut Heap) -> Result<(), Refusal> {
    let keep = ask.keep.sessions_secs.saturating_mul(UNACKED_TIMES);
    let keep = keep.max(ask.keep.answers_secs).max(ANSWER_SECS_MIN);
    for (place, speaker) in readable::<SpeakerRecord>(state, SPEAKERS)? {
        let is_known = || -> Result<bool, Damage> {
            Ok(!state.under(&Answered::dir(&speaker.agent))?.is_empty()
                || !state.under(&Presence::dir(&speaker.agent))?.is_empty())
        };
        if !heap.is_full() && heap.is_past(speaker.head.at, keep) && !is_known()? {
            heap.add("speaker", place);
        }
    }
    Ok(())
}

/// Sessions that hold nothing, with what they left behind.
fn sessions(state: &dyn State, ask: &Gc, heap: &mut Heap) -> Result<(), Refusal> {
    let keep = ask.keep.sessions_secs;
    let (locks, _) = locks::all(state)?;
    let holders: BTreeSet<Actor> = locks
        .iter()
        .flat_map(|lock| &lock.holds)
        .map(|hold| hold.actor())
        .collect();
    for (place, session) in readable::<PresenceRecord>(state, AGENTS)? {
        if !heap.is_full()
            && heap.is_past(session.head.at, keep)
            && !holders.contains(&session.head.by)
        {
            heap.add("session", place);
        }
    }
    for (place, points) in readable::<CheckpointsRecord>(state, CHECKPOINTS)? {
        if !heap.is_full() && heap.is_past(points.head.at, keep.saturating_mul(UNACKED_TIMES)) {
            heap.add("checkpoints", place);
        }
    }
    Ok(())
}

/// Handoffs that somebody accepted. Those that nobody did stay while their task is not over, and
/// longer anyway.
fn handoffs(state: &dyn State, ask: &Gc, heap: &mut Heap) -> Result<(), Refusal> {
    let keep = ask.keep.handoffs_secs;
    let mut board = None;
    for (place, handoff) in readable::<HandoffRecord>(state, HANDOFFS)? {
        if heap.is_full() {
            break;
        }
        let is_over = match &handoff.accepted {
            Some(accepted) => heap.is_past(accepted.at, keep),
            None => heap.is_past(handoff.written_at, keep.saturating_mul(UNACKED_TIMES)),
        };
        if !is_over {
            continue;
        }
        if let (None, Some(task)) = (&handoff.accepted, &handoff.content.task) {
            let board = match &board {
                Some(board) => board,
                None => board.insert(Board::read(state)?),
            };
            if board.get(task).is_some() {
                continue;
            }
        }
        heap.add("handoff", place);
    }
    Ok(())
}
