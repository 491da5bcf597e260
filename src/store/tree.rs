//! Git trees: reading one entry, listing, and applying a batch of edits.

use std::collections::BTreeMap;

use super::error::{Error, Result};
use super::object::{HashKind, NewObject, ObjectKind};
use crate::model::bytes::Bytes;
use crate::model::limits::RECORD_BYTES_MAX;
use crate::model::object_id::ObjectId;
use crate::model::place::Place;

const MODE_TREE: &[u8] = b"40000";
/// As some old programs wrote it.
const MODE_TREE_PADDED: &[u8] = b"040000";
const MODE_BLOB: &[u8] = b"100644";

/// One line of a tree object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'t> {
    pub(super) is_tree: bool,
    /// As it stands there; a foreign one is kept.
    pub(super) mode: &'t [u8],
    pub(super) name: &'t [u8],
    pub(super) id: ObjectId,
}

/// Iterates over a tree object's bytes without copying.
pub(super) fn entries(
    hash: HashKind,
    data: &[u8],
) -> impl Iterator<Item = Result<Entry<'_>, &'static str>> {
    let mut rest = data;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let parsed = split_entry(hash, rest).ok_or("a tree object is cut short or malformed");
        rest = parsed.map_or(&[], |(_, tail)| tail);
        Some(parsed.map(|(entry, _)| entry))
    })
}

fn split_entry(hash: HashKind, data: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let space = data.iter().position(|byte| *byte == b' ')?;
    let after = &data[space + 1..];
    let nul = after.iter().position(|byte| *byte == 0)?;
    let raw = after.get(nul + 1..nul + 1 + hash.id_bytes())?;
    let mode = &data[..space];
    let entry = Entry {
        is_tree: mode == MODE_TREE || mode == MODE_TREE_PADDED,
        mode,
        name: &after[..nul],
        id: ObjectId::from_bytes(raw)?,
    };
    Some((entry, &after[nul + 1 + hash.id_bytes()..]))
}

/// Reads tree objects for [`edit`]; an overlay over the backend in practice.
pub(super) trait Trees {
    fn hash(&self) -> HashKind;
    fn tree(&self, id: &ObjectId) -> Result<Bytes>;
}

/// Applies `edits` (`None` removes) below `root` and returns the new root with the objects made.
///
/// Directories that become empty disappear. An edit that needs a directory where a record stands,
/// or the reverse, is damage: the encoding of places makes it impossible for honest writers.
pub(super) fn edit(
    trees: &dyn Trees,
    root: Option<&ObjectId>,
    edits: &BTreeMap<Place, Option<Vec<u8>>>,
) -> Result<(ObjectId, Vec<NewObject>)> {
    for (place, new) in edits {
        let size = new.as_ref().map_or(0, Vec::len);
        if size > RECORD_BYTES_MAX {
            // Written, it could never be read again.
            let why =
                format!("it would have {size} bytes, and at most {RECORD_BYTES_MAX} are read");
            return Err(Error::damaged(place.as_str(), why));
        }
    }
    let mut made = Vec::new();
    let split: Vec<(Vec<&str>, Option<&[u8]>)> = edits
        .iter()
        .map(|(place, new)| (place.components().collect(), new.as_deref()))
        .collect();
    let new_root = edit_level(trees, root, &split, 0, &mut made)?;
    let id = match new_root {
        Some(id) => id,
        // Git has a tree without entries only as a root.
        None => push(trees.hash(), ObjectKind::Tree, Vec::new(), &mut made),
    };
    Ok((id, made))
}

fn edit_level(
    trees: &dyn Trees,
    tree: Option<&ObjectId>,
    edits: &[(Vec<&str>, Option<&[u8]>)],
    depth: usize,
    made: &mut Vec<NewObject>,
) -> Result<Option<ObjectId>> {
    let hash = trees.hash();
    let data = tree.map(|id| trees.tree(id)).transpose()?;
    let mut kept: BTreeMap<Vec<u8>, (&[u8], ObjectId)> = BTreeMap::new();
    for entry in entries(hash, data.as_deref().unwrap_or_default()) {
        let entry = entry.map_err(|why| damaged_tree(tree, why))?;
        kept.insert(sort_name(entry.name, entry.is_tree), (entry.mode, entry.id));
    }
    let mut start = 0;
    while start < edits.len() {
        let name = edits[start].0[depth];
        let end = start
            + edits[start..]
                .iter()
                .take_while(|(path, _)| path[depth] == name)
                .count();
        let group = &edits[start..end];
        let is_leaf = group[0].0.len() == depth + 1;
        if group
            .iter()
            .any(|(path, _)| (path.len() == depth + 1) != is_leaf)
            || kept.contains_key(&sort_name(name.as_bytes(), is_leaf))
        {
            return Err(damaged_tree(
                tree,
                "a record stands where a directory is needed",
            ));
        }
        let slot = sort_name(name.as_bytes(), !is_leaf);
        let new = if is_leaf {
            // Two edits of one place cannot come out of a map.
            group[0]
                .1
                .map(|data| push(hash, ObjectKind::Blob, data.to_vec(), made))
        } else {
            let below = kept.get(&slot).map(|(_, id)| *id);
            edit_level(trees, below.as_ref(), group, depth + 1, made)?
        };
        match new {
            Some(id) => kept.insert(slot, (if is_leaf { MODE_BLOB } else { MODE_TREE }, id)),
            None => kept.remove(&slot),
        };
        start = end;
    }
    if kept.is_empty() {
        return Ok(None);
    }
    let mut out = Vec::with_capacity(data.as_ref().map_or(64, |data| data.len() + 64));
    for (name, (mode, id)) in &kept {
        out.extend_from_slice(mode);
        out.push(b' ');
        out.extend_from_slice(name.strip_suffix(b"/").unwrap_or(name));
        out.push(0);
        out.extend_from_slice(id.as_bytes());
    }
    Ok(Some(push(hash, ObjectKind::Tree, out, made)))
}

/// Git sorts a directory as if its name ended in a slash.
fn sort_name(name: &[u8], is_tree: bool) -> Vec<u8> {
    let mut key = name.to_vec();
    if is_tree {
        key.push(b'/');
    }
    key
}

fn push(hash: HashKind, kind: ObjectKind, data: Vec<u8>, made: &mut Vec<NewObject>) -> ObjectId {
    let object = NewObject::new(hash, kind, data);
    let id = object.id;
    made.push(object);
    id
}

fn damaged_tree(tree: Option<&ObjectId>, why: &str) -> Error {
    let what = tree.map_or_else(|| "the state's tree".into(), |id| format!("tree {id}"));
    Error::damaged(what, why)
}
