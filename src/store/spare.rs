//! Spare copies of what was written lately, in a file beside git's objects.
//!
//! `git gc --prune=now` finds out what is reachable and later deletes the rest. What is published
//! between these two moments is deleted although a ref names it by then (measured: within a
//! second, beside two writers). No order of writing and moving closes that gap, so the bytes are
//! kept for a while, and put back when one of them is missed, or at the latest when the file is
//! due to go. All of this is best effort: objects in git are what counts.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::object::{NewObject, ObjectKind};
use crate::env;
use crate::model::object_id::ObjectId;

/// How long one file is appended to, in seconds; it stays for one to two more of these.
const PERIOD_SECS: u64 = 600;
/// Largest file, in bytes; what is written beyond it has no spare copy.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Begins the line before each object; the rest is `<id> <kind> <size>`.
const MARK: &[u8] = b"\nobject ";

pub(super) struct Spare {
    dir: PathBuf,
}

impl Spare {
    pub(super) fn new(coord_dir: &Path) -> Self {
        Self {
            dir: coord_dir.join("recent"),
        }
    }

    /// Appends objects to the present file; true when that was begun, so that the earlier ones
    /// are due to be checked.
    pub(super) fn keep(&self, objects: &[NewObject]) -> std::io::Result<bool> {
        let path = self.dir.join(period().to_string());
        let is_new = !path.exists();
        if is_new {
            std::fs::create_dir_all(&self.dir)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if file.metadata()?.len() < FILE_BYTES_MAX {
            let mut text = Vec::new();
            for NewObject { id, kind, data } in objects {
                text.extend_from_slice(MARK);
                writeln!(text, "{id} {} {}", kind.as_str(), data.len())?;
                text.extend_from_slice(data);
            }
            // In one call, so that writers do not mix.
            file.write_all(&text)?;
        }
        Ok(is_new)
    }

    /// Everything that is kept; the caller checks an object that it needs against its id.
    pub(super) fn all(&self) -> Vec<NewObject> {
        let files = self.files().into_iter();
        files
            .filter_map(|(_, path)| std::fs::read(path).ok())
            .flat_map(|data| parse(&data))
            .collect()
    }

    /// Deletes the files that are over. Their objects were just checked.
    pub(super) fn forget_old(&self) {
        let now = period();
        for (begun, path) in self.files() {
            if begun + 1 < now {
                let _ = std::fs::remove_file(path);
            }
        }
    }

    fn files(&self) -> Vec<(u64, PathBuf)> {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let begun = entry.file_name().to_str()?.parse().ok()?;
                Some((begun, entry.path()))
            })
            .collect()
    }
}

fn period() -> u64 {
    u64::try_from(env::now().utc().timestamp()).map_or(0, |secs| secs / PERIOD_SECS)
}

/// Reads every whole object; what a writer that died left half written is passed over.
fn parse(data: &[u8]) -> Vec<NewObject> {
    let mut found = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(MARK.len()).position(|bytes| bytes == MARK) {
        rest = &rest[at + MARK.len()..];
        if let Some((object, length)) = parse_one(rest) {
            found.push(object);
            rest = &rest[length..];
        }
    }
    found
}

fn parse_one(data: &[u8]) -> Option<(NewObject, usize)> {
    let end = data.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&data[..end]).ok()?;
    let mut words = line.split(' ');
    let id: ObjectId = words.next()?.parse().ok()?;
    let kind = match words.next()? {
        "blob" => ObjectKind::Blob,
        "tree" => ObjectKind::Tree,
        "commit" => ObjectKind::Commit,
        _ => return None,
    };
    let size: usize = words.next()?.parse().ok()?;
    let start = end + 1;
    let end = start.checked_add(size)?;
    let content = data.get(start..end)?;
    // What follows must be another object or nothing, else this one is torn.
    let is_whole = end == data.len() || data[end..].starts_with(MARK);
    let data = content.to_vec();
    is_whole.then_some((NewObject { id, kind, data }, end))
}

#[cfg(test)]
mod tests {
    use super::{Spare, parse};
    use crate::store::{HashKind, NewObject, ObjectKind};

    fn blob(text: &str) -> NewObject {
        NewObject::new(HashKind::Sha1, ObjectKind::Blob, text.into())
    }

    #[test]
    fn reads_back_what_it_keeps() {
        let dir = tempfile::TempDir::new().expect("a temporary directory");
        let spare = Spare::new(dir.path());
        let objects = ["", "one", "\nobject ", "two\n"].map(blob);
        assert!(spare.keep(&objects[..2]).expect("a file"));
        spare.keep(&objects[2..]).expect("a file");
        let kept = spare.all();
        let ids = |of: &[NewObject]| of.iter().map(|object| object.id).collect::<Vec<_>>();
        assert_eq!(ids(&kept), ids(&objects));
    }

    #[test]
    fn passes_over_what_is_torn() {
        let (one, two) = (blob("one"), blob("two"));
        let line = |object: &NewObject, data: &str| {
            format!("\nobject {} blob {}\n{data}", object.id, object.data.len())
        };
        let torn = [line(&one, "o"), line(&one, "onex"), line(&two, "two")].concat();
        let found = parse(torn.as_bytes());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, two.id);
    }
}
