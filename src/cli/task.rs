//! Tasks as text.

use crate::env;
use crate::model::id::Id;
use crate::model::task::{Did, TaskRecord, Told};
use crate::model::text::shown;
use crate::model::time::{Timestamp, span};
use crate::ops::task::{Blocker, Listed, Row, Shown};

use super::page::{Ink, Page};
use super::text::{list, of_granted, until};

pub(super) fn of_told(page: &Page, told: &Told) -> String {
    let mut text = String::new();
    let verb = match told.did {
        Did::Added => "added",
        Did::Found => "there already:",
        Did::Claimed => "claimed",
        Did::Started => "started",
        Did::Done => "done:",
        Did::Failed => "failed:",
        Did::Cancelled => "cancelled",
        Did::Released => "released",
        Did::Reopened => "open again:",
        Did::Edited => "edited",
        Did::Commented => "remarked on",
        Did::AskedBack => "asked back",
        Did::Died => "dead:",
    };
    for task in &told.tasks {
        let id = page.ink(Ink::Key, task.id.as_str());
        let title = shown(task.title.as_str());
        text.push_str(&format!("{verb} {id}  {}  {title}\n", task.priority));
        if told.did == Did::Claimed {
            text.push_str(&to_begin_with(task));
        }
    }
    text.extend(told.locks.iter().map(|lock| of_granted(page, lock)));
    if !told.released.is_empty() {
        text.push_str(&format!("unlocked {}\n", list(&told.released)));
    }
    let is_ready = |id: &&Id| told.ready.contains(id);
    let (ready, over): (Vec<&Id>, Vec<&Id>) = told.also.iter().partition(is_ready);
    for (what, tasks) in [("ready now", ready), ("over as well", over)] {
        if !tasks.is_empty() {
            text.push_str(&format!("{what}: {}\n", names(&tasks)));
        }
    }
    text
}

/// What somebody needs who begins with a task.
fn to_begin_with(task: &TaskRecord) -> String {
    let mut text = String::new();
    if let Some(body) = &task.body.body {
        text.push_str(&indented(body.as_str()));
    }
    if !task.keys.is_empty() {
        text.push_str(&format!("    changes {}\n", list(&task.keys)));
    }
    if let Some(deadline) = task.deadline {
        text.push_str(&format!("    due {}\n", due(deadline)));
    }
    text
}

fn names(ids: &[&Id]) -> String {
    /// More would hide the rest; the JSON has them all.
    const SHOWN_MAX: usize = 10;
    let mut names: Vec<&str> = ids.iter().take(SHOWN_MAX).map(|id| id.as_str()).collect();
    if ids.len() > SHOWN_MAX {
        names.push("…");
    }
    names.join(" ")
}

/// A text of others, line by line.
fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| format!("    {}\n", shown(line)));
    lines.collect()
}

fn due(deadline: Timestamp) -> String {
    match deadline.secs_since(env::now()) {
        left @ 0.. => format!("in {}", span(left.unsigned_abs())),
        over => format!("{} ago", span(over.unsigned_abs())),
    }
}

pub(super) fn of_listed(page: &Page, listed: &Listed) -> String {
    let mut text = String::new();
    if listed.tasks.is_empty() {
        text.push_str("no tasks\n");
    }
    text.extend(listed.tasks.iter().map(|row| of_row(page, row)));
    for damage in &listed.damaged {
        let word = page.ink(Ink::Bad, "damaged:");
        text.push_str(&format!("{word} {}\n", shown(damage)));
    }
    if listed.more {
        page.note("there are more: see `--limit`");
    }
    text
}

fn of_row(page: &Page, row: &Row) -> String {
    let id = page.ink(Ink::Key, row.id.as_str());
    let mut text = format!(
        "{id}  {} {:<9}  {}",
        row.priority,
        row.is.as_str(),
        shown(row.title.as_str())
    );
    if row.sort.as_str() != "task" {
        text.push_str(&format!("  [{}]", shown(row.sort.as_str())));
    }
    if let Some(by) = &row.held_by {
        text.push_str(&format!("  {by}"));
    }
    if let Some(end) = row.held_until {
        text.push_str(&format!(" {}", until(end)));
    }
    if let Some(assignee) = &row.assignee {
        text.push_str(&format!("  for {assignee}"));
    }
    if row.overdue {
        text.push_str(&format!("  {}", page.ink(Ink::Bad, "overdue")));
    }
    if !row.blocked_by.is_empty() {
        text.push_str(&format!("  waits for {}", of_blockers(&row.blocked_by)));
    }
    text.push('\n');
    text
}

