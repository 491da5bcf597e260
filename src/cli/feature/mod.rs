//! Features as text.

mod drift;
mod merge;
mod plan;

use crate::model::feature::{
    Did, Feasibility, Feature, FeatureRecord, Meeting, Overlaps, Side, Told, WithFeature, WithLock,
};
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::refusal::Conflict;
use crate::model::text::{Text, shown};
use crate::ops::feature::{Conflicting, Listed, Shown};

use super::handoff::note_age;
use super::page::{Ink, Page};
use super::text::{list, until};

pub(super) use drift::of as of_drifted;
pub(super) use plan::of as of_planned;

/// More keys or paths would hide the rest; the JSON has them all.
const SHOWN_MAX: usize = 10;

pub(super) fn of_told(page: &Page, told: &Told) -> String {
    let verb = match told.did {
        Did::Registered => "registered",
        Did::Updated => "updated",
        Did::Unchanged => "as it was:",
        Did::Landed => "landed",
        Did::Cancelled => "cancelled",
    };
    let mut text = format!("{verb} {}", head(page, &told.feature));
    if let Some(overlaps) = &told.overlaps {
        if told.feature.claims.is_empty() {
            page.note("note: it claims nothing; name what it will change with `--claim`");
        }
        text.push_str(&of_overlaps(page, overlaps));
    }
    text
}

/// Name, priority and title, on a line.
fn head(page: &Page, feature: &Feature) -> String {
    let id = page.ink(Ink::Key, feature.id.as_str());
    format!("{id}  {}{}\n", feature.priority, titled(&feature.title))
}

fn titled(title: &Option<Text>) -> String {
    title
        .as_ref()
        .map(|title| format!("  {}", shown(title.as_str())))
        .unwrap_or_default()
}

fn on_branch(branch: &Option<Text>) -> String {
    branch
        .as_ref()
        .map(|branch| format!(" on `{}`", shown(branch.as_str())))
        .unwrap_or_default()
}

pub(super) fn of_listed(page: &Page, listed: &Listed) -> String {
    note_age(page, listed.view_age_secs);
    let mut text = String::new();
    if listed.features.is_empty() {
        text.push_str("no features\n");
    }
    text.extend(listed.features.iter().map(|feature| of_row(page, feature)));
    text.push_str(&of_damaged(page, &listed.damaged));
    if listed.more {
        page.note("there are more: see `--limit`");
    }
    text
}

fn of_row(page: &Page, feature: &FeatureRecord) -> String {
    let id = page.ink(Ink::Key, feature.id.as_str());
    let claims = match feature.claims.len() {
        1 => "1 claim".to_owned(),
        count => format!("{count} claims"),
    };
    format!(
        "{id}  {} {:<9}  {}{}, {claims}{}\n",
        feature.priority,
        feature.status.as_str(),
        feature.owner.agent,
        on_branch(&feature.branch),
        titled(&feature.title)
    )
}

pub(super) fn of_shown(page: &Page, all: &Shown) -> String {
    note_age(page, all.view_age_secs);
    let feature = &all.feature;
    let mut text = head(page, feature);
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("{name:<10} {value}\n"));
        }
    };
    let end = feature.ended_at.map(|end| format!(" since {end}"));
    let is = feature.status.as_str();
    line("status", format!("{is}{}", end.unwrap_or_default()));
    let landed_as = feature.landed_as.map(|commit| commit.short());
    line("as", landed_as.unwrap_or_default());
    let said = |text: &Option<Text>| text.as_ref().map(|text| shown(text.as_str()));
    line("why", said(&feature.why).unwrap_or_default());
    let collected = all.collected.map(|commit| format!("by {}", commit.short()));
    line("collected", collected.unwrap_or_default());
    line(
        "owner",
        format!("{}, since {}", feature.owner, feature.since),
    );
    line("branch", said(&feature.branch).unwrap_or_default());
    let claims: Vec<Key> = feature.claims.iter().cloned().collect();
    line("claims", list(&claims));
    line("after", names(feature.depends_on.iter()));
    line("before", names(all.dependants.iter()));
    for (name, value) in &feature.metadata {
        let name = shown(name.as_str());
        line("meta", format!("{name}={}", shown(value.as_str())));
    }
    text.push_str(&of_pauses(page, &all.paused_by, ""));
    if let Some(overlaps) = &all.overlaps {
        text.push_str(&of_overlaps(page, overlaps));
    }
    text
}

