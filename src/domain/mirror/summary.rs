//! The one comment of a thread.
//!
//! It changes only with what people and agents do: of a lease it says since when and for how long at a
//! time, not until when, which every renewal would move.

use crate::model::lock::Mode;
use crate::model::queue::Entry;
use crate::model::task::Task;
use crate::model::time::span;

use super::facts::{Facts, Held};
use super::markdown::code;
use super::wanted::{Own, is_ours, standing};

/// What every comment of ours begins with. Nobody sees it; by it and by its author it is found again.
pub const MARKER: &str = "<!-- git-coord -->";
/// Most rows of a table.
const ROWS_MAX: usize = 100;
/// Most answers that are shown, the newest ones.
const TOLD_MAX: usize = 20;

pub(super) fn of(facts: &Facts, own: &Own<'_>, told: &[String]) -> String {
    let mut text = format!("{MARKER}\n### Coordination\n");
    if let Some(task) = own.task {
        of_task(&mut text, task);
    }
    if let Some(entry) = own.entry {
        of_entry(&mut text, facts, entry);
    }
    let (claims, locks): (Vec<&Held>, Vec<&Held>) = own
        .held
        .iter()
        .filter(|held| !is_itself(held, own))
        .partition(|held| held.key.claimed_task().is_some());
    if !claims.is_empty() {
        let rows = claims.iter().filter_map(|held| {
            let id = held.key.claimed_task()?;
            Some(vec![
                code(id.as_str()),
                held.title.as_deref().map(code).unwrap_or_default(),
                code(&held.hold.actor().to_string()),
                held.hold.since.to_string(),
            ])
        });
        table(
            &mut text,
            "Tasks",
            &["task", "title", "claimed by", "since"],
            rows,
        );
    }
    let locks: Vec<&&Held> = locks.iter().filter(|held| !is_ours(&held.key)).collect();
    if !locks.is_empty() {
        let rows = locks.iter().map(|held| row(held));
        table(
            &mut text,
            "Locks",
            &["key", "held by", "since", "lease", "why"],
            rows,
        );
    }
    if !own.features.is_empty() {
        let rows = own.features.iter().map(|feature| {
            let claims: Vec<String> = feature
                .claims
                .iter()
                .take(20)
                .map(|key| code(&key.to_string()))
                .collect();
            let more = match feature.claims.len() {
                0..=20 => String::new(),
                all => format!(" and {} more", all - 20),
            };
            vec![
                code(feature.id.as_str()),
                code(&feature.owner.to_string()),
                format!("{}{more}", claims.join(" ")),
            ]
        });
        table(
            &mut text,
            "Announced",
            &["feature", "owner", "will change"],
            rows,
        );
    }
    let is_empty =
        own.task.is_none() && own.entry.is_none() && own.held.is_empty() && own.features.is_empty();
    if is_empty {
        text.push_str("\nNothing is held, claimed or queued for this.\n");
    }
    if !told.is_empty() {
        text.push_str("\n**Asked here**\n\n");
        for line in told.iter().rev().take(TOLD_MAX).rev() {
            text.push_str(&format!("- {line}\n"));
        }
    }
    text.push_str("\n<sub>Written by `git coord github sync`, and edited as things change.</sub>");
    text
}

/// Whether a hold is the claim of the very task that the thread is.
fn is_itself(held: &Held, own: &Own<'_>) -> bool {
    let id = held.key.claimed_task();
    own.task.is_some_and(|task| id.as_ref() == Some(&task.id))
}

fn of_task(text: &mut String, task: &Task) {
    text.push_str(&format!(
        "\nTask {}: **{}**, priority {}",
        code(task.id.as_str()),
        standing(task),
        task.priority.get()
    ));
    if let Some(claimed) = &task.claimed {
        text.push_str(&format!(
            ", by {} since {}",
            code(&claimed.by.to_string()),
            claimed.at
        ));
    }
    let unmet: Vec<String> = task
        .depends
        .difference(&task.met)
        .take(20)
        .map(|id| code(id.as_str()))
        .collect();
    if !unmet.is_empty() {
        text.push_str(&format!(", waits for {}", unmet.join(" ")));
    }
    if let Some(why) = &task.why {
        text.push_str(&format!(": {}", code(why.as_str())));
    }
    text.push('\n');
}

fn of_entry(text: &mut String, facts: &Facts, entry: &Entry) {
    text.push_str(&format!(
        "\nMerge queue: **{}**, {} onto {} at {}, by {}",
        entry.stage.as_str(),
        code(entry.id.as_str()),
        code(entry.target.as_str()),
        code(&entry.sealed.short()),
        code(&entry.submitter.to_string()),
    ));
    let why = facts.whys.get(&(entry.target.clone(), entry.id.clone()));
    match (why, &entry.why) {
        (Some(why), _) => text.push_str(&format!(": {}", code(&why.because))),
        (None, Some(why)) => text.push_str(&format!(": {}", code(why.as_str()))),
        (None, None) => {}
    }
    text.push('\n');
}

fn row(held: &Held) -> Vec<String> {
    let shared = if held.mode == Mode::Shared {
        ", shared"
    } else {
        ""
    };
    let why = held.hold.reason.as_ref();
    vec![
        code(&held.key.to_string()),
        code(&held.hold.actor().to_string()),
        held.hold.since.to_string(),
        format!("{}{shared}", span(held.hold.ttl_secs.secs())),
        why.map(|why| code(why.as_str())).unwrap_or_default(),
    ]
}

fn table(text: &mut String, title: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    text.push_str(&format!(
        "\n**{title}**\n\n| {} |\n|{}\n",
        head.join(" | "),
        "---|".repeat(head.len())
    ));
    let rows: Vec<Vec<String>> = rows.collect();
    for row in rows.iter().take(ROWS_MAX) {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    if rows.len() > ROWS_MAX {
        text.push_str(&format!("\nAnd {} more.\n", rows.len() - ROWS_MAX));
    }
}
