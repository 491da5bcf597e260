//! What `init` did, line by line.

use crate::coord::{Collision, Joined, Wrote};
use crate::model::text::shown;
use crate::ops::init::{Change, From, SetUp};

use super::hooks;
use super::page::{Ink, Page};
use super::wired;

pub(super) fn of(page: &Page, done: &SetUp) -> String {
    let mut lines = Vec::new();
    if let (Some(state), Some(remote)) = (&done.state, &done.remote) {
        lines.extend(of_state(page, state, &shown(remote)));
    }
    lines.extend(done.config.iter().map(of_change));
    if let Some(listed) = &done.hooks {
        lines.extend(hooks::changes(page, listed));
        let is_missing = listed.hooks.iter().any(|hook| hook.by.is_none());
        if done.dry_run && !done.uninstall && is_missing && listed.snippet.is_none() {
            lines.push("hooks: install those of git-coord".into());
        }
    }
    let wired = done.wired.as_ref();
    if let Some(wired) = wired {
        let news = wired::lines(page, wired);
        lines.splice(0..0, news);
    }
    let is_quiet = wired.is_none_or(|wired| !wired::is_news(wired))
        && (lines.is_empty() || done.config.is_empty() && !is_news(done) && !hooks_change(done));
    for key in &done.ignored {
        page.note(&format!(
            "note: `{}` in .coordconfig is ignored; only git's own config may set it",
            shown(key)
        ));
    }
    if done.collides() {
        return lines.join("\n") + "\n";
    }
    if let Some(wired) = wired
        && done.config.is_empty()
        && !is_news(done)
    {
        // It was about agents alone.
        match (done.dry_run, is_quiet) {
            (true, false) => lines.insert(0, "this would be done:".into()),
            (_, true) => lines.push("nothing to do".into()),
            (false, false) => {}
        }
        lines.extend(wired::steps(page, wired));
        return lines.join("\n") + "\n";
    }
    let authority = match &done.remote {
        Some(remote) => format!("locks are shared through `{}`", shown(remote)),
        None => "locks are shared by the worktrees of this clone".into(),
    };
    let from = match done.remote_from {
        From::Team | From::Config if !done.uninstall => {
            format!(", as {} says", done.remote_from.words())
        }
        _ => String::new(),
    };
    match (done.dry_run, is_quiet) {
        (true, true) => lines.push("nothing to do".into()),
        (true, false) => lines.insert(0, "this would be done:".into()),
        (false, true) => lines.push(format!("nothing to do: {authority}{from}")),
        (false, false) => lines.push(format!("{authority}{from}")),
    }
    if done.remote.is_none() && !done.uninstall {
        lines.push("share them with every clone: git coord init --remote origin".into());
    }
    lines.extend(
        wired
            .into_iter()
            .flat_map(|wired| wired::steps(page, wired)),
    );
    lines.join("\n") + "\n"
}

fn hooks_change(done: &SetUp) -> bool {
    done.hooks.as_ref().is_some_and(|listed| {
        !listed.changed.is_empty()
            || done.dry_run && !done.uninstall && listed.hooks.iter().any(|hook| hook.by.is_none())
    })
}

fn is_news(done: &SetUp) -> bool {
    !matches!(
        done.state,
        None | Some(Joined::Current | Joined::Empty | Joined::Followed)
    )
}

fn of_state(page: &Page, state: &Joined, remote: &str) -> Vec<String> {
    match state {
        Joined::Empty | Joined::Current => Vec::new(),
        Joined::Followed => vec![format!("state: follow the one of `{remote}`")],
        Joined::Published => vec![format!("state: the one of this clone goes to `{remote}`")],
        Joined::Adopted {
            kept,
            locks,
            conflicts,
            records,
            left,
            damaged,
        } => {
            let mut lines = vec![format!(
                "state: follow the one of `{remote}`; the one of this clone is kept as {kept}"
            )];
            if !records.is_empty() {
                let counts: Vec<String> =
                    records.iter().map(|(kind, n)| counted(kind, *n)).collect();
                lines.push(format!("taken along: {}", counts.join(", ")));
            }
            lines.extend(
                locks
                    .iter()
                    .map(|key| format!("lock: {key} is taken along")),
            );
            if *left > 0 {
                lines.push(format!("left behind in {kept}: {left} records"));
            }
            lines.extend(damaged.iter().map(|damage| {
                let word = page.ink(Ink::Bad, "damaged:");
                format!("{word} {} stays behind", shown(damage))
            }));
            lines.extend(conflicts.iter().map(|conflict| {
                format!(
                    "{} {} stays out: `{}` is locked by {} until {}",
                    page.ink(Ink::Bad, "conflict:"),
                    conflict.wanted,
                    conflict.held,
                    conflict.by,
                    conflict.until
                )
            }));
            lines
        }
        Joined::Collides { collisions, kept } => {
            let mut lines: Vec<String> = collisions
                .iter()
                .map(|one| of_collision(page, one, remote))
                .collect();
            let whereto = match kept {
                Some(kept) => format!("follows `{remote}`, and its own chain is kept as {kept}"),
                None => "goes on as before".into(),
            };
            lines.push(format!(
                "nothing was taken along, and this clone {whereto}.\n\
                 change or end what collides on one side, or take only locks along:\n  \
                 git coord init --remote {remote} --leave-behind"
            ));
            lines
        }
    }
}

/// The two that have one name.
fn of_collision(page: &Page, one: &Collision, remote: &str) -> String {
    let wrote = |wrote: &Wrote| format!("{} at {}", wrote.by, wrote.at);
    format!(
        "{} {} `{}` is here, by {}, and another one in `{remote}`, by {}",
        page.ink(Ink::Bad, "collision:"),
        one.kind,
        shown(&one.name),
        wrote(&one.ours),
        wrote(&one.theirs)
    )
}

/// So many of a kind, in words.
pub(super) fn counted(kind: &str, count: usize) -> String {
    match (kind, count) {
        ("memory", 2..) => format!("{count} memories"),
        ("checkpoints", 1) => "the checkpoints of 1 session".into(),
        ("checkpoints", _) => format!("the checkpoints of {count} sessions"),
        (kind, 1) => format!("1 {kind}"),
        (kind, _) => format!("{count} {kind}s"),
    }
}

fn of_change(change: &Change) -> String {
    let Change { key, before, after } = change;
    let was = match before {
        Some(before) => format!(" (was `{}`)", shown(before)),
        None => String::new(),
    };
    match after {
        Some(after) => format!("config: {key} = {}{was}", shown(after)),
        None => format!("config: {key} is unset{was}"),
    }
}