fn of_blockers(blockers: &[Blocker]) -> String {
    /// More would hide the rest; the JSON has them all.
    const SHOWN_MAX: usize = 5;
    let mut parts: Vec<String> = blockers
        .iter()
        .take(SHOWN_MAX)
        .map(|on| {
            let circle = if on.circle { ", in a circle" } else { "" };
            let part = if on.part { "its part " } else { "" };
            format!("{part}{} ({}{circle})", on.id, on.is)
        })
        .collect();
    if blockers.len() > SHOWN_MAX {
        parts.push(format!("and {} more", blockers.len() - SHOWN_MAX));
    }
    parts.join(", ")
}

pub(super) fn of_shown(page: &Page, all: &Shown) -> String {
    let task = &all.task;
    let id = page.ink(Ink::Key, task.id.as_str());
    let overdue = if all.overdue { ", overdue" } else { "" };
    let mut text = format!(
        "{id}  {}  {}\n{}, {}{overdue}, attempt {} of {}\n",
        task.priority,
        shown(task.title.as_str()),
        shown(task.sort.as_str()),
        all.is.as_str(),
        task.attempts,
        task.attempts_max
    );
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("{name:<10} {value}\n"));
        }
    };
    let collected = all.collected.map(|commit| format!("by {}", commit.short()));
    line("collected", collected.unwrap_or_default());
    line(
        "added",
        format!("by {} at {}", task.added_by, task.added_at),
    );
    if let Some(claim) = &all.claim {
        let who = match claim.mine {
            true => "you".to_owned(),
            false => claim.by.to_string(),
        };
        let branch = claim.branch.as_ref().map(|branch| shown(branch.as_str()));
        let branch = branch.map(|branch| format!(", on branch `{branch}`"));
        let branch = branch.unwrap_or_default();
        line("claim", format!("{who}, {}{branch}", until(claim.until)));
    }
    if let Some(back) = task
        .claimed
        .as_ref()
        .and_then(|claimed| claimed.wanted_back.as_ref())
    {
        line("wanted", shown(back.as_str()));
    }
    let labels: Vec<String> = task
        .labels
        .iter()
        .map(|label| shown(label.as_str()))
        .collect();
    line("labels", labels.join(" "));
    line(
        "parent",
        task.parent.as_ref().map(Id::to_string).unwrap_or_default(),
    );
    let feature = task.feature.as_ref().map(Id::to_string);
    line("feature", feature.unwrap_or_default());
    line(
        "run",
        task.run
            .as_ref()
            .map(|run| shown(run.as_str()))
            .unwrap_or_default(),
    );
    line("keys", list(&task.keys));
    let only = task.assignee.as_ref().map(|only| format!("only {only}"));
    line("for", only.unwrap_or_default());
    let needs = task
        .requires
        .capabilities
        .iter()
        .map(|word| shown(word.as_str()));
    let trust = task.requires.trust.map(|trust| format!("trust {trust}"));
    line("needs", needs.chain(trust).collect::<Vec<_>>().join(" "));
    let deadline = task.deadline.map(|at| format!("{} ({at})", due(at)));
    line("due", deadline.unwrap_or_default());
    line("waits for", of_blockers(&all.blocked_by));
    line(
        "why",
        task.why
            .as_ref()
            .map(|why| shown(why.as_str()))
            .unwrap_or_default(),
    );
    let result = task
        .result
        .as_ref()
        .map(|result| shown(&result.to_string()));
    line("result", result.unwrap_or_default());
    for (title, others) in [
        ("Depends on", &all.dependencies),
        ("Waiting for it", &all.dependants),
        ("Parts", &all.parts),
    ] {
        if !others.is_empty() {
            text.push_str(&format!("\n{title}:\n"));
        }
        for other in others {
            let title = other.title.as_ref().map(|title| shown(title.as_str()));
            let result = other
                .result
                .as_ref()
                .map(|result| shown(&result.to_string()));
            let result = result
                .map(|result| format!("  {result}"))
                .unwrap_or_default();
            let title = title.unwrap_or_default();
            text.push_str(&format!(
                "  {}  {:<9}  {title}{result}\n",
                other.id, other.is
            ));
        }
    }
    if let Some(body) = &task.body.body {
        text.push_str(&format!("\n{}", indented(body.as_str())));
    }
    for comment in &all.comments {
        let head = &comment.head;
        text.push_str(&format!("\n{} at {}:\n", head.by, head.at));
        text.push_str(&indented(comment.text.as_str()));
    }
    for damage in &all.damaged {
        let word = page.ink(Ink::Bad, "damaged:");
        text.push_str(&format!("{word} {}\n", shown(damage)));
    }
    text
}
