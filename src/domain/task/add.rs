//! Adding tasks, all or none.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::id::Id;
use crate::model::limits::{BATCH_MAX, LIST_MAX};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stored::Stored;
use crate::model::task::{ATTEMPTS_MAX, Add, Did, KEYS_MAX, New, Stage, Task, TaskRecord, Told};
use crate::model::text::Word;

use super::super::decide::{Decided, Desk};
use super::super::{feature, secret};
use super::{change, cycle, find, over, wrong_state};

/// Most attempts that a task may ask for.
const ATTEMPTS_LIMIT: u32 = 1_000;

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Add) -> Result<Decided, Refusal> {
    limit("tasks in one request", ask.tasks.len(), BATCH_MAX)?;
    secret::check(ask.tasks.iter().flat_map(texts), &ask.allow_secrets)?;
    let mut fresh: BTreeMap<Id, &New> = BTreeMap::new();
    let mut order = Vec::new();
    let mut known: BTreeMap<Id, TaskRecord> = BTreeMap::new();
    let mut count = 0;
    for new in &ask.tasks {
        check(new)?;
        let (id, there) = name(desk, new, &fresh, &mut count)?;
        if let Some(there) = there {
            known.insert(id.clone(), there);
        } else if fresh.insert(id.clone(), new).is_some() {
            return Err(exists(&id));
        }
        order.push(id);
    }
    let mut tasks: BTreeMap<Id, Task> = BTreeMap::new();
    for (id, nth) in order.iter().zip(0..) {
        // What an earlier request made stays as it is.
        let Some(new) = fresh.get(id) else { continue };
        let mut task = task(desk, id, nth, new);
        let others = task.depends.iter().chain(&task.parent);
        for needed in others.chain(&task.reviews).chain(&task.rivals) {
            if !fresh.contains_key(needed) {
                find::expect(&desk.staged, needed)?;
            }
        }
        if let Some(feature) = &task.feature {
            feature::find::expect(&desk.staged, feature)?;
        }
        if let Some((on, stage)) = over::settle(&desk.staged, &mut task)? {
            let needs = "a dependency that can still be done, or `--on-fail hold` or `ignore`";
            return Err(wrong_state(&on, stage.as_str(), needs));
        }
        if let Some(reviewed) = &task.reviews
            && let Some(reviewed) = find::get(&desk.staged, reviewed)?
        {
            task.not_for.extend(reviewed.body.workers);
        }
        tasks.insert(id.clone(), task);
    }
    cycle::refuse(&desk.staged, tasks.values())?;
    for (id, task) in tasks {
        known.insert(id, desk.put_task(task)?);
    }
    let did = if fresh.is_empty() {
        Did::Found
    } else {
        Did::Added
    };
    let subject = line(desk, &order, &known);
    let told = order.iter().filter_map(|id| known.get(id).cloned());
    let told = Told::new(did, told.collect());
    if fresh.is_empty() {
        return Ok(Decided {
            reply: Reply::Task(Box::new(told)),
            subject,
            is_change: false,
        });
    }
    Ok(change(told, subject))
}

/// The name of a new task, and the task if an earlier request made it.
fn name(
    desk: &Desk<'_>,
    new: &New,
    fresh: &BTreeMap<Id, &New>,
    count: &mut u32,
) -> Result<(Id, Option<TaskRecord>), Refusal> {
    let keyed = new
        .idempotency
        .as_ref()
        .map(|text| Id::of_text(text.as_str()));
    if let Some(id) = new.id.clone().or(keyed) {
        let there = find::get(&desk.staged, &id)?;
        if there.is_some() && new.idempotency.is_none() {
            return Err(exists(&id));
        }
        return Ok((id, there));
    }
    let is_taken = |id: &Id| Ok(fresh.contains_key(id) || find::get(&desk.staged, id)?.is_some());
    Ok((desk.fresh_id(count, is_taken)?, None))
}

