//! The page for people who look at the repository in a browser: Markdown, made of the state alone,
//! so that the same state always gives the same page.

use crate::domain::State;
use crate::domain::locks;
use crate::model::feature::{FEATURES, FeatureRecord};
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::markdown::cell;
use crate::model::queue::{EntryRecord, QUEUE};
use crate::model::record::{self, Record};
use crate::model::relay::{ANSWERS, AnsweredRecord, Outcome, TURNED_DOWN, TurnedDownRecord};
use crate::model::task::{OPEN, TaskRecord};

/// Most rows of a table.
const ROWS_MAX: usize = 200;
/// Most requests that are listed, the newest ones.
const REQUESTS_MAX: usize = 30;

pub(super) fn of(state: &dyn State) -> String {
    let mut page = String::from(
        "# Who is doing what\n\n\
         This page is written by `git coord relay` from the state of the repository. Editing it \
         changes nothing: the same commands as everywhere do, such as `git coord lock`.\n",
    );
    let mut damaged = 0;
    held(state, &mut page, &mut damaged);
    let mut tasks: Vec<TaskRecord> = read(state, OPEN, &mut damaged);
    tasks.sort_by(|a, b| (a.priority, &a.id).cmp(&(b.priority, &b.id)));
    let rows = tasks.iter().map(|task| {
        let claimed = task.claimed.as_ref().map(|claimed| claimed.by.to_string());
        vec![
            task.id.to_string(),
            task.title.as_str().to_owned(),
            task.priority.get().to_string(),
            word(&task.stage),
            claimed.unwrap_or_default(),
        ]
    });
    let head = ["task", "title", "priority", "is", "claimed by"];
    table(&mut page, "Tasks", &head, rows);
    let mut features: Vec<FeatureRecord> = read(state, FEATURES, &mut damaged);
    features.retain(|feature| !feature.status.is_over());
    let rows = features.iter().map(|feature| {
        let text = |text: &Option<crate::model::text::Text>| {
            text.as_ref()
                .map(|text| text.as_str().to_owned())
                .unwrap_or_default()
        };
        vec![
            feature.id.to_string(),
            text(&feature.title),
            text(&feature.branch),
            feature.owner.agent.to_string(),
            keys(feature.claims.iter()),
        ]
    });
    let head = ["feature", "title", "branch", "owner", "claims"];
    table(&mut page, "Features", &head, rows);
    let mut entries: Vec<EntryRecord> = read(state, QUEUE, &mut damaged);
    entries.retain(|entry| !entry.stage.is_over());
    entries.sort_by_key(|entry| entry.since);
    let rows = entries.iter().map(|entry| {
        let branch = entry
            .branch
            .as_ref()
            .map(|branch| branch.as_str().to_owned());
        vec![
            entry.id.to_string(),
            entry.title.as_str().to_owned(),
            branch.unwrap_or_default(),
            entry.target.as_str().to_owned(),
            entry.submitter.agent.to_string(),
        ]
    });
    let head = ["entry", "title", "branch", "lands on", "submitter"];
    table(&mut page, "Merge queue", &head, rows);
    requests(state, &mut page, &mut damaged);
    if damaged > 0 {
        page.push_str(&format!(
            "\n{damaged} records cannot be read: `git coord doctor` names them.\n"
        ));
    }
    page
}

fn held(state: &dyn State, page: &mut String, damaged: &mut usize) {
    let (locks, unread) = locks::all(state).unwrap_or_default();
    *damaged += unread.len();
    let rows = locks.iter().flat_map(|lock| {
        lock.holds.iter().map(|hold| {
            let reason = hold.reason.as_ref().map(|why| why.as_str().to_owned());
            vec![
                lock.key.to_string(),
                hold.actor().to_string(),
                match lock.mode {
                    Mode::Shared => "shared".into(),
                    Mode::Exclusive => String::new(),
                },
                hold.since.to_string(),
                hold.until().to_string(),
                reason.unwrap_or_default(),
            ]
        })
    });
    let head = ["key", "held by", "mode", "since", "until", "why"];
    table(page, "Locks", &head, rows);
}

/// The newest answers, and what was turned down: what an agent without rights has to know.
fn requests(state: &dyn State, page: &mut String, damaged: &mut usize) {
    let mut answers: Vec<AnsweredRecord> = read(state, ANSWERS, damaged);
    answers.sort_by_key(|answer| std::cmp::Reverse(answer.head.rev));
    let rows = answers.iter().take(REQUESTS_MAX).map(|answer| {
        vec![
            answer.id.to_string(),
            answer.head.by.to_string(),
            answer.what.as_str().to_owned(),
            answer.head.at.to_string(),
            match &answer.result {
                Outcome::Granted { .. } => "granted".into(),
                Outcome::Refused { refusal } => format!("refused: {refusal}"),
                Outcome::Cancelled {} => "taken back".into(),
            },
        ]
    });
    let head = ["request", "asked by", "what", "answered", "answer"];
    table(page, "Requests", &head, rows);
    let mut down: Vec<TurnedDownRecord> = read(state, TURNED_DOWN, damaged);
    down.sort_by_key(|down| std::cmp::Reverse(down.head.rev));
    if down.is_empty() {
        return;
    }
    let rows = down.iter().take(REQUESTS_MAX).map(|down| {
        vec![
            down.commit.short(),
            down.branch.as_str().to_owned(),
            down.why.as_str().to_owned(),
        ]
    });
    table(page, "Turned down", &["commit", "branch", "why"], rows);
}

/// All records below a directory that can be read.
fn read<T: Record>(state: &dyn State, dir: &str, damaged: &mut usize) -> Vec<T> {
    let Ok(found) = state.under(dir) else {
        *damaged += 1;
        return Vec::new();
    };
    let mut records = Vec::new();
    for (place, bytes) in found {
        match bytes.and_then(|bytes| record::parse(&place, &bytes)) {
            Ok(record) => records.push(record),
            Err(_) => *damaged += 1,
        }
    }
    records
}

fn table(page: &mut String, title: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    page.push_str(&format!("\n## {title}\n\n"));
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() {
        page.push_str("None.\n");
        return;
    }
    page.push_str(&format!(
        "| {} |\n|{}\n",
        head.join(" | "),
        "---|".repeat(head.len())
    ));
    for row in rows.iter().take(ROWS_MAX) {
        let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
        page.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    if rows.len() > ROWS_MAX {
        page.push_str(&format!("\nAnd {} more.\n", rows.len() - ROWS_MAX));
    }
}

fn keys<'k>(keys: impl Iterator<Item = &'k Key>) -> String {
    let keys: Vec<String> = keys.map(ToString::to_string).collect();
    keys.join(", ")
}

/// A variant's name, as in JSON.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
