//! Attributes of a tree for a git that reads them only from files on disk (before 2.41).
//!
//! The files of attributes of the tree, and nothing else, become a working tree. It is named after
//! what is in it and stays, since a team seldom changes them.

use std::path::{Path, PathBuf};

use super::super::backend::Backend;
use super::super::error::{Error, Result};
use super::super::object::ObjectKind;
use super::super::repo::Repo;
use super::attributes::FILE;
use super::room::place;
use super::unmergeable;
use crate::model::object_id::ObjectId;

/// Largest file of attributes, in bytes; git itself ignores what is larger than 100 MiB.
const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Lays the files out below `room`; none when the tree has none.
pub(super) fn lay_out(repo: &Repo, tree: &ObjectId, room: &Path) -> Result<Option<PathBuf>> {
    let args = ["ls-tree", "-r", "-z", "--full-tree", &tree.to_string()];
    let listed = repo.git().expect(&args, None)?;
    let mut all = Vec::new();
    let mut found = Vec::new();
    for line in listed.split(|byte| *byte == 0) {
        // `<mode> <kind> <id> TAB <path>`; a link is none for git either.
        let Some(tab) = line.iter().position(|byte| *byte == b'\t') else {
            continue;
        };
        let (about, path) = (&line[..tab], &line[tab + 1..]);
        let is_one = path == FILE || path.ends_with(b"/.gitattributes");
        if !is_one || !about.starts_with(b"100") {
            continue;
        }
        all.extend_from_slice(line);
        all.push(0);
        let id = String::from_utf8_lossy(&about[about.len() - tree.to_string().len()..]);
        let id: ObjectId = id
            .parse()
            .map_err(|_| Error::damaged("the answer of ls-tree", id))?;
        found.push((relative(path)?, id));
    }
    if found.is_empty() {
        return Ok(None);
    }
    let name = repo.hash().digest(&[&all]).short();
    let dir = room.join(format!("attributes-{name}"));
    for (path, id) in found {
        let file = dir.join(path);
        let text = repo.read(&id, ObjectKind::Blob, FILE_BYTES_MAX)?;
        let above = file.parent().unwrap_or(&dir);
        std::fs::create_dir_all(above).map_err(Error::io("creating", above))?;
        place(&file, &text)?;
    }
    Ok(Some(dir))
}

/// A path that stays below where it is put: trees come from anybody.
fn relative(path: &[u8]) -> Result<PathBuf> {
    let is_sane = path.split(|byte| *byte == b'/').all(|name| {
        !matches!(name, b"" | b"." | b"..")
            && !name.eq_ignore_ascii_case(b".git")
            && !name.contains(&b'\\')
    });
    if !is_sane {
        let path = String::from_utf8_lossy(path).into_owned();
        return Err(unmergeable(format!("{path} is no path for a file")));
    }
    #[cfg(unix)]
    let path = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path);
    #[cfg(not(unix))]
    let text = String::from_utf8_lossy(path);
    #[cfg(not(unix))]
    let path: &std::ffi::OsStr = text.as_ref().as_ref();
    Ok(PathBuf::from(path))
}
