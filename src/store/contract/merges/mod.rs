//! Merging without a working tree: what git makes of it, whatever the clone is set to.

mod ancestry;
mod attributes;
mod commits;
mod isolation;
mod outcomes;
mod story;

use std::collections::BTreeMap;
use std::path::Path;

use super::rig::{open, try_git};
use crate::model::object_id::ObjectId;
use crate::store::{Error, Merged, Result};

/// Branches by name.
type Tips = BTreeMap<String, ObjectId>;

fn paths(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}

fn conflict(names: &[&str]) -> Merged {
    Merged::Conflict {
        paths: paths(names),
    }
}

/// Merges two branches with the attributes of the first.
fn merge(dir: &Path, tips: &Tips, ours: &str, theirs: &str) -> Result<Merged> {
    let repo = open(dir);
    repo.merger(&tips[ours])?.merge(&tips[ours], &tips[theirs])
}

/// The tree that git itself makes of two branches; none for a conflict. Of a worktree's attributes
/// it knows nothing, as there is none: the directory is bare or empty.
fn by_git(dir: &Path, tips: &Tips, ours: &str, theirs: &str) -> Option<ObjectId> {
    let (ours, theirs) = (tips[ours].to_string(), tips[theirs].to_string());
    let output = try_git(dir, &["merge-tree", "--write-tree", &ours, &theirs]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.code() {
        Some(0) => Some(printed.trim().parse().expect("a tree")),
        Some(1) => None,
        _ => panic!("{}", String::from_utf8_lossy(&output.stderr)),
    }
}

fn tree_of(merged: Result<Merged>) -> ObjectId {
    match merged.expect("an answer") {
        Merged::Clean { tree } => tree,
        Merged::Conflict { paths } => {
            let paths: Vec<_> = paths
                .iter()
                .map(|path| String::from_utf8_lossy(path))
                .collect();
            panic!("a conflict in {paths:?}")
        }
    }
}

/// Why a merge is refused.
fn refusal(merged: Result<Merged>) -> String {
    match merged {
        Err(Error::Unmergeable { why }) => why,
        other => panic!("no refusal: {other:?}"),
    }
}
