//! The merge queue as text.

use crate::env;
use crate::model::id::Id;
use crate::model::queue::{Did, Outcome, Run, Standing, Told};
use crate::model::text::shown;
use crate::model::time::{Timestamp, span};
use crate::ops::queue::{Emptied, Listed, Placed, Planned, Ran, Shown, State};

use super::handoff::note_age;
use super::page::{Ink, Page};
use super::text::list;

pub(super) fn of_told(page: &Page, told: &Told) -> String {
    let word = match told.did {
        Did::Added => "queued",
        Did::Found => "queued already",
        Did::Requeued => "queued again",
        Did::Dropped => "left the queue",
        Did::Paused => return "nothing lands until `git coord queue resume`\n".into(),
        Did::Resumed => return "the line goes on\n".into(),
        Did::Started => return "the check runs\n".into(),
        Did::Judged => return "the verdict is known\n".into(),
        Did::GivenUp => return "the run was given up\n".into(),
        Did::Evicted => "put out",
        Did::Landed => "landed",
        Did::Settled => "was on the target already",
    };
    let lines = told.entries.iter().map(|entry| {
        let id = page.ink(Ink::Key, entry.id.as_str());
        format!("{word} {id}: {}\n", shown(entry.title.as_str()))
    });
    let mut text: String = lines.collect();
    for key in &told.claimed {
        text.push_str(&format!("    claimed {key} as well\n"));
    }
    for drift in &told.drift {
        text.push_str(&format!(
            "    {} is not claimed, and feature {} claims {}\n",
            drift.path, drift.feature, drift.claim
        ));
    }
    if !told.released.is_empty() {
        text.push_str(&format!("    unlocked {}\n", list(&told.released)));
    }
    text
}

/// Entries in order, each with why it is where it is and what to do next.
pub(super) fn of_listed(page: &Page, listed: &Listed) -> String {
    note_age(page, listed.view_age_secs);
    for damage in &listed.damaged {
        page.note(&format!("cannot be read: {}", shown(damage)));
    }
    if listed.entries.is_empty() {
        return format!("nothing waits for {}\n", listed.target);
    }
    listed
        .entries
        .iter()
        .map(|placed| of_placed(page, placed))
        .collect()
}

fn of_placed(page: &Page, placed: &Placed) -> String {
    let word = state_word(placed.why.state);
    let ink = match placed.why.state {
        State::Landed | State::Proven | State::Certifying | State::Checking => Ink::Good,
        State::Unchecked | State::Waiting | State::Cancelled => Ink::Faint,
        _ => Ink::Bad,
    };
    let urgent = match &placed.urgent {
        Some(why) => format!(" urgent: {}", shown(why.as_str())),
        None => String::new(),
    };
    format!(
        "{} {} {}, {} by {}{urgent}\n    {}; {}\n",
        page.ink(Ink::Key, placed.id.as_str()),
        page.ink(ink, word),
        shown(placed.title.as_str()),
        placed.priority,
        placed.submitter.agent,
        placed.why.because,
        page.ink(Ink::Faint, &placed.why.next),
    )
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Landed => "landed",
        State::Failed => "failed",
        State::Cancelled => "cancelled",
        State::Stale => "stale",
        State::Paused => "paused",
        State::Locked => "locked",
        State::Drift => "drift",
        State::Waiting => "waiting",
        State::NeedsRebase => "needs rebase",
        State::Deferred => "deferred",
        State::Unmergeable => "unmergeable",
        State::Unchecked => "unchecked",
        State::Checking => "checking",
        State::Suspect => "suspect",
        State::BlockedByBase => "blocked by base",
        State::Proven => "proven",
        State::Certifying => "certifying",
    }
}

/// All of one entry.
pub(super) fn of_shown(page: &Page, all: &Shown) -> String {
    let entry = &all.entry;
    let mut text = format!(
        "{} {}\n    for {}, {} by {} {} ago\n    sealed {}",
        page.ink(Ink::Key, entry.id.as_str()),
        shown(entry.title.as_str()),
        entry.target,
        entry.priority,
        entry.submitter.agent,
        ago(entry.added_at),
        entry.sealed.short(),
    );
    if let Some(branch) = &entry.branch {
        text.push_str(&format!(" of {branch}"));
    }
    text.push('\n');
    if !entry.after.is_empty() {
        let after: Vec<&str> = entry.after.iter().map(Id::as_str).collect();
        text.push_str(&format!("    after {}\n", after.join(", ")));
    }
    if let Some(why) = &all.why {
        let (word, next) = (state_word(why.state), &why.next);
        text.push_str(&format!("    {word}: {}; {next}\n", why.because));
    }
    for verdict in &all.verdicts {
        let command = shown(verdict.command.as_str());
        text.push_str(&format!("    {command} on tree {}\n", verdict.tree.short()));
        for run in &verdict.runs {
            text.push_str(&of_run(page, run));
        }
    }
    text
}

fn of_run(page: &Page, run: &Run) -> String {
    let (ink, word) = match run.outcome {
        Outcome::Passed => (Ink::Good, "passed"),
        Outcome::Failed => (Ink::Bad, "failed"),
        Outcome::TimedOut => (Ink::Bad, "took too long"),
    };
    let secs = run.millis as f64 / 1000.0;
    let mut text = format!(
        "      {} after {secs:.1} s, by {} {} ago\n",
        page.ink(ink, word),
        run.by.agent,
        ago(run.at)
    );
    for line in run.tail.iter().flat_map(|tail| tail.as_str().lines()) {
        text.push_str(&format!("        {}\n", shown(line)));
    }
    text
}

fn ago(at: Timestamp) -> String {
    let secs = env::now().secs_since(at).max(0).unsigned_abs();
    span(secs)
}

/// What would land together, and who stays behind.
pub(super) fn of_planned(page: &Page, planned: &Planned) -> String {
    let mut text = format!(
        "{} at {}{}\n",
        planned.target,
        planned.tip.short(),
        standing(planned.base)
    );
    for step in &planned.train {
        text.push_str(&format!(
            "  + {} → {}{}\n",
            page.ink(Ink::Key, step.id.as_str()),
            step.commit.short(),
            standing(step.standing)
        ));
    }
    text.extend(planned.others.iter().map(|placed| of_placed(page, placed)));
    text
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Unknown => "",
        Standing::RedOnce => ", red once",
        Standing::Red => ", red",
        Standing::Flaky => ", green after red",
        Standing::Green => ", green",
    }
}

/// What a run of the queue came to.
pub(super) fn of_ran(page: &Page, ran: &Ran) -> String {
    let done = &ran.done;
    for trouble in &done.troubles {
        page.note(&format!("warning: {trouble}"));
    }
    let mut text = format!(
        "{} landed, {} put out, {} checks run\n",
        done.landed.len() + done.settled.len(),
        done.evicted.len(),
        done.runs
    );
    if !ran.left.entries.is_empty() {
        text.push_str(&of_listed(page, &ran.left));
    }
    text
}

/// Working trees that were removed.
pub(super) fn of_pool(pool: &Emptied) -> String {
    let mut text = String::new();
    for path in &pool.removed {
        text.push_str(&format!("removed {}\n", shown(path)));
    }
    for path in &pool.in_use {
        text.push_str(&format!("in use: {}\n", shown(path)));
    }
    if text.is_empty() {
        text.push_str("there is none\n");
    }
    text
}
