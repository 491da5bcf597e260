//! Getting in line.

use std::collections::BTreeSet;

use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::queue::{
    Add, CheckId, Did, ENTRIES_MAX, Entry, EntryRecord, Retry, Stage, Told, Verdict, VerdictRecord,
};
use crate::model::refusal::Refusal;
use crate::model::stored::Stored;

use super::super::decide::{Decided, Desk};
use super::super::feature::find as features;
use super::super::land::PATHS_MAX;
use super::super::secret;
use super::super::task::text;
use super::{change, check_may, feature, find, wrong_state};

/// Most trees that one request names.
const TREES_MAX: usize = 8;

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Add) -> Result<Decided, Refusal> {
    check_paths(ask.paths.len())?;
    let texts = [("title", &ask.title), ("urgent", &ask.urgent)];
    let texts = texts
        .into_iter()
        .filter_map(|(field, text)| Some((field, text.as_ref()?.as_str())));
    secret::check(texts, &ask.allow_secrets)?;
    let before = find::get(&desk.staged, &ask.target, &ask.id)?;
    let waiting = before.filter(|entry| !entry.stage.is_over());
    if let Some(entry) = &waiting {
        check_may(desk, entry)?;
        if entry.branch != ask.branch {
            return Err(Refusal::Exists {
                what: "queue entry".into(),
                name: ask.id.to_string(),
            });
        }
    }
    check_after(desk, ask)?;
    let feature = feature::of(&desk.staged, &ask.id)?;
    let title = ask.title.clone();
    let title = title.or_else(|| feature.as_ref().and_then(|feature| feature.title.clone()));
    let title = title.or_else(|| {
        text(
            ask.branch
                .as_ref()
                .map_or(ask.id.as_str(), Branch::as_str)
                .to_owned(),
        )
    });
    let Some(title) = title else {
        return Err(wrong_state(&ask.id, "without a title", "one"));
    };
    let place = Place::at_the_back(desk, &ask.target, &ask.id)?;
    let fresh = Entry {
        id: ask.id.clone(),
        target: ask.target.clone(),
        sealed: ask.sealed,
        base: ask.base,
        branch: ask.branch.clone(),
        is_feature: false,
        title,
        priority: ask
            .priority
            .or_else(|| feature.as_ref().map(|feature| feature.priority))
            .unwrap_or_default(),
        urgent: ask.urgent.clone(),
        after: ask.after.clone(),
        submitter: desk.me().clone(),
        added_at: desk.stamp.at,
        since: place.since,
        landed_before: place.landed_before,
        ahead: place.ahead,
        retries: 0,
        isolated: None,
        stage: Stage::Queued,
        ended_at: None,
        why: None,
        red: None,
        red_by: None,
        landed: None,
    };
    let (did, entry) = match waiting {
        // The same commit keeps its place, and what its check said.
        Some(old) if old.sealed == ask.sealed => {
            let mut entry = old.body.clone();
            entry.title = ask.title.clone().unwrap_or(entry.title);
            entry.priority = ask.priority.unwrap_or(entry.priority);
            entry.urgent = ask.urgent.clone().or(entry.urgent);
            entry.after.extend(ask.after.iter().cloned());
            if entry == old.body {
                let told = Told::new(Did::Found, vec![old]);
                return Ok(Decided {
                    is_change: false,
                    ..change(told, String::new())
                });
            }
            (Did::Found, entry)
        }
        Some(_) => (Did::Requeued, fresh),
        None => (Did::Added, fresh),
    };
    in_line(desk, did, entry, &ask.paths)
}

/// Back in line, with what the branch has now.
pub(super) fn again(desk: &mut Desk<'_>, ask: &Retry) -> Result<Decided, Refusal> {
    check_paths(ask.paths.len())?;
    let old = find::expect(&desk.staged, &ask.target, &ask.id)?;
    check_may(desk, &old)?;
    if old.stage == Stage::Landed {
        return Err(wrong_state(&ask.id, "landed", "one that is not"));
    }
    let is_same = old.sealed == ask.sealed;
    if is_same && !old.stage.is_over() && !ask.rerun {
        let told = Told::new(Did::Found, vec![old]);
        return Ok(Decided {
            is_change: false,
            ..change(told, String::new())
        });
    }
    if is_same && old.stage == Stage::Failed && !ask.rerun {
        let is = "failed, and its branch has the very commit that did";
        let needs = "another commit, or `--rerun` if what was wrong was not in it";
        return Err(wrong_state(&ask.id, is, needs));
    }
    if ask.rerun {
        let count = void(desk, ask, &old)?;
        if count == 0 && is_same {
            let needs = "a check that was red";
            return Err(wrong_state(&ask.id, "not red by any check", needs));
        }
        if is_same && !old.stage.is_over() {
            // It keeps its place: nothing about it is new.
            let mut entry = old.body;
            entry.isolated = None;
            return in_line(desk, Did::Requeued, entry, &ask.paths);
        }
    }
    let place = Place::at_the_back(desk, &ask.target, &ask.id)?;
    let entry = Entry {
        sealed: ask.sealed,
        base: ask.base,
        since: place.since,
        landed_before: place.landed_before,
        ahead: place.ahead,
        retries: old.retries.saturating_add(1),
        isolated: None,
        stage: Stage::Queued,
        ended_at: None,
        why: None,
        red: None,
        red_by: None,
        ..old.body
    };
    in_line(desk, Did::Requeued, entry, &ask.paths)
}

