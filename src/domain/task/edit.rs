//! Changing what a task says.

use crate::model::limits::LIST_MAX;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::task::{Did, Edit, KEYS_MAX, Task, Told};

use super::super::decide::{Decided, Desk};
use super::super::{feature, secret};
use super::add::{check_keys, limit};
use super::{change, cycle, find, over, subject, wrong_state};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Edit) -> Result<Decided, Refusal> {
    let title = ask.title.iter().map(|title| ("title", title.as_str()));
    let body = ask.body.iter().map(|body| ("body", body.as_str()));
    secret::check(title.chain(body), &ask.allow_secrets)?;
    let before = find::expect(&desk.staged, &ask.id)?;
    if let Some(named) = ask.rev.filter(|rev| *rev != before.head.rev) {
        return Err(Refusal::Changed {
            what: "task".into(),
            name: ask.id.to_string(),
            named,
            now: before.head.rev,
        });
    }
    if before.stage.is_over() {
        let needs = "a task that is not over; `git coord task retry` opens it again";
        return Err(wrong_state(&ask.id, before.stage.as_str(), needs));
    }
    let mut task = before.body.clone();
    apply(ask, &mut task);
    for id in ask
        .add_depends
        .iter()
        .filter(|id| !before.depends.contains(*id))
    {
        find::expect(&desk.staged, id)?;
    }
    if let Some(feature) = &ask.feature {
        feature::find::expect(&desk.staged, feature)?;
    }
    limit("labels of one task", task.labels.len(), LIST_MAX)?;
    limit("dependencies of one task", task.depends.len(), LIST_MAX)?;
    limit("keys of one task", task.keys.len(), KEYS_MAX)?;
    check_keys(&task.keys)?;
    if let Some((on, stage)) = over::settle(&desk.staged, &mut task)? {
        let needs = "a dependency that can still be done, or `--on-fail hold` or `ignore`";
        return Err(wrong_state(&on, stage.as_str(), needs));
    }
    if !task.depends.is_subset(&before.depends) {
        cycle::refuse(&desk.staged, [&task])?;
    }
    if task == before.body {
        let subject = subject(desk, "edit", &before);
        return Ok(Decided {
            reply: Reply::Task(Box::new(Told::new(Did::Edited, vec![before]))),
            subject,
            is_change: false,
        });
    }
    let was_ready = before.met.is_superset(&before.depends);
    let is_ready = task.met.is_superset(&task.depends);
    let task = desk.put_task(task)?;
    let subject = subject(desk, "edit", &task);
    let mut told = Told::new(Did::Edited, vec![task]);
    if is_ready && !was_ready {
        told.also.push(ask.id.clone());
    }
    Ok(change(told, subject))
}

fn apply(ask: &Edit, task: &mut Task) {
    fn set<T: Clone>(field: &mut T, new: &Option<T>) {
        if let Some(new) = new {
            *field = new.clone();
        }
    }
    set(&mut task.title, &ask.title);
    set(&mut task.sort, &ask.sort);
    set(&mut task.priority, &ask.priority);
    set(&mut task.on_fail, &ask.on_fail);
    set(&mut task.keys, &ask.keys);
    if ask.body.is_some() {
        task.body.clone_from(&ask.body);
    }
    if ask.unassign {
        task.assignee = None;
    }
    if ask.assignee.is_some() {
        task.assignee.clone_from(&ask.assignee);
    }
    if ask.no_feature {
        task.feature = None;
    }
    if ask.feature.is_some() {
        task.feature.clone_from(&ask.feature);
    }
    if ask.deadline.is_some() {
        task.deadline = ask.deadline;
    }
    task.labels.extend(ask.add_labels.iter().cloned());
    task.labels
        .retain(|label| !ask.remove_labels.contains(label));
    task.depends.extend(ask.add_depends.iter().cloned());
    task.depends.retain(|id| !ask.remove_depends.contains(id));
    task.met.retain(|id| task.depends.contains(id));
}
