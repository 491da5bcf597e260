//! A whole chain looked through, object by object, past whatever cannot be read.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::backend::Backend;
use super::commit::Commit;
use super::object::ObjectKind;
use super::tree;
use crate::model::object_id::ObjectId;

/// Largest tree or commit that is read, in bytes.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most objects that are looked at.
const OBJECTS_MAX: usize = 2_000_000;

/// What a look through a chain met.
#[derive(Clone, Debug, Default)]
pub struct Inspected {
    /// Commits that could be read, newest first.
    pub commits: Vec<(ObjectId, Commit)>,
    /// Commits and trees that could not, with the reason.
    pub unreadable: BTreeMap<ObjectId, String>,
    /// Every record that any of the states has. Whether they are there was not looked at.
    pub blobs: BTreeSet<ObjectId>,
}

/// Looks through the chain from `tip` to the first commit of its epoch, or to the first that
/// cannot be read. `is_boundary` tells commits below which the clone has nothing (it is shallow).
pub fn inspect(
    backend: &dyn Backend,
    tip: ObjectId,
    is_boundary: &dyn Fn(&ObjectId) -> bool,
) -> Inspected {
    let mut found = Inspected::default();
    let mut trees = HashSet::new();
    let mut next = Some(tip);
    while let Some(id) = next.take() {
        let read = backend.read(&id, ObjectKind::Commit, BYTES_MAX);
        match read.and_then(|data| Commit::parse(&id, &data)) {
            Ok(commit) => {
                look_below(backend, commit.tree, &mut trees, &mut found);
                next = commit.parent.filter(|_| !is_boundary(&id));
                found.commits.push((id, commit));
            }
            Err(why) => {
                found.unreadable.insert(id, why.to_string());
            }
        }
        if found.blobs.len() + trees.len() + found.commits.len() > OBJECTS_MAX {
            break;
        }
    }
    found
}

fn look_below(
    backend: &dyn Backend,
    root: ObjectId,
    seen: &mut HashSet<ObjectId>,
    found: &mut Inspected,
) {
    let mut todo = vec![root];
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        let data = match backend.read(&id, ObjectKind::Tree, BYTES_MAX) {
            Ok(data) => data,
            Err(why) => {
                found.unreadable.insert(id, why.to_string());
                continue;
            }
        };
        for entry in tree::entries(backend.hash(), &data) {
            match entry {
                Ok(entry) if entry.is_tree => todo.push(entry.id),
                Ok(entry) => {
                    found.blobs.insert(entry.id);
                }
                Err(why) => {
                    found.unreadable.insert(id, why.to_owned());
                }
            }
        }
    }
}