fn in_line(
    desk: &mut Desk<'_>,
    did: Did,
    mut entry: Entry,
    paths: &[Key],
) -> Result<Decided, Refusal> {
    let mut told = Told::new(did, Vec::new());
    feature::enqueue(desk, &mut entry, paths, &mut told)?;
    check_circle(desk, &entry)?;
    let verb = if did == Did::Requeued { "again" } else { "add" };
    let subject = format!(
        "queue {verb} {} at {} for {} by {}: {}",
        entry.id,
        entry.sealed.short(),
        entry.target,
        desk.me().agent,
        entry.title.as_str()
    );
    off_the_train(desk, &entry)?;
    told.entries = vec![desk.put_entry(entry)?];
    Ok(change(told, subject))
}

/// An entry with another commit is no longer what is being certified.
fn off_the_train(desk: &mut Desk<'_>, entry: &Entry) -> Result<(), Refusal> {
    let mut line = find::line(&desk.staged, &entry.target)?;
    let before = find::get(&desk.staged, &entry.target, &entry.id)?;
    let is_moved = before.is_some_and(|before| before.sealed != entry.sealed);
    if is_moved && line.train.contains(&entry.id) {
        line.train.retain(|id| *id != entry.id);
        desk.put_line(line)?;
    }
    Ok(())
}

/// A place in the line.
struct Place {
    since: u64,
    landed_before: u64,
    ahead: u64,
}

impl Place {
    fn at_the_back(desk: &Desk<'_>, target: &Branch, id: &Id) -> Result<Self, Refusal> {
        let (entries, _) = find::all(&desk.staged, target)?;
        let others = entries
            .iter()
            .filter(|entry| !entry.stage.is_over() && entry.id != *id);
        let ahead = others.count();
        if ahead >= ENTRIES_MAX {
            return Err(Refusal::Limit {
                what: format!("entries that wait for `{target}`"),
                most: ENTRIES_MAX,
            });
        }
        Ok(Self {
            since: desk.staged.next_rev(),
            landed_before: find::line(&desk.staged, target)?.landed,
            ahead: ahead as u64,
        })
    }
}

fn check_paths(count: usize) -> Result<(), Refusal> {
    if count > PATHS_MAX {
        return Err(Refusal::Limit {
            what: "paths of one entry".into(),
            most: PATHS_MAX,
        });
    }
    Ok(())
}

/// What an entry waits for has to be there, and must not wait for it.
fn check_after(desk: &Desk<'_>, ask: &Add) -> Result<(), Refusal> {
    for id in &ask.after {
        let is_known = find::get(&desk.staged, &ask.target, id)?.is_some()
            || features::get(&desk.staged, id)?.is_some();
        if !is_known {
            return Err(Refusal::NotFound {
                what: "queue entry".into(),
                name: id.to_string(),
            });
        }
    }
    Ok(())
}

fn check_circle(desk: &Desk<'_>, entry: &Entry) -> Result<(), Refusal> {
    let mut path = vec![entry.id.clone()];
    if closes(desk, entry, &entry.after, &mut path, &mut BTreeSet::new())? {
        return Err(Refusal::Cycle { ids: path });
    }
    Ok(())
}

/// Whether one of these waits for what was asked for in the end; the way there is in `path` then.
fn closes(
    desk: &Desk<'_>,
    entry: &Entry,
    after: &BTreeSet<Id>,
    path: &mut Vec<Id>,
    seen: &mut BTreeSet<Id>,
) -> Result<bool, Refusal> {
    for id in after {
        path.push(id.clone());
        if *id == entry.id {
            return Ok(true);
        }
        if seen.insert(id.clone())
            && let Some(next) = find::get(&desk.staged, &entry.target, id)?
            && closes(desk, entry, &next.after, path, seen)?
        {
            return Ok(true);
        }
        path.pop();
    }
    Ok(false)
}

/// What was said about trees that are red no longer counts. What was green stays so.
fn void(desk: &mut Desk<'_>, ask: &Retry, entry: &EntryRecord) -> Result<usize, Refusal> {
    let mut trees: Vec<(ObjectId, CheckId)> = ask.trees.iter().take(TREES_MAX).cloned().collect();
    trees.extend(entry.red.zip(entry.red_by.clone()));
    if let Some(isolated) = &entry.isolated {
        trees.push((isolated.tree, isolated.check.clone()));
        trees.push((isolated.before, isolated.check.clone()));
    }
    trees.sort();
    trees.dedup();
    let mut count = 0;
    for (tree, check) in trees {
        let found: Option<VerdictRecord> = find::verdict(&desk.staged, &tree, &check)?;
        let Some(verdict) = found.filter(|verdict| verdict.standing().is_reddish()) else {
            continue;
        };
        let mut verdict = verdict.body;
        verdict.runs.clear();
        let place = Verdict::place(&tree, &check);
        let record = Stored::new(desk.stamp, desk.staged.next_rev(), verdict);
        desk.staged.put(&place, &record)?;
        count += 1;
    }
    Ok(count)
}
