//! Agents and sessions as text.

use crate::env;
use crate::model::agent::{Did, Doing, Life, Point, Told};
use crate::model::id::Actor;
use crate::model::text::{Long, Text, shown};
use crate::model::time::{Timestamp, span};
use crate::ops::agent::{Found, Listed, Seen, Shown};

use super::page::{Ink, Page};
use super::text::{list, of_granted};

pub(super) fn of_told(page: &Page, told: &Told) -> String {
    let who = told.who.as_ref().map(name).unwrap_or_default();
    let mut text = match told.did {
        Did::Registered => format!("{who} is registered\n"),
        Did::Seen => format!("{who} is here\n"),
        Did::Changed => format!("{who}{}\n", said(told)),
        Did::Unregistered => format!("{who} has left\n"),
        Did::Kicked => format!("{who} was ended\n"),
        Did::Trusted => "the trust is set\n".to_owned(),
        Did::Saved => format!("kept a checkpoint of {who}\n"),
        Did::Restored => format!("going on from the checkpoint of {who}\n"),
    };
    if told.did == Did::Restored {
        text.push_str(
            &told
                .point
                .iter()
                .map(|p| of_point(page, p))
                .collect::<String>(),
        );
    }
    text.extend(told.locks.iter().map(|lock| of_granted(page, lock)));
    if !told.released.is_empty() {
        text.push_str(&format!("unlocked {}\n", list(&told.released)));
    }
    if !told.left.is_empty() {
        text.push_str(&format!("left to those who wait: {}\n", list(&told.left)));
    }
    for actor in &told.next {
        text.push_str(&format!("next: {actor}\n"));
    }
    text
}

fn said(told: &Told) -> String {
    let Some(session) = &told.session else {
        return String::new();
    };
    let task = session
        .task
        .as_ref()
        .map(|task| format!(", on task {task}"));
    format!(" is {}{}", session.doing.as_str(), task.unwrap_or_default())
}

pub(super) fn of_list(page: &Page, listed: &Listed) -> String {
    let mut text: String = listed
        .sessions
        .iter()
        .map(|seen| of_seen(page, seen))
        .collect();
    if listed.sessions.is_empty() {
        text.push_str("nobody\n");
    }
    if listed.gone > 0 {
        text.push_str(&format!(
            "and {} gone: git coord agent list --all\n",
            listed.gone
        ));
    }
    for damage in &listed.damaged {
        text.push_str(&format!(
            "{} {}\n",
            page.ink(Ink::Bad, "damaged:"),
            shown(damage)
        ));
    }
    text
}

/// One line for a session.
pub(super) fn of_seen(page: &Page, seen: &Seen) -> String {
    let session = &seen.session;
    let mut text = page.ink(Ink::Key, &name(&seen.who));
    if seen.mine {
        text.push_str(&format!("  {}", page.ink(Ink::Good, "you")));
    }
    let life = match seen.life {
        Life::Alive if session.doing == Doing::Busy => "busy",
        other => other.as_str(),
    };
    let ink = match seen.life {
        Life::Alive => Ink::Good,
        Life::Idle => Ink::Faint,
        Life::Stale | Life::Gone => Ink::Bad,
    };
    text.push_str(&format!(
        "  {}, seen {}",
        page.ink(ink, life),
        ago(seen.seen)
    ));
    let task = seen.claims.first().or(session.task.as_ref());
    if let Some(task) = task {
        text.push_str(&format!(", on task {task}"));
    }
    if let Some(branch) = &session.place.branch {
        text.push_str(&format!(", branch {}", shown(branch.as_str())));
    }
    if !session.capabilities.is_empty() {
        let words = session.capabilities.iter().map(|word| shown(word.as_str()));
        text.push_str(&format!(", can {}", words.collect::<Vec<_>>().join(" ")));
    }
    match seen.locks {
        0 => {}
        1 => text.push_str(", holds 1 lock"),
        many => text.push_str(&format!(", holds {many} locks")),
    }
    text.push('\n');
    text
}

pub(super) fn of_one(page: &Page, one: &Shown) -> String {
    let mut text = format!(
        "{}, trust {}\n",
        page.ink(Ink::Key, one.agent.as_str()),
        one.trust
    );
    for seen in &one.sessions {
        let session = &seen.session;
        text.push_str(&format!("\n{}", of_seen(page, seen)));
        let mut field = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                text.push_str(&format!("  {name:<9} {value}\n"));
            }
        };
        let plain = |text: &Option<Text>| text.as_ref().map(|text| shown(text.as_str()));
        let place = &session.place;
        field(
            "type",
            place.agent_type.as_ref().map(|word| shown(word.as_str())),
        );
        field("model", plain(&session.model));
        field("host", plain(&place.host));
        field("worktree", plain(&place.worktree));
        field("since", Some(session.since.to_string()));
        field(
            "files",
            (!session.files.is_empty()).then(|| list(&session.files)),
        );
        field("plan", plain(&session.plan));
        for doubt in &session.unsure {
            field("unsure", Some(shown(doubt.as_str())));
        }
    }
    for left in &one.checkpoints {
        text.push_str(&format!("\ncheckpoint of {}:\n", name(&left.of)));
        text.push_str(&of_point(page, &left.point));
        if let Some(taken) = &left.taken {
            text.push_str(&format!(
                "  {} went on from it at {}\n",
                name(&taken.by),
                taken.at
            ));
        }
    }
    text
}

pub(super) fn of_checkpoint(page: &Page, found: &Found) -> String {
    let life = match found.life {
        Some(life) => life.as_str(),
        None => "not here any more",
    };
    let mut text = format!(
        "checkpoint of {}, which is {life}:\n",
        page.ink(Ink::Key, &name(&found.of))
    );
    text.push_str(&of_point(page, &found.point));
    match (&found.taken, found.earlier.len()) {
        (Some(taken), _) => text.push_str(&format!(
            "{} went on from it at {}\n",
            name(&taken.by),
            taken.at
        )),
        (None, _) => text.push_str(&format!(
            "\ngit coord agent restore --take {}   go on from it\n",
            name(&found.of)
        )),
    }
    text
}

fn of_point(_: &Page, point: &Point) -> String {
    let mut text = format!("  at        {} ({})\n", point.at, ago(point.at));
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!("  {name:<9} {value}\n"));
        }
    };
    field("task", point.task.as_ref().map(ToString::to_string));
    field(
        "branch",
        point.branch.as_ref().map(|text| shown(text.as_str())),
    );
    field(
        "files",
        (!point.files.is_empty()).then(|| list(&point.files)),
    );
    for step in &point.next {
        field("next", Some(shown(step.as_str())));
    }
    if let Some(notes) = &point.notes {
        text.push_str(&quoted(notes));
    }
    text
}

/// A text of somebody else, line by line behind a mark that nobody takes for the program's own words.
pub(super) fn quoted(text: &Long) -> String {
    let lines = text.as_str().lines();
    lines.map(|line| format!("  > {}\n", shown(line))).collect()
}

/// As it is typed: `alice/s1`.
pub(super) fn name(actor: &Actor) -> String {
    format!("{}/{}", actor.agent, actor.session)
}

/// `5m ago`, as seen from now.
pub(super) fn ago(then: Timestamp) -> String {
    let secs = u64::try_from(env::now().secs_since(then)).unwrap_or(0);
    format!("{} ago", span(secs))
}