fn names<'i>(ids: impl Iterator<Item = &'i Id>) -> String {
    ids.map(Id::as_str).collect::<Vec<_>>().join(" ")
}

fn of_pauses(page: &Page, pauses: &[Conflict], indent: &str) -> String {
    let lines = pauses.iter().map(|pause| {
        let why = pause.reason.as_ref().map(|why| shown(why.as_str()));
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let word = page.ink(Ink::Bad, "paused");
        format!(
            "{indent}{word} by {}, {}{why}\n",
            pause.by,
            until(pause.until)
        )
    });
    lines.collect()
}

pub(super) fn of_conflicts(page: &Page, found: &Conflicting) -> String {
    note_age(page, found.view_age_secs);
    for note in &found.notes {
        page.note(&format!("note: {note}"));
    }
    let mut text = of_overlaps(page, &found.overlaps);
    if let Some(merges) = &found.merges {
        text.push_str(&merge::of(page, merges));
    }
    text
}

/// What claims meet: the sum, then each feature and each lock.
fn of_overlaps(page: &Page, overlaps: &Overlaps) -> String {
    let word = feasibility(page, overlaps.feasibility);
    let mut text = match overlaps.feasibility {
        Feasibility::Full => format!("{word}: it shares nothing with others\n"),
        _ => format!(
            "{word}: {} of {} claims meet claims or locks of others\n",
            overlaps.shared, overlaps.claims
        ),
    };
    let features = overlaps.features.iter();
    text.extend(features.map(|with| of_with_feature(page, with)));
    text.extend(overlaps.locks.iter().map(|lock| of_with_lock(page, lock)));
    text.push_str(&of_damaged(page, &overlaps.damaged));
    text
}

fn feasibility(page: &Page, feasibility: Feasibility) -> String {
    let ink = match feasibility {
        Feasibility::Full => Ink::Good,
        Feasibility::Partial => Ink::Key,
        Feasibility::Sequential => Ink::Bad,
    };
    page.ink(ink, feasibility.as_str())
}

fn of_with_feature(page: &Page, with: &WithFeature) -> String {
    let id = page.ink(Ink::Key, with.id.as_str());
    let mut text = format!(
        "  feature {id}  {} {}, {}{}{}\n    {}; the other way {}\n",
        with.priority,
        with.status.as_str(),
        with.owner.agent,
        on_branch(&with.branch),
        titled(&with.title),
        share(&with.mine),
        share(&with.theirs),
    );
    text.push_str(&of_meetings(&with.keys, with.more, "    "));
    text
}

fn share(side: &Side) -> String {
    let word = side.feasibility.as_str();
    format!("{word}, {} of {}", side.shared, side.claims)
}

fn of_meetings(keys: &[Meeting], more: usize, indent: &str) -> String {
    let lines = keys
        .iter()
        .take(SHOWN_MAX)
        .map(|Meeting { mine, theirs }| match mine == theirs {
            true => format!("{indent}{mine}\n"),
            false => format!("{indent}{mine} meets {theirs}\n"),
        });
    let mut text: String = lines.collect();
    let more = more + keys.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        text.push_str(&format!("{indent}and {more} more\n"));
    }
    text
}

fn of_with_lock(page: &Page, lock: &WithLock) -> String {
    let key = page.ink(Ink::Key, &lock.key.to_string());
    let why = lock.reason.as_ref().map(|why| shown(why.as_str()));
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    let mut text = format!(
        "  lock {key}  {}{}, {}{why}\n",
        lock.by,
        on_branch(&lock.branch),
        until(lock.until)
    );
    for claim in lock.claims.iter().filter(|claim| **claim != lock.key) {
        text.push_str(&format!("    meets {claim}\n"));
    }
    text
}

fn of_damaged(page: &Page, damaged: &[String]) -> String {
    let word = page.ink(Ink::Bad, "damaged:");
    let lines = damaged.iter();
    lines
        .map(|one| format!("{word} {}\n", shown(one)))
        .collect()
}
