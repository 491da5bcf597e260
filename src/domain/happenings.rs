//! What a commit did, read off the records that it changed: what the request only asked for may have
//! done more, such as taking a lock whose lease had ended.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::event::Event;
use crate::model::feature::{FeatureRecord, Status};
use crate::model::happening::Happening;
use crate::model::id::{Actor, Id};
use crate::model::key::Key;
use crate::model::lock::LockRecord;
use crate::model::place::Place;
use crate::model::queue::{EntryRecord, Stage as Queued};
use crate::model::record::{self, Record};
use crate::model::request::Request;
use crate::model::task::{CLAIMS, EPIC, Stage, TaskRecord};

use super::staged::State;
use super::task::board::{Board, Brief};
use super::task::standing::blockers;

/// A record that a commit changed: its path, and what it was and is.
pub type Change<'c> = (&'c str, Option<&'c [u8]>, Option<&'c [u8]>);

/// What a commit did, in the order of the places.
pub fn of(event: &Event, changes: &[Change<'_>]) -> Vec<Happening> {
    let mut found = Vec::new();
    let mut tasks: BTreeMap<&str, (Option<TaskRecord>, Option<TaskRecord>)> = BTreeMap::new();
    for (path, before, after) in changes {
        let noun = path.split(['/', '.']).next().unwrap_or_default();
        match noun {
            "locks" => locks(event, path, *before, *after, &mut found),
            "tasks" => {
                // One that is over stands elsewhere, so the two halves of a task meet by its name.
                let sides = tasks.entry(stem(path)).or_default();
                sides.0 = sides.0.take().or_else(|| read(path, *before));
                sides.1 = sides.1.take().or_else(|| read(path, *after));
            }
            "features" => found.push(feature(event, path, *before, *after)),
            "queue" => found.push(entry(event, path, *before, *after)),
            "notices" => {}
            _ => found.extend(plain(noun, path, before.is_some(), after.is_some())),
        }
    }
    for (id, (before, after)) in tasks {
        found.push(task(event, id, before.as_ref(), after.as_ref()));
    }
    found.extend(beside(event));
    found
}

/// The epics that a commit may have made ready: those of the tasks that it ended, and those that
/// themselves wait for nothing else any more.
pub fn touched_epics(changes: &[Change<'_>]) -> BTreeSet<Id> {
    let touched = |(path, before, after): &Change<'_>| -> Option<Id> {
        let task: TaskRecord = path
            .starts_with("tasks/")
            .then(|| read(path, *after))
            .flatten()?;
        let before: Option<TaskRecord> = read(path, *before);
        if task.stage.is_over() {
            // What is over stands elsewhere than before it was.
            return task.body.parent.filter(|_| before.is_none());
        }
        let has_met = before.is_some_and(|before| before.met.len() < task.met.len());
        (has_met && task.sort.as_str() == EPIC && is_unblocked(&task)).then_some(task.body.id)
    };
    changes.iter().filter_map(touched).collect()
}

/// Which of these are ready in the state after that commit, as happenings. What cannot be read is not.
pub fn ready_epics(state: &dyn State, epics: &BTreeSet<Id>) -> Vec<Happening> {
    let Ok(board) = Board::read(state) else {
        return Vec::new();
    };
    let is_ready = |brief: &Brief| {
        brief.sort.as_str() == EPIC
            && brief.stage == Stage::Open
            && blockers(state, &board, brief).is_empty()
    };
    let ready = epics.iter().filter(|id| {
        let open = board.get(id);
        open.is_some_and(|open| is_ready(&open.brief))
    });
    let ready = ready.map(|id| Happening {
        kind: "task.ready".into(),
        about: id.to_string(),
        whose: None,
        keys: Vec::new(),
    });
    ready.collect()
}

/// What is no change of a record.
fn beside(event: &Event) -> Option<Happening> {
    let (kind, about, keys) = match event.request.inner() {
        Request::Land(land) => ("branch.landed", land.target.as_str(), land.paths.clone()),
        Request::Note(note) => ("note.kept", note.text.as_str(), note.paths.clone()),
        _ => return None,
    };
    Some(Happening {
        kind: kind.into(),
        about: about.to_owned(),
        whose: None,
        keys,
    })
}

fn locks(
    event: &Event,
    path: &str,
    before: Option<&[u8]>,
    after: Option<&[u8]>,
    found: &mut Vec<Happening>,
) {
    let [before, after]: [Option<LockRecord>; 2] = [read(path, before), read(path, after)];
    let Some(key) = after
        .as_ref()
        .or(before.as_ref())
        .map(|lock| lock.key.clone())
    else {
        found.extend(plain("locks", path, before.is_some(), after.is_some()));
        return;
    };
    if is_claim(&key) {
        // The task says what happened.
        return;
    }
    let holds = |lock: &Option<LockRecord>| -> BTreeMap<Actor, u64> {
        let holds = lock.iter().flat_map(|lock| &lock.holds);
        holds.map(|hold| (hold.actor(), hold.rev)).collect()
    };
    let (before, after) = (holds(&before), holds(&after));
    let mut add = |word: &str, who: &Actor| {
        found.push(Happening {
            kind: format!("lock.{word}"),
            about: key.to_string(),
            whose: Some(who.clone()).filter(|who| *who != event.by),
            keys: vec![key.clone()],
        });
    };
    for who in before.keys().filter(|who| !after.contains_key(*who)) {
        add(if *who == event.by { "released" } else { "lost" }, who);
    }
    for (who, rev) in &after {
        match before.get(who) {
            None => add("taken", who),
            Some(old) if old != rev => add("renewed", who),
            Some(_) => {}
        }
    }
}

fn is_unblocked(task: &TaskRecord) -> bool {
    task.met.is_superset(&task.depends)
}

fn is_claim(key: &Key) -> bool {
    matches!(key, Key::Logical(key) if key.prefix() == CLAIMS)
}

fn task(
    event: &Event,
    id: &str,
    before: Option<&TaskRecord>,
    after: Option<&TaskRecord>,
) -> Happening {
    let stage = |task: Option<&TaskRecord>| task.map(|task| task.stage);
    let holder = |task: Option<&TaskRecord>| {
        let claimed = task.and_then(|task| task.claimed.as_ref());
        claimed.map(|claimed| (claimed.by.clone(), claimed.at))
    };
    let met = |task: Option<&TaskRecord>| task.map(|task| task.met.len());
    let word = match (stage(before), stage(after)) {
        (None, Some(_)) => "added",
        (Some(_), None) => "collected",
        (Some(old), Some(new)) if old != new => match new {
            Stage::Open if old.is_over() => "reopened",
            Stage::Open => "released",
            Stage::Claimed => "claimed",
            Stage::Running => "started",
            Stage::Done => "done",
            Stage::Failed => "failed",
            Stage::Cancelled => "cancelled",
            Stage::Dead => "dead",
        },
        (Some(_), Some(Stage::Claimed)) if holder(before) != holder(after) => "claimed",
        // Something that it depends on is over. Whether an epic is ready its parts say as well.
        (Some(_), Some(_)) if met(before) < met(after) => {
            let is_plain = |task: &TaskRecord| task.sort.as_str() != EPIC && is_unblocked(task);
            match after.is_some_and(is_plain) {
                true => "ready",
                false => "waiting",
            }
        }
        (Some(_), Some(_)) => "edited",
        // Neither side can be read.
        (None, None) => "changed",
    };
    let now = after.or(before);
    let whose = now.and_then(|task| task.claimed.as_ref());
    Happening {
        kind: format!("task.{word}"),
        about: id.to_owned(),
        whose: whose
            .map(|claimed| claimed.by.clone())
            .filter(|who| *who != event.by),
        keys: now.map(|task| task.keys.clone()).unwrap_or_default(),
    }
}

fn feature(event: &Event, path: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> Happening {
    let [was, is]: [Option<FeatureRecord>; 2] = [read(path, before), read(path, after)];
    let status = |feature: &Option<FeatureRecord>| feature.as_ref().map(|feature| feature.status);
    let word = match (before, after) {
        (None, _) => "registered",
        (_, None) => "collected",
        (Some(_), Some(_)) if status(&was) == status(&is) => "updated",
        (Some(_), Some(_)) => match status(&is) {
            Some(Status::Active) => "reopened",
            Some(Status::Queued) => "queued",
            Some(Status::Landed) => "landed",
            Some(Status::Cancelled) => "cancelled",
            // It cannot be read any more.
            None => "changed",
        },
    };
    let now = is.or(was);
    let owner = now.as_ref().map(|feature| feature.owner.clone());
    Happening {
        kind: format!("feature.{word}"),
        about: stem(path).to_owned(),
        whose: owner.filter(|owner| *owner != event.by),
        keys: now.map_or_else(Vec::new, |feature| {
            feature.body.claims.into_iter().collect()
        }),
    }
}

fn entry(event: &Event, path: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> Happening {
    let [was, is]: [Option<EntryRecord>; 2] = [read(path, before), read(path, after)];
    let stage = |entry: &Option<EntryRecord>| entry.as_ref().map(|entry| entry.stage);
    let sealed = |entry: &Option<EntryRecord>| entry.as_ref().map(|entry| entry.sealed);
    let word = match (before, after) {
        (None, _) => "added",
        (_, None) => "collected",
        (Some(_), Some(_)) => match stage(&is) {
            Some(Queued::Queued) if stage(&was) != stage(&is) || sealed(&was) != sealed(&is) => {
                "requeued"
            }
            Some(Queued::Landed) if stage(&was) != stage(&is) => "landed",
            Some(Queued::Failed) if stage(&was) != stage(&is) => "failed",
            Some(Queued::Cancelled) if stage(&was) != stage(&is) => "cancelled",
            _ => "updated",
        },
    };
    let submitter = is.or(was).map(|entry| entry.body.submitter);
    Happening {
        kind: format!("queue.{word}"),
        about: stem(path).to_owned(),
        whose: submitter.filter(|who| *who != event.by),
        keys: Vec::new(),
    }
}

/// Kinds of records of which no more need be known than that they came, changed or went.
const PLAIN: &[(&str, &str, [&str; 3])] = &[
    ("answers", "request", ["answered", "answered", "collected"]),
    ("agents", "agent", ["registered", "updated", "left"]),
    (
        "checkpoints",
        "agent",
        ["checkpointed", "checkpointed", "collected"],
    ),
    ("comments", "task", ["commented", "commented", "collected"]),
    ("format", "epoch", ["begun", "begun", "damaged"]),
    ("handoffs", "handoff", ["written", "updated", "collected"]),
    ("memory", "memory", ["remembered", "updated", "forgotten"]),
    ("messages", "message", ["sent", "updated", "collected"]),
    ("lines", "queue", ["begun", "moved", "removed"]),
    ("speakers", "agent", ["pinned", "pinned", "unpinned"]),
    ("trust", "agent", ["trusted", "trusted", "trusted"]),
    (
        "turned-down",
        "request",
        ["turned-down", "turned-down", "collected"],
    ),
    ("verdicts", "queue", ["checked", "checked", "collected"]),
    ("values", "state", ["set", "set", "deleted"]),
    ("waits", "wait", ["joined", "updated", "left"]),
];

fn plain(noun: &str, path: &str, was: bool, is: bool) -> Option<Happening> {
    let row = PLAIN.iter().find(|(dir, ..)| *dir == noun);
    let (kind, words) = row.map_or((noun, ["added", "changed", "removed"]), |row| {
        (row.1, row.2)
    });
    let word = match (was, is) {
        (false, true) => words[0],
        (true, true) => words[1],
        (true, false) => words[2],
        // A blob that nobody can read is no news.
        (false, false) => return None,
    };
    let about = path.split_once('/').map_or(path, |(_, rest)| rest);
    let about = about.trim_end_matches('=').trim_end_matches(".json");
    Some(Happening {
        kind: format!("{kind}.{word}"),
        about: about.to_owned(),
        whose: None,
        keys: Vec::new(),
    })
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".json").unwrap_or(name)
}

fn read<T: Record>(path: &str, bytes: Option<&[u8]>) -> Option<T> {
    let place = Place::new(path).ok()?;
    record::parse(&place, bytes?).ok()
}
