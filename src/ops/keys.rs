//! From what was typed to canonical keys, in the directory where it was typed.

use std::path::Path;

use crate::coord::Failure;
use crate::model::key::{Entry, Here, Key, KeyError, Surroundings, WorkTree, resolve};
use crate::store::Tracked;
use crate::worktree::DiskTree;

use super::Context;

/// Canonical keys, and what to tell about how they were read.
pub struct Resolved {
    /// In the order in which they were typed.
    pub keys: Vec<Key>,
    /// Notes for the answer.
    pub notes: Vec<String>,
}

/// Reads keys as the user typed them.
///
/// # Errors
/// The first one that is no key, with what to do about it.
pub fn read(context: &Context<'_>, typed: &[String], strict: bool) -> Result<Resolved, Failure> {
    read_in(context, &context.dir, typed, strict)
}

/// Reads keys that stand in a file: wherever that is, they are seen from the top.
///
/// # Errors
/// As [`read`].
pub fn read_at_top(context: &Context<'_>, typed: &[String]) -> Result<Resolved, Failure> {
    let top = context.coord.repo().layout().work_dir.as_deref();
    read_in(context, top.unwrap_or(&context.dir), typed, false)
}

fn read_in(
    context: &Context<'_>,
    dir: &Path,
    typed: &[String],
    strict: bool,
) -> Result<Resolved, Failure> {
    let coord = &context.coord;
    let config = coord.repo().config();
    let disk;
    let (tree, prefix): (&dyn WorkTree, _) = match &coord.repo().layout().work_dir {
        Some(root) => {
            disk = DiskTree::new(root, |path| in_index(context, path)).map_err(|why| {
                Failure::usage(format!("{}: {why}", root.display()), "is it readable?")
            })?;
            (&disk, prefix(disk.root(), dir))
        }
        None => (&NoTree, Vec::new()),
    };
    let around = Surroundings {
        prefix: &prefix,
        ignore_case: config.bool("core.ignorecase", false),
        precompose: config.bool("core.precomposeunicode", false),
        team_prefixes: &coord.settings().prefixes,
        strict,
        tree,
    };
    let mut resolved = Resolved {
        keys: Vec::new(),
        notes: Vec::new(),
    };
    for text in typed {
        let one = resolve(text.as_bytes(), &around)
            .map_err(|why| Failure::usage(why.to_string(), why.hint()))?;
        if !resolved.keys.contains(&one.key) {
            resolved.keys.push(one.key);
        }
        resolved.notes.extend(one.note);
    }
    Ok(resolved)
}

/// Where keys are typed.
pub fn here(context: &Context<'_>) -> Here {
    let top = context.coord.repo().layout().work_dir.as_deref();
    match top.map(|top| top.canonicalize().unwrap_or_else(|_| top.into())) {
        Some(top) => Here::below(&prefix(&top, &context.dir)),
        None => Here::Top,
    }
}

/// The directory below the top of the working tree, as git's `--show-prefix` without its slash.
fn prefix(root: &Path, dir: &Path) -> Vec<u8> {
    if dir == root {
        return Vec::new();
    }
    let real = dir.canonicalize();
    let below = real.as_deref().unwrap_or(dir).strip_prefix(root);
    let below = below.unwrap_or(Path::new(""));
    below.as_os_str().as_encoded_bytes().to_vec()
}

/// What the index says of a path that is not on disk.
fn in_index(context: &Context<'_>, path: &[u8]) -> Option<Entry> {
    Some(match context.coord.repo().tracked(path)? {
        Tracked::File => Entry::File,
        Tracked::Dir => Entry::Dir,
    })
}

/// A bare repository: no file exists, and every path is what it says.
struct NoTree;

impl WorkTree for NoTree {
    fn entry(&self, _: &[u8]) -> Option<Entry> {
        None
    }

    fn real(&self, path: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(path.to_vec())
    }

    fn spelling(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn absolute(&self, absolute: &[u8]) -> Result<Vec<u8>, KeyError> {
        Err(KeyError::Outside {
            text: crate::model::text::shown(&String::from_utf8_lossy(absolute)),
        })
    }
}
