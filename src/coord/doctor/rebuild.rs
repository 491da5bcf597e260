//! Lost objects, made again.
//!
//! Every state follows from the one before it and from the event in its commit, by the same pure
//! decisions. So a tree or a record that was lost is decided again and written: its id proves that
//! it is the same. A commit itself cannot be made again; that needs the remote.

use std::collections::{BTreeMap, BTreeSet};

use crate::coord::replay;
use crate::coord::{Coord, Failure};
use crate::model::event::Event;
use crate::model::object_id::ObjectId;
use crate::store::{Backend, Commit, Draft, Error, Guard, NewObject, Repo, Snapshot, names};

use super::anchor::{self, RefFact};
use super::tip::Seen;
use super::{GUARD_WAIT, objects as chain};

pub(super) fn objects(coord: &Coord) -> Result<Option<String>, Failure> {
    let guard = coord.repo().lock(GUARD_WAIT)?;
    let look = || {
        let anchor = anchor::gather(coord);
        chain::gather(coord, &anchor)
    };
    let mut seen = look();
    if seen.lost.is_empty() {
        return Ok(None);
    }
    let mut known = BTreeSet::new();
    let mut is_fetched = false;
    // What is below a lost tree shows only once the tree is back.
    while !seen.lost.is_empty() {
        known.extend(seen.lost.keys().copied());
        move_damaged_aside(coord, &seen.lost)?;
        remake(coord, &seen)?;
        let before = std::mem::replace(&mut seen, look());
        if seen.lost == before.lost {
            // Writing may have no effect: git believes to have what a damaged pack lists.
            if is_fetched || !refetch(coord, &guard)? {
                break;
            }
            is_fetched = true;
            seen = look();
        }
    }
    match seen.lost.len() {
        0 => Ok(Some(format!("{} lost objects are here again", known.len()))),
        left => Err(Error::damaged(
            "the chain",
            format!("{left} objects can neither be fetched nor made again"),
        )
        .into()),
    }
}

/// Decides each state again, oldest first, and writes what is lost of it.
fn remake(coord: &Coord, seen: &chain::Chain) -> Result<(), Failure> {
    let mut lost = seen.lost.clone();
    for (_, commit) in seen.inspected.commits.iter().rev() {
        if lost.is_empty() {
            break;
        }
        let Some(made) = made_by(coord.repo(), commit) else {
            continue;
        };
        let wanted: Vec<NewObject> = made
            .into_iter()
            .filter(|object| lost.remove(&object.id).is_some())
            .collect();
        if !wanted.is_empty() {
            coord.repo().write(&wanted)?;
        }
    }
    Ok(())
}

/// The objects that a commit's event leads to, if it can be decided again here.
fn made_by(repo: &Repo, commit: &Commit) -> Option<Vec<NewObject>> {
    let event = Event::parse(commit.body()).ok()?;
    let before = commit.parent.or(commit.epoch_link().map(|link| link.tip));
    let plan = replay::again_on(repo, before, &event).ok()?;
    let snapshot = Snapshot::at(repo, before).ok()?;
    let mut draft = Draft::on(&snapshot);
    // Only trees and records are of use; the commit is there.
    let same = |tree, _| Commit {
        tree,
        ..commit.clone()
    };
    draft.commit(&plan.edits, same, false).ok()?;
    Some(draft.objects().to_vec())
}

/// A loose object that is there but cannot be read keeps git from writing it again.
fn move_damaged_aside(coord: &Coord, lost: &BTreeMap<ObjectId, String>) -> Result<(), Failure> {
    let dir = coord.repo().layout().common_dir.join("objects");
    for id in lost.keys() {
        let hex = id.to_string();
        let file = dir.join(&hex[..2]).join(&hex[2..]);
        if file.is_file() {
            let kept = coord.repo().coord_dir().join(format!("damaged-{hex}"));
            std::fs::rename(&file, kept).map_err(Error::io("moving aside", file))?;
        }
    }
    Ok(())
}

/// Fetches everything of the remote's chain again, also what git believes to have. Returns whether
/// there is a remote that has one. The guard is held.
pub(super) fn refetch(coord: &Coord, _: &Guard) -> Result<bool, Failure> {
    let Some(remote) = &coord.settings().remote else {
        return Ok(false);
    };
    let repo = coord.repo();
    // Git fetches nothing while a ref of its own names an object that is not here. The pin keeps
    // the value, and a crash in between leaves a ref that is gone, which is repaired the same way.
    if let RefFact::At(tip) = anchor::ref_fact(coord)
        && matches!(tip.seen, Seen::Missing)
    {
        let id = tip.id.to_string();
        let args = ["update-ref", "--no-deref", "-d", names::STATE, &id];
        repo.git().expect(&args, None)?;
    }
    Ok(repo.refetch(remote, &coord.settings().remote_ref)?)
}
