//! The screen of `git coord` and `git coord status`.

use crate::model::text::shown;
use crate::model::time::span;
use crate::ops::Context;
use crate::ops::status::Overview;

use super::page::{Ink, Page};
use super::text::of_held;

/// Most locks of others on the screen; `locks` has them all.
const OTHERS_MAX: usize = 15;

pub(super) fn of(page: &Page, _: &Context<'_>, all: &Overview, is_bare: bool) -> String {
    let mut text = format!("{}, {}", all.me, authority(all));
    text.push('\n');
    section(&mut text, "You hold", &all.mine, |held| {
        of_held(page, held, false)
    });
    section(
        &mut text,
        "Others hold",
        &all.others[..all.others.len().min(OTHERS_MAX)],
        |held| of_held(page, held, true),
    );
    if all.others.len() > OTHERS_MAX {
        let more = all.others.len() - OTHERS_MAX;
        text.push_str(&format!("  and {more} more: git coord locks\n"));
    }
    section(&mut text, "In line", &all.waiting, |waiter| {
        let keys: Vec<String> = waiter.keys.iter().map(ToString::to_string).collect();
        format!("{} for {}\n", waiter.by, keys.join(", "))
    });
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
