//! The screen of `git coord` and `git coord status`.

use crate::model::text::{Text, shown};
use crate::model::time::span;
use crate::ops::agent::Seen;
use crate::ops::locks::Held;
use crate::ops::status::{Overview, Own, OwnFeature};

use super::agent::{name, of_seen};
use super::msg;
use super::page::{Ink, Page};
use super::text::of_held;

/// Most locks of others on the screen; `locks` has them all.
const OTHERS_MAX: usize = 15;
/// Most sessions on the screen, and most in line.
const HERE_MAX: usize = 15;
const WAITING_MAX: usize = 10;
/// Most features of one's own on the screen.
const FEATURES_MAX: usize = 10;

pub(super) fn of(page: &Page, all: &Overview, is_bare: bool) -> String {
    let mut text = format!("{}, {}", all.me, authority(all));
    text.push('\n');
    // Claims are shown with their tasks.
    let is_plain = |held: &&Held| held.key.claimed_task().is_none();
    let mine: Vec<&Held> = all.mine.iter().filter(is_plain).collect();
    section(&mut text, "You hold", &mine, |held| {
        of_held(page, held, false)
    });
    if let Some(tasks) = &all.tasks {
        section(&mut text, "Your tasks", &tasks.mine, |own| {
            of_task(page, own)
        });
    }
    if let Some(features) = &all.features {
        let all = "feature list --mine";
        some(
            &mut text,
            "Your features",
            &features.mine,
            FEATURES_MAX,
            all,
            |own| of_feature(page, own),
        );
    }
    if all.inbox.unread > 0 {
        text.push_str(&format!(
            "\nInbox: {} unread: git coord msg read\n",
            all.inbox.unread
        ));
        for message in &all.inbox.first {
            text.push_str(&format!("  {}\n", msg::head(page, message)));
            text.push_str(&format!("  {}", msg::first_line(message)));
        }
    }
    let here: Vec<&Seen> = all.here.iter().filter(|seen| !seen.mine).collect();
    some(&mut text, "Here", &here, HERE_MAX, "agent list", |seen| {
        of_seen(page, seen)
    });
    let others: Vec<&Held> = all.others.iter().filter(is_plain).collect();
    some(
        &mut text,
        "Others hold",
        &others,
        OTHERS_MAX,
        "locks",
        |held| of_held(page, held, true),
    );
    if let Some(tasks) = &all.tasks {
        text.push_str(&format!(
            "\nTasks: {} open, {} claimed, {} running, {} over\n",
            tasks.open, tasks.claimed, tasks.running, tasks.ended
        ));
    }
    if let Some(features) = &all.features {
        let paused: Vec<&str> = features.paused.iter().map(|id| id.as_str()).collect();
        let paused = match paused.as_slice() {
            [] => String::new(),
            some => format!("; paused: {}", some.join(", ")),
        };
        text.push_str(&format!(
            "\nFeatures: {} active, {} queued{paused}\n",
            features.active, features.queued
        ));
    }
    if let Some(queue) = all.queue {
        let paused = match queue.paused {
            0 => "",
            _ => "; the line is paused",
        };
        let see = page.ink(Ink::Faint, "git coord queue why");
        text.push_str(&format!(
            "\nMerge queue: {} waiting{paused}; see {see}\n",
            queue.waiting
        ));
    }
    some(
        &mut text,
        "In line",
        &all.waiting,
        WAITING_MAX,
        "status --json",
        |waiter| {
            let keys: Vec<String> = waiter.keys.iter().map(ToString::to_string).collect();
            let behind: Vec<String> = waiter
                .behind
                .iter()
                .map(|behind| format!("{} ({})", behind.held, name(&behind.by)))
                .collect();
            let behind = match behind.as_slice() {
                [] => String::new(),
                some => format!(", behind {}", some.join(", ")),
            };
            format!("{} for {}{behind}\n", waiter.by, keys.join(", "))
        },
    );
    section(&mut text, "Damaged", &all.damaged, |damage| {
        format!("{}\n", page.ink(Ink::Bad, &shown(damage)))
    });
    if all.mine.is_empty() && all.others.is_empty() {
        text.push_str("Nobody holds anything.\n");
    }
    if is_bare {
        text.push_str(&format!("\n{}\n", next(all)));
    }
    text
}

fn authority(all: &Overview) -> String {
    match (all.authority.as_str(), all.view_age_secs) {
        ("local", _) => "locks are shared by the worktrees of this clone".into(),
        (remote, Some(age)) => {
            format!(
                "locks are shared through `{}`, seen {} ago",
                shown(remote),
                span(age)
            )
        }
        (remote, None) => format!("locks are shared through `{}`, not yet seen", shown(remote)),
    }
}

/// A section of at most so many lines, with the command that shows them all.
fn some<T>(
    text: &mut String,
    title: &str,
    items: &[T],
    most: usize,
    command: &str,
    line: impl Fn(&T) -> String,
) {
    section(text, title, &items[..items.len().min(most)], line);
    if items.len() > most {
        let more = items.len() - most;
        text.push_str(&format!("  and {more} more: git coord {command}\n"));
    }
}

fn of_task(page: &Page, own: &Own) -> String {
    let id = page.ink(Ink::Key, own.id.as_str());
    let title = shown(own.title.as_str());
    format!("{id}  {} {}  {title}\n", own.priority, own.stage.as_str())
}

fn of_feature(page: &Page, own: &OwnFeature) -> String {
    let id = page.ink(Ink::Key, own.id.as_str());
    let said = |text: &Option<Text>| text.as_ref().map(|text| shown(text.as_str()));
    let branch = said(&own.branch).map(|branch| format!("  on `{branch}`"));
    let title = said(&own.title).map(|title| format!("  {title}"));
    format!(
        "{id}  {}{}{}\n",
        own.status.as_str(),
        branch.unwrap_or_default(),
        title.unwrap_or_default()
    )
}

fn section<T>(text: &mut String, title: &str, items: &[T], line: impl Fn(&T) -> String) {
    if items.is_empty() {
        return;
    }
    text.push_str(&format!("\n{title}:\n"));
    for item in items {
        text.push_str(&format!("  {}", line(item)));
    }
}

/// What a person would want to do now.
fn next(all: &Overview) -> &'static str {
    if !all.mine.is_empty() {
        return "git coord unlock --all   give back what you hold\n\
                git coord push           land your commits while your locks hold\n\
                git coord log            who did what";
    }
    if all.authority == "local" {
        return "git coord lock src/auth.rs       lock a file before you change it\n\
                git coord init --remote origin   share locks with every clone\n\
                git coord help                   all commands";
    }
    "git coord lock src/auth.rs   lock a file before you change it\n\
     git coord check src/         ask whether it is free\n\
     git coord help               all commands"
}
