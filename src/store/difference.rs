//! What one state has that another has not: the records that a commit of the chain changed.
//!
//! Only directories that differ are read, so that a commit costs what it changed and not what there
//! is.

use std::collections::BTreeMap;

use super::backend::Backend;
use super::commit::Commit;
use super::error::{Error, Result};
use super::object::ObjectKind;
use super::snapshot::Layer;
use super::tree::{self, Trees};
use crate::model::bytes::Bytes;
use crate::model::limits::RECORD_BYTES_MAX;
use crate::model::object_id::ObjectId;

/// Deepest nesting of directories that is looked into.
const DEPTH_MAX: usize = 512;

/// A record that differs, by its path in the tree; bytes that cannot be read are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its path; escaped where it is no text.
    pub path: String,
    /// What it was.
    pub before: Option<Bytes>,
    /// What it is.
    pub after: Option<Bytes>,
}

/// The records that a commit changed, in the order of their paths. For the first commit of an epoch
/// these are the ones that differ from the end of the one before, as far as that is here.
///
/// # Errors
/// When a tree cannot be read.
pub fn changes(backend: &dyn Backend, commit: &Commit) -> Result<Vec<Changed>> {
    let layer = Layer::new(backend);
    let parent = commit.parent.or(commit.epoch_link().map(|link| link.tip));
    let before = match parent.map(|parent| layer.commit(&parent)) {
        Some(Err(Error::Missing { .. })) | None => None,
        Some(parent) => Some(parent?.tree),
    };
    let mut found = Vec::new();
    walk(&layer, before, Some(commit.tree), "", 0, &mut found)?;
    let bytes = |id: ObjectId| -> Option<Bytes> {
        let read = backend.read(&id, ObjectKind::Blob, RECORD_BYTES_MAX);
        read.ok().map(Bytes::from)
    };
    let read = |(path, before, after): (String, Option<ObjectId>, Option<ObjectId>)| Changed {
        path,
        before: before.and_then(bytes),
        after: after.and_then(bytes),
    };
    Ok(found.into_iter().map(read).collect())
}

/// A path with the blobs that stand there on both sides.
type Differs = (String, Option<ObjectId>, Option<ObjectId>);

fn walk(
    layer: &Layer<'_>,
    before: Option<ObjectId>,
    after: Option<ObjectId>,
    path: &str,
    depth: usize,
    found: &mut Vec<Differs>,
) -> Result<()> {
    if before == after {
        return Ok(());
    }
    if depth == DEPTH_MAX {
        return Err(Error::damaged(path, "it is nested too deeply"));
    }
    let (before, after) = (entries(layer, before, path)?, entries(layer, after, path)?);
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        let below = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}/{name}")
        };
        let side = |entry: Option<&(bool, ObjectId)>, is_tree: bool| {
            entry
                .filter(|entry| entry.0 == is_tree)
                .map(|entry| entry.1)
        };
        walk(
            layer,
            side(old, true),
            side(new, true),
            &below,
            depth + 1,
            found,
        )?;
        let (old, new) = (side(old, false), side(new, false));
        if old != new {
            found.push((below, old, new));
        }
    }
    Ok(())
}

fn entries(
    layer: &Layer<'_>,
    id: Option<ObjectId>,
    path: &str,
) -> Result<BTreeMap<String, (bool, ObjectId)>> {
    let Some(id) = id else {
        return Ok(BTreeMap::new());
    };
    let data = layer.tree(&id)?;
    let entry = |entry: std::result::Result<tree::Entry<'_>, &'static str>| {
        let entry = entry.map_err(|why| Error::damaged(path, why))?;
        let name = String::from_utf8_lossy(entry.name).into_owned();
        Ok((name, (entry.is_tree, entry.id)))
    };
    tree::entries(layer.hash(), &data).map(entry).collect()
}
