//! Work on a claimed task: it begins, it is done, it did not work out.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::limits::{LONG_BYTES_MAX, RECORD_DEPTH_MAX};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::task::{Did, Done, Fail, Stage, Start, Task, TaskRecord, Told};
use crate::model::text::{Text, Word};

use super::super::decide::{Decided, Desk};
use super::super::{locks, secret};
use super::over::{self, After};
use super::{change, find, scatter, subject, wrong_state};

/// The task, which this session has claimed.
pub(super) fn own(desk: &Desk<'_>, id: &Id) -> Result<TaskRecord, Refusal> {
    let task = find::expect(&desk.staged, id)?;
    let needs = "a claim of yours: `git coord task claim`";
    let claimed = match task.stage {
        Stage::Claimed | Stage::Running => task.claimed.as_ref(),
        _ => return Err(wrong_state(id, task.stage.as_str(), needs)),
    };
    let lock = locks::get(&desk.staged, &Task::key(id))?;
    let holds = lock.map(|lock| lock.holds).unwrap_or_default();
    let is_mine = claimed.is_some_and(|claimed| claimed.by == *desk.me());
    match holds.first() {
        Some(_) if is_mine && holds.iter().any(|hold| hold.is_of(desk.me())) => Ok(task),
        Some(hold) => Err(Refusal::NotYours {
            what: "task".into(),
            name: id.to_string(),
            owner: hold.actor(),
        }),
        None => Err(wrong_state(id, "open again", needs)),
    }
}

pub(super) fn start(desk: &mut Desk<'_>, ask: &Start) -> Result<Decided, Refusal> {
    let task = own(desk, &ask.id)?;
    if task.stage == Stage::Running {
        let subject = subject(desk, "start", &task);
        return Ok(Decided {
            reply: Reply::Task(Box::new(Told::new(Did::Started, vec![task]))),
            subject,
            is_change: false,
        });
    }
    let mut task = task.body;
    task.stage = Stage::Running;
    task.started_at = Some(desk.stamp.at);
    let task = desk.put_task(task)?;
    let subject = subject(desk, "start", &task);
    Ok(change(Told::new(Did::Started, vec![task]), subject))
}

pub(super) fn done(desk: &mut Desk<'_>, ask: &Done) -> Result<Decided, Refusal> {
    check(ask.result.as_ref(), None, &ask.allow_secrets)?;
    let task = own(desk, &ask.id)?;
    let mut released = over::revoke(desk, &task, ask.keep_locks, None)?;
    let task = over::end(desk, task, Stage::Done, |task| {
        task.result = ask.result.clone();
        task.why = None;
    })?;
    let beaten = scatter::beat(desk, &task)?;
    released.extend(beaten.released);
    let cancelled: Vec<Id> = beaten.ended.iter().map(|(id, _)| id.clone()).collect();
    let mut over = vec![(ask.id.clone(), Stage::Done)];
    over.extend(beaten.ended);
    let mut after = over::resolve(desk, over)?;
    after.also.extend(cancelled);
    Ok(ended(desk, "done", Did::Done, task, released, after))
}

pub(super) fn fail(desk: &mut Desk<'_>, ask: &Fail) -> Result<Decided, Refusal> {
    check(ask.result.as_ref(), Some(&ask.why), &ask.allow_secrets)?;
    let task = own(desk, &ask.id)?;
    let released = over::revoke(desk, &task, false, None)?;
    if ask.retry && task.attempts < task.attempts_max {
        let mut task = task.body;
        task.stage = Stage::Open;
        task.started_at = None;
        task.why = Some(ask.why.clone());
        task.result = ask.result.clone();
        let task = desk.put_task(task)?;
        let after = After::default();
        return Ok(ended(desk, "fail", Did::Reopened, task, released, after));
    }
    // The last of several attempts is the end of it; who asks for none has judged for itself.
    let stage = match ask.retry {
        true => Stage::Dead,
        false => Stage::Failed,
    };
    let task = over::end(desk, task, stage, |task| {
        task.result = ask.result.clone();
        task.why = Some(ask.why.clone());
    })?;
    let after = over::resolve(desk, [(ask.id.clone(), stage)])?;
    Ok(ended(desk, "fail", Did::Failed, task, released, after))
}

fn ended(
    desk: &Desk<'_>,
    verb: &str,
    did: Did,
    task: TaskRecord,
    mut released: Vec<Key>,
    after: After,
) -> Decided {
    released.extend(after.released);
    let subject = subject(desk, verb, &task);
    let told = Told {
        released,
        also: after.also,
        ready: after.ready,
        ..Told::new(did, vec![task])
    };
    change(told, subject)
}

/// A result is bounded in size and in depth, and is scanned as texts are.
fn check(
    result: Option<&Value>,
    why: Option<&Text>,
    allow_secrets: &BTreeSet<Word>,
) -> Result<(), Refusal> {
    let written = result.map(ToString::to_string).unwrap_or_default();
    if written.len() > LONG_BYTES_MAX {
        return Err(Refusal::Limit {
            what: "bytes of a result; put the rest into a file of the repository and name it"
                .into(),
            most: LONG_BYTES_MAX,
        });
    }
    // It stands inside of the record.
    let most = RECORD_DEPTH_MAX - 1;
    if result.is_some_and(|result| depth(result) > most) {
        return Err(Refusal::Limit {
            what: "levels of a result".into(),
            most,
        });
    }
    let mut texts = Vec::new();
    if let Some(result) = result {
        strings(result, &mut texts);
    }
    let texts = texts.into_iter().map(|text| ("result", text));
    let why = why.map(|why| ("why", why.as_str()));
    secret::check(texts.chain(why), allow_secrets)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

fn strings<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                found.push(name);
                strings(value, found);
            }
        }
        _ => {}
    }
}