fn exists(id: &Id) -> Refusal {
    Refusal::Exists {
        what: "task".into(),
        name: id.to_string(),
    }
}

fn task(desk: &Desk<'_>, id: &Id, nth: u32, new: &New) -> Task {
    Task {
        id: id.clone(),
        title: new.title.clone(),
        body: new.body.clone(),
        sort: new.sort.clone().unwrap_or_else(plain_sort),
        priority: new.priority,
        labels: new.labels.clone(),
        parent: new.parent.clone(),
        feature: new.feature.clone(),
        depends: new.depends.clone(),
        met: BTreeSet::new(),
        on_fail: new.on_fail,
        keys: new.keys.clone(),
        assignee: new.assignee.clone(),
        requires: new.requires.clone(),
        reviews: new.reviews.clone(),
        workers: BTreeSet::new(),
        not_for: BTreeSet::new(),
        rivals: new.rivals.clone(),
        deadline: new.deadline,
        ttl_secs: new.ttl_secs,
        attempts: 0,
        attempts_max: new.attempts_max.unwrap_or(ATTEMPTS_MAX),
        run: new.run.clone(),
        added_by: desk.me().clone(),
        added_at: desk.stamp.at,
        added_rev: desk.staged.next_rev(),
        nth,
        stage: Stage::Open,
        claimed: None,
        first_claimed_at: None,
        started_at: None,
        ended_at: None,
        result: None,
        why: None,
    }
}

fn plain_sort() -> Word {
    "task".parse().expect("it is a word")
}

/// What is said of a task that others will read.
fn texts(new: &New) -> impl Iterator<Item = (&str, &str)> {
    let body = new.body.iter().map(|body| ("body", body.as_str()));
    let key = new.idempotency.iter();
    [("title", new.title.as_str())]
        .into_iter()
        .chain(body)
        .chain(key.map(|text| ("idempotency", text.as_str())))
}

/// Everything that grows is bounded.
fn check(new: &New) -> Result<(), Refusal> {
    limit("labels of one task", new.labels.len(), LIST_MAX)?;
    limit("dependencies of one task", new.depends.len(), LIST_MAX)?;
    limit("rivals of one task", new.rivals.len(), LIST_MAX)?;
    limit("keys of one task", new.keys.len(), KEYS_MAX)?;
    let capabilities = new.requires.capabilities.len();
    limit("required capabilities of one task", capabilities, LIST_MAX)?;
    let attempts = new.attempts_max.unwrap_or(ATTEMPTS_MAX);
    let most = usize::try_from(ATTEMPTS_LIMIT).unwrap_or(usize::MAX);
    if attempts == 0 || attempts > ATTEMPTS_LIMIT {
        return Err(Refusal::Limit {
            what: "attempts of one task, which are one at least".into(),
            most,
        });
    }
    check_keys(&new.keys)
}

/// A claim is taken by claiming, and by nothing else.
pub(super) fn check_keys(keys: &[crate::model::key::Key]) -> Result<(), Refusal> {
    match keys.iter().find(|key| key.claimed_task().is_some()) {
        Some(key) => Err(Refusal::NotAllowed {
            what: format!("`{key}` is the claim of a task, and no task can need it"),
        }),
        None => Ok(()),
    }
}

pub(super) fn limit(what: &str, count: usize, most: usize) -> Result<(), Refusal> {
    if count <= most {
        return Ok(());
    }
    Err(Refusal::Limit {
        what: what.into(),
        most,
    })
}

fn line(desk: &Desk<'_>, order: &[Id], tasks: &BTreeMap<Id, Stored<Task>>) -> String {
    let first = order.first().and_then(|id| tasks.get(id));
    match (order, first) {
        ([_], Some(task)) => super::subject(desk, "add", task),
        ([first, .., last], _) => {
            let agent = &desk.me().agent;
            format!("task add {} by {agent}: {first} to {last}", order.len())
        }
        _ => format!("task add nothing by {}", desk.me().agent),
    }
}
