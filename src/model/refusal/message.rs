//! What a refusal says: who holds what, since when, until when and why.

use std::collections::BTreeMap;

use crate::model::id::{Actor, Id};
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::text::shown;

use super::{Ahead, Conflict, SHOWN_MAX};

pub(super) fn held(conflicts: &[Conflict]) -> String {
    let lines = conflicts.iter().map(|conflict| {
        let Conflict {
            wanted,
            held,
            mode,
            by,
            since,
            until,
            reason,
            branch,
            ..
        } = conflict;
        let mut line = format!("`{held}` is locked by {by} since {since} until {until}");
        if let Some(branch) = branch {
            line.push_str(&format!(", on branch `{}`", shown(branch.as_str())));
        }
        if *mode == Mode::Shared {
            line.push_str(", shared");
        }
        if wanted != held {
            line.push_str(&format!(", which overlaps `{wanted}`"));
        }
        if let Some(reason) = reason {
            line.push_str(&format!(": {}", shown(reason.as_str())));
        }
        line
    });
    some_lines(lines)
}

pub(super) fn not_held(keys: &[Key], conflicts: &[Conflict]) -> String {
    let mut text = format!("not held by this session: {}", list(keys));
    if !conflicts.is_empty() {
        text.push('\n');
        text.push_str(&held(conflicts));
    }
    text
}

/// Why nothing is ready, most frequent reason first.
pub(super) fn not_ready(counts: &BTreeMap<String, usize>) -> String {
    let mut reasons: Vec<_> = counts.iter().filter(|(_, count)| **count > 0).collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    if reasons.is_empty() {
        return "there are no open tasks".into();
    }
    let parts = reasons
        .iter()
        .map(|(reason, count)| format!("{count} {}", shown(reason)));
    parts.collect::<Vec<_>>().join(", ")
}

pub(super) fn ids(ids: &[Id]) -> String {
    let names: Vec<&str> = ids.iter().map(Id::as_str).take(SHOWN_MAX).collect();
    names.join(" -> ")
}

pub(super) fn kept(ahead: &[Ahead]) -> String {
    let lines = ahead.iter().map(|Ahead { wanted, by, until }| {
        format!("`{wanted}` is kept for {by}, who waits for it, until {until}")
    });
    some_lines(lines)
}

pub(super) fn circle(cycle: &[Actor]) -> String {
    cycle
        .iter()
        .map(Actor::to_string)
        .collect::<Vec<_>>()
        .join(" waits for ")
}

pub(super) fn list(keys: &[Key]) -> String {
    let mut text: Vec<String> = keys
        .iter()
        .take(SHOWN_MAX)
        .map(|key| format!("`{key}`"))
        .collect();
    if keys.len() > SHOWN_MAX {
        text.push(format!("and {} more", keys.len() - SHOWN_MAX));
    }
    text.join(", ")
}

/// The lines of a message: not so many that the rest of it is lost.
fn some_lines(lines: impl ExactSizeIterator<Item = String>) -> String {
    let more = lines.len().saturating_sub(SHOWN_MAX);
    let mut lines: Vec<String> = lines.take(SHOWN_MAX).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}
