//! A second copy of the objects that were written last.
//!
//! `git prune --expire=now` and `git gc --prune=now` look which objects are reachable and remove
//! the others some time later. An operation that is published in between loses objects although
//! its ref reaches them by then, and git has no way to prevent that. They are content-addressed, so
//! writing them again heals it exactly. Nothing here is flushed or needed for anything else.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use super::object::{NewObject, ObjectKind};
use crate::model::object_id::ObjectId;

/// The newest copies, and those before them.
const FILES: [&str; 2] = ["recent", "recent.old"];
/// When the newest become those before: some thousand operations, or some minutes of many.
const BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Larger objects are not copied: directories of thousands of records, which every operation in
/// them would copy anew.
const OBJECT_BYTES_MAX: usize = 64 * 1024;

/// Adds copies. A failure is passed over on purpose: the objects themselves are what counts.
pub(super) fn add(dir: &Path, objects: &[NewObject]) {
    let mut copies = Vec::new();
    for object in objects {
        if object.data.len() <= OBJECT_BYTES_MAX {
            let (kind, id, size) = (object.kind.as_str(), object.id, object.data.len());
            copies.extend_from_slice(format!("{kind} {id} {size}\n").as_bytes());
            copies.extend_from_slice(&object.data);
        }
    }
    let [newest, before] = FILES.map(|name| dir.join(name));
    let open = || OpenOptions::new().append(true).create(true).open(&newest);
    let Ok(mut file) = open() else { return };
    if file.metadata().is_ok_and(|meta| meta.len() > BYTES_MAX) {
        let _ = fs::rename(&newest, before);
        match open() {
            Ok(next) => file = next,
            Err(_) => return,
        }
    }
    let _ = file.write_all(&copies);
}

/// Finds the copy of an object that is gone.
pub(super) fn find(dir: &Path, wanted: &ObjectId) -> Option<NewObject> {
    FILES
        .iter()
        .find_map(|name| find_in(&dir.join(name), wanted))
}

fn find_in(path: &Path, wanted: &ObjectId) -> Option<NewObject> {
    let mut file = BufReader::new(File::open(path).ok()?);
    let mut line = String::new();
    loop {
        line.clear();
        file.read_line(&mut line).ok()?;
        let words: Vec<&str> = line.trim_end().split(' ').collect();
        // A copy that a killed writer left half ends the search; later ones are out of step.
        let [kind, id, size] = words.as_slice() else {
            return None;
        };
        let kind = [ObjectKind::Commit, ObjectKind::Tree, ObjectKind::Blob]
            .into_iter()
            .find(|known| known.as_str() == *kind)?;
        let size = size.parse().ok().filter(|size| *size <= OBJECT_BYTES_MAX)?;
        let id: ObjectId = id.parse().ok()?;
        let mut data = vec![0; size];
        file.read_exact(&mut data).ok()?;
        if id == *wanted {
            return Some(NewObject { id, kind, data });
        }
    }
}
