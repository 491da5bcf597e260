//! The plan of all features, as lines and as a chart.

use crate::model::feature::Meeting;
use crate::model::id::Id;
use crate::ops::feature::{After, Planned, Proposal, Step, Style, Why};

use super::super::graph::mermaid_text;
use super::super::handoff::note_age;
use super::super::page::{Ink, Page};
use super::{SHOWN_MAX, of_damaged, of_pauses, on_branch, titled};

/// Longest title in a drawing, in characters.
const TITLE_CHARS_MAX: usize = 80;

pub(in crate::cli) fn of(page: &Page, planned: &Planned) -> String {
    note_age(page, planned.view_age_secs);
    match planned.format {
        Style::Text => of_plan(page, &planned.plan),
        Style::Mermaid => mermaid(&planned.plan),
    }
}

fn of_plan(page: &Page, plan: &Proposal) -> String {
    let mut text = String::new();
    if plan.order.is_empty() {
        text.push_str("no features\n");
    }
    for number in 1..=plan.lanes.len() {
        text.push_str(&format!("lane {number}\n"));
        let steps = plan.order.iter().filter(|step| step.lane == number);
        text.extend(steps.map(|step| of_step(page, step)));
    }
    text.push_str(&of_damaged(page, &plan.damaged));
    text
}

fn of_step(page: &Page, step: &Step) -> String {
    let id = page.ink(Ink::Key, step.id.as_str());
    let counts_as = match step.counts_as == step.priority {
        true => String::new(),
        false => format!(" (counts as {})", step.counts_as),
    };
    let when = match step.ready {
        true => page.ink(Ink::Good, "now"),
        false => format!("step {}", step.step),
    };
    let mut text = format!(
        "  {id}  {when}  {}{counts_as} {}  {}{}{}\n",
        step.priority,
        step.status.as_str(),
        step.owner.agent,
        on_branch(&step.branch),
        titled(&step.title)
    );
    for after in &step.after {
        text.push_str(&format!("    {}\n", reason(after)));
    }
    for stuck in &step.stuck {
        let word = page.ink(Ink::Bad, "stuck:");
        text.push_str(&format!(
            "    {word} it depends on {}, {}\n",
            stuck.id, stuck.is
        ));
    }
    text.push_str(&of_pauses(page, &step.paused_by, "    "));
    text
}

fn reason(after: &After) -> String {
    let what = match after.waits {
        true => format!("waits for {}", after.id),
        false => format!("lands after {}", after.id),
    };
    let mut keys: Vec<String> = after
        .keys
        .iter()
        .take(SHOWN_MAX)
        .map(|Meeting { mine, theirs }| match mine == theirs {
            true => mine.to_string(),
            false => format!("{mine} meets {theirs}"),
        })
        .collect();
    let more = after.more + after.keys.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        keys.push(format!("and {more} more"));
    }
    match (after.why, keys.is_empty()) {
        (Why::Depends, true) => format!("{what}: it depends on it"),
        (Why::Depends, false) => format!("{what}: it depends on it, and {}", keys.join(", ")),
        (Why::Overlaps, _) => format!("{what}: {}", keys.join(", ")),
    }
}

/// Mermaid's flow charts: a box for each lane, a whole line to what waits, a dotted one to what only
/// lands later.
fn mermaid(plan: &Proposal) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let number = |id: &Id| plan.order.iter().position(|step| step.id == *id);
    for lane in 1..=plan.lanes.len() {
        text.push_str(&format!("  subgraph lane{lane}[\"lane {lane}\"]\n"));
        for (at, step) in plan.order.iter().enumerate() {
            if step.lane != lane {
                continue;
            }
            let title = titled(&step.title);
            let title: String = title.chars().take(TITLE_CHARS_MAX).collect();
            let title = title.trim_start();
            let label = format!("{} {} {title}", step.id, step.priority);
            let label = mermaid_text(label.trim_end());
            let class = match step {
                step if !step.paused_by.is_empty() || !step.stuck.is_empty() => "failed",
                step if step.ready => "ready",
                _ => "blocked",
            };
            text.push_str(&format!("    n{at}[\"{label}\"]:::{class}\n"));
        }
        text.push_str("  end\n");
    }
    for (at, step) in plan.order.iter().enumerate() {
        for after in &step.after {
            let Some(first) = number(&after.id) else {
                continue;
            };
            let line = match after.waits {
                true => "-->",
                false => "-.->",
            };
            text.push_str(&format!("  n{first} {line} n{at}\n"));
        }
    }
    for (class, color) in [
        ("ready", "#dbeafe"),
        ("blocked", "#e5e7eb"),
        ("failed", "#fecaca"),
    ] {
        text.push_str(&format!("  classDef {class} fill:{color},color:#111827\n"));
    }
    text
}
