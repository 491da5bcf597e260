//! Ids and names of what there is: tasks, features, queue entries, handoffs, memories, values.

use std::ffi::OsStr;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use crate::model::feature::FeatureRecord;
use crate::model::id::Id;
use crate::ops::task::{List, Listed, Row, Standing, Task, What};
use crate::ops::{Answer, Context, Operation, feature, forget, handoff, queue, state};

use super::{CANDIDATES_MAX, offer, with_context};

/// What completes an argument, told by the words of its command and what it is called.
pub(super) fn of(path: &[String], arg: &str) -> Option<ArgValueCompleter> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let found: fn(&OsStr) -> Vec<CompletionCandidate> = match (path.as_slice(), arg) {
        (_, "task" | "parent" | "depends_on" | "independent_of" | "reviews" | "epic") => open_tasks,
        (["task", "next"], "preempt") => open_tasks,
        // The name of a new one.
        (["task", "add"], "id") => return None,
        (["task", "start" | "done" | "fail" | "release"], "id") => own_tasks,
        (["task", "claim"], "id") => ready_tasks,
        (["task", "retry"], "id") => lost_tasks,
        (["task", "show" | "comment" | "wait"], "id" | "ids") => all_tasks,
        (["task", _], "id" | "ids") => open_tasks,
        // Of a new one, too.
        (["feature", "register"] | ["queue", "add"], "id") => return None,
        (["feature", "show"], "id") => all_features,
        (["feature", _], "id" | "after") | (_, "feature") => open_features,
        (["queue", _], "id" | "after") => entries,
        (["handoff", _], "id") => handoffs,
        (["forget"], "ids") => memories,
        (["state", _], "name") => values,
        _ => return None,
    };
    Some(ArgValueCompleter::new(found))
}

fn open_tasks(typed: &OsStr) -> Vec<CompletionCandidate> {
    tasks(typed, &[List::default()], |_| true)
}

fn own_tasks(typed: &OsStr) -> Vec<CompletionCandidate> {
    let mine = List {
        mine: true,
        ..List::default()
    };
    let is_had = |row: &Row| matches!(row.is, Standing::Claimed | Standing::Running);
    tasks(typed, &[mine], is_had)
}

fn ready_tasks(typed: &OsStr) -> Vec<CompletionCandidate> {
    tasks(typed, &[List::default()], |row| row.is == Standing::Ready)
}

fn lost_tasks(typed: &OsStr) -> Vec<CompletionCandidate> {
    tasks(typed, &[ended()], |row| row.is != Standing::Done)
}

fn all_tasks(typed: &OsStr) -> Vec<CompletionCandidate> {
    tasks(typed, &[List::default(), ended()], |_| true)
}

fn ended() -> List {
    List {
        ended: true,
        ..List::default()
    }
}

fn tasks(typed: &OsStr, lists: &[List], wanted: impl Fn(&Row) -> bool) -> Vec<CompletionCandidate> {
    let look = |context: &Context<'_>| -> Vec<Row> {
        let rows = lists.iter().flat_map(|list| {
            let list = List {
                limit: Some(CANDIDATES_MAX),
                ..list.clone()
            };
            let what = What::List(list);
            match Operation::Task(Box::new(Task { what })).run(context) {
                Ok(Answer::Tasks(Listed { tasks, .. })) => tasks,
                _ => Vec::new(),
            }
        });
        rows.collect()
    };
    let rows = with_context(look).unwrap_or_default();
    let about = |row: &Row| {
        let about = format!("{}: {}", row.is.as_str(), row.title.as_str());
        (row.id.to_string(), about)
    };
    offer(
        typed,
        rows.iter().filter(|row| wanted(row)).map(about).collect(),
    )
}

fn open_features(typed: &OsStr) -> Vec<CompletionCandidate> {
    features(typed, false)
}

fn all_features(typed: &OsStr) -> Vec<CompletionCandidate> {
    features(typed, true)
}

fn features(typed: &OsStr, all: bool) -> Vec<CompletionCandidate> {
    let list = Operation::Feature(Box::new(feature::Feature {
        what: feature::What::List(feature::List {
            all,
            limit: Some(CANDIDATES_MAX),
            ..feature::List::default()
        }),
    }));
    let found = with_context(|context| match list.run(context) {
        Ok(Answer::Features(listed)) => listed.features,
        _ => Vec::new(),
    });
    let about = |one: &FeatureRecord| {
        let title = one.title.as_ref().map_or("", |title| title.as_str());
        let about = format!("{} of {} {title}", one.status.as_str(), one.owner.agent);
        (one.id.to_string(), about)
    };
    let found = found.unwrap_or_default();
    offer(typed, found.iter().map(about).collect())
}

/// Without how they stand, for which branches would have to be merged.
fn entries(typed: &OsStr) -> Vec<CompletionCandidate> {
    let all = with_context(|context| queue::titles(context).ok()).flatten();
    let about = |(id, title): (Id, String)| (id.to_string(), title);
    let all = all.unwrap_or_default();
    offer(typed, all.into_iter().map(about).collect())
}

fn handoffs(typed: &OsStr) -> Vec<CompletionCandidate> {
    let all = with_context(|context| handoff::titles(context).ok()).flatten();
    let about = |(id, title): (Id, String)| (id.to_string(), title);
    offer(
        typed,
        all.unwrap_or_default().into_iter().map(about).collect(),
    )
}

fn memories(typed: &OsStr) -> Vec<CompletionCandidate> {
    let begin = typed.to_string_lossy();
    let all = with_context(|context| forget::titles(context, &begin, CANDIDATES_MAX).ok());
    let about = |(id, title): (Id, String)| (id.to_string(), title);
    let all = all.flatten().unwrap_or_default();
    offer(typed, all.into_iter().map(about).collect())
}

fn values(typed: &OsStr) -> Vec<CompletionCandidate> {
    let list = Operation::State(state::State {
        what: state::What::List {
            prefix: typed.to_string_lossy().into_owned(),
        },
    });
    let found = with_context(|context| match list.run(context) {
        Ok(Answer::Values(listed)) => listed.values,
        _ => Vec::new(),
    });
    let about = |one: &state::Shown| {
        let value = one.value.as_ref().map(ToString::to_string);
        (one.name.to_string(), value.unwrap_or_default())
    };
    let found = found.unwrap_or_default();
    offer(typed, found.iter().map(about).collect())
}
