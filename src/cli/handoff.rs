//! Handoffs as text.

use crate::model::handoff::{Did, HandoffRecord, Told, render};
use crate::model::text::{shell_word, shown};
use crate::model::time::span;
use crate::ops::handoff::{Listed, Shown};

use super::page::{Ink, Page};
use super::text::of_granted;

pub(super) fn of_told(page: &Page, told: &Told) -> String {
    let Told {
        did,
        handoff,
        locks,
        gone,
        tasks,
    } = told;
    let id = page.ink(Ink::Key, handoff.id.as_str());
    if *did == Did::Written {
        return match handoff.locks.len() {
            0 => format!("handoff {id} written\n"),
            count => format!("handoff {id} written; it offers {count} locks\n"),
        };
    }
    let what = if *did == Did::Found {
        "was yours already"
    } else {
        "is yours"
    };
    let mut text = format!("handoff {id} from {} {what}\n", handoff.from);
    for id in tasks {
        text.push_str(&format!(
            "task {} is yours\n",
            page.ink(Ink::Key, id.as_str())
        ));
    }
    text.extend(locks.iter().map(|lock| of_granted(page, lock)));
    for key in gone {
        text.push_str(&format!(
            "no longer held by {}: {key}\n",
            handoff.from.agent
        ));
    }
    if let Some(branch) = &handoff.content.branch {
        let branch = shell_word(&shown(branch.as_str()));
        text.push_str(&format!("its branch: `git switch {branch}`\n"));
    }
    text
}

pub(super) fn of_one(page: &Page, one: &Shown) -> String {
    note_age(page, one.view_age_secs);
    let handoff = &one.handoff;
    let mut text = render(handoff);
    let mut lines = Vec::new();
    if !handoff.locks.is_empty() {
        let keys: Vec<String> = handoff.locks.iter().map(ToString::to_string).collect();
        lines.push(format!("offers {}", keys.join(", ")));
    }
    match (&handoff.accepted, one.collected) {
        (Some(accepted), _) => {
            lines.push(format!("accepted by {} at {}", accepted.by, accepted.at))
        }
        (None, Some(_)) => {}
        (None, None) => lines.push(format!(
            "take it over with `git coord handoff accept {}`",
            handoff.id
        )),
    }
    if let Some(commit) = one.collected {
        lines.push(format!("collected by {}", commit.short()));
    }
    text.push('\n');
    text.extend(lines.iter().map(|line| format!("{line}\n")));
    text
}

pub(super) fn of_all(page: &Page, listed: &Listed) -> String {
    note_age(page, listed.view_age_secs);
    let mut text = String::new();
    if listed.handoffs.is_empty() {
        text.push_str("no handoffs\n");
    }
    text.extend(listed.handoffs.iter().map(|one| line(page, one)));
    for damage in &listed.damaged {
        let word = page.ink(Ink::Bad, "damaged:");
        text.push_str(&format!("{word} {}\n", shown(damage)));
    }
    if listed.more {
        page.note("there is more: see `--count`");
    }
    text
}

fn line(page: &Page, handoff: &HandoffRecord) -> String {
    let id = page.ink(Ink::Key, handoff.id.as_str());
    let about = [
        handoff.content.task.as_ref().map(|id| format!("task {id}")),
        handoff
            .content
            .branch
            .as_ref()
            .map(|name| format!("on {}", shown(name.as_str()))),
        handoff.content.to.as_ref().map(|to| format!("for {to}")),
        handoff
            .accepted
            .as_ref()
            .map(|accepted| format!("accepted by {}", accepted.by.agent)),
    ];
    let about: Vec<String> = about.into_iter().flatten().collect();
    let about = if about.is_empty() {
        String::new()
    } else {
        format!(" ({})", about.join(", "))
    };
    format!(
        "{id}  {}  {}{about}: {}\n",
        handoff.written_at,
        handoff.from.agent,
        shown(handoff.content.title())
    )
}

pub(super) fn note_age(page: &Page, age_secs: Option<u64>) {
    if let Some(age) = age_secs.filter(|age| *age >= 60) {
        page.note(&format!("as of {} ago: see `git coord sync`", span(age)));
    }
}
