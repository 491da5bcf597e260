//! Where on the disk something would be written, in which repository that is, and under which key.
//!
//! An agent may write far from where it stands: in another working tree, in another repository, or
//! in none. A link is followed: what is written through it is what it leads to.

use std::path::{Component, Path, PathBuf};

use crate::coord::Failure;
use crate::model::key::Key;
use crate::ops::Context;
use crate::ops::keys::read;

use super::lost;
use super::shell::Write;

/// Most repositories that one call looks into beside the agent's own.
pub(super) const OTHERS_MAX: usize = 3;

/// The top of the working tree of a clone, with all links followed.
pub(super) fn top(context: &Context<'_>) -> Option<PathBuf> {
    let top = context.coord.repo().layout().work_dir.as_deref()?;
    top.canonicalize().ok()
}

/// A path without `.`, `..` and links in what is above it; its own name stays as it is.
pub(super) fn settled(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    let Some(name) = plain.file_name() else {
        return plain;
    };
    let above = plain.parent().unwrap_or(Path::new(""));
    // As far down as it exists.
    let mut at = above;
    let mut missing = Vec::new();
    let real = loop {
        match (at.canonicalize(), at.parent(), at.file_name()) {
            (Ok(real), ..) => break real,
            (Err(_), Some(parent), Some(name)) => {
                missing.push(name);
                at = parent;
            }
            _ => break at.to_owned(),
        }
    };
    missing
        .into_iter()
        .rev()
        .fold(real, |path, name| path.join(name))
        .join(name)
}

/// Everything that is written by writing there: the place, and what it leads to if it is a link.
fn places(path: &Path) -> Vec<PathBuf> {
    let place = settled(path);
    let mut places = vec![place.clone()];
    let is_link = place.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
    if is_link && let Ok(real) = place.canonicalize() {
        places.push(real);
    }
    places
}

/// Whether a place belongs to the repository with this top: not what is beside it, and not what is
/// in another working tree or repository below.
fn is_inside(top: &Path, place: &Path) -> bool {
    let above = place.ancestors().skip(1);
    let mut below = above.take_while(|dir| *dir != top);
    place.starts_with(top) && !below.any(|dir| dir.join(".git").symlink_metadata().is_ok())
}

/// The part of a pattern that is a path, and the rest of it.
fn fixed(pattern: &str) -> (PathBuf, &str) {
    let wild = pattern.find(['*', '?', '[', '\\']).unwrap_or(pattern.len());
    let end = pattern.get(..wild).and_then(|fixed| fixed.rfind('/'));
    let (fixed, rest) = pattern.split_at(end.map_or(0, |end| end + 1));
    (PathBuf::from(fixed), rest)
}

/// The tops of the repositories that a call writes into, but for `own`.
pub(super) fn others(writes: &[Write], own: Option<&Path>) -> Vec<PathBuf> {
    let mut tops: Vec<PathBuf> = Vec::new();
    for write in writes {
        let paths = match write {
            Write::Path(path) => places(path),
            Write::Pattern(pattern) => vec![settled(&fixed(pattern).0.join("x"))],
            Write::Git(lost) => vec![settled(&lost.dir.join("x"))],
        };
        for path in paths {
            let mut above = path.ancestors().skip(1);
            let top = above.find(|dir| dir.join(".git").symlink_metadata().is_ok());
            let Some(top) = top.filter(|top| Some(*top) != own) else {
                continue;
            };
            if tops.len() < OTHERS_MAX && !tops.iter().any(|known| known == top) {
                tops.push(top.to_owned());
            }
        }
    }
    tops
}

/// The keys of what is written in one repository. What is no path of it has none.
///
/// # Errors
/// When git cannot be asked.
pub(super) fn keys<'w>(
    context: &Context<'_>,
    writes: impl IntoIterator<Item = &'w Write>,
) -> Result<Vec<Key>, Failure> {
    let Some(top) = top(context) else {
        return Ok(Vec::new());
    };
    let mut typed = Vec::new();
    let mut keys = Vec::new();
    for write in writes {
        match write {
            Write::Path(path) => {
                let inside = places(path)
                    .into_iter()
                    .filter(|place| is_inside(&top, place));
                let inside = inside.filter_map(|place| place.into_os_string().into_string().ok());
                typed.extend(inside.map(|place| format!(":(literal){place}")));
            }
            Write::Pattern(pattern) => {
                let (fixed, rest) = fixed(pattern);
                let base = settled(&fixed.join("x"));
                let base = base.parent().filter(|_| is_inside(&top, &base));
                if let Some(base) = base.and_then(Path::to_str) {
                    typed.push(format!(":(glob){base}/{rest}"));
                }
            }
            Write::Git(lost) if lost::is_in(&top, lost) => {
                keys.extend(lost::files(&context.coord, lost)?);
            }
            Write::Git(_) => {}
        }
    }
    match read(context, &typed, false) {
        Ok(read) => keys.extend(read.keys),
        // One of them is no path; the others are none the less.
        Err(_) => {
            for one in typed {
                if let Ok(read) = read(context, &[one], false) {
                    keys.extend(read.keys);
                }
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    Ok(keys)
}
