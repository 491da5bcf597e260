//! Lock files that git takes on refs, and those that a killed writer leaves.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::error::{Error, Result};
use super::ref_file::Stamp;
use crate::env;
use crate::model::object_id::ObjectId;

/// How long a lock file that a dead writer may have left is watched before it is moved aside.
/// Git itself holds one for less than a millisecond; it retries for 100 ms.
const STALE_AFTER: Duration = Duration::from_millis(250);
const POLL: Duration = Duration::from_millis(10);

/// A ref that a writer had begun to move, as its note tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) name: String,
    /// The value that it was to have; unknown for what a fetch brings.
    pub(super) new: Option<ObjectId>,
}

impl Begun {
    /// The line that a note has for a ref and its new value.
    pub(super) fn line(name: &str, new: &ObjectId) -> String {
        format!("{name} {new}\n")
    }

    /// What a note says, line by line. A note is our own file, but paths are made of it.
    pub(super) fn all_in(note: &str) -> Vec<Self> {
        let is_ref = |name: &str| name.starts_with("refs/") && !name.contains("..");
        let begun = note.lines().filter_map(|line| {
            let (name, new) = match line.split_once(' ') {
                // A line that was cut short was written by nobody who had got any further.
                Some((name, new)) => (name, Some(new.parse().ok()?)),
                None => (line, None),
            };
            let name = name.to_owned();
            Some(Self { name, new })
        });
        begun.filter(|begun| is_ref(&begun.name)).collect()
    }
}

/// Moves lock files aside that a killed writer left on refs.
///
/// The caller found a dead writer's note and knows that no process of it is left. A lock file goes
/// when it is no older than the note, holds nothing but what that writer would have put there, stands
/// unchanged for [`STALE_AFTER`], so that it is not a `git pack-refs` passing by, and nobody has it
/// open: git keeps the lock of reftables open as long as it has it, and that of a ref until the value
/// is in it.
pub(super) fn clear_stale(
    common_dir: &Path,
    is_reftable: bool,
    begun: &[Begun],
    noted: SystemTime,
) -> Result<()> {
    // Some file systems keep times to the second or two only.
    let is_suspect = |seen: &Stamp| seen.changed + Duration::from_secs(2) >= noted;
    // All are watched at the same time: a command waits once, for however many.
    let mut suspects: Vec<(PathBuf, Stamp)> = Vec::new();
    for begun in begun {
        for path in lock_paths(common_dir, is_reftable, &begun.name) {
            let stamp = Stamp::of(&path).filter(is_suspect);
            let is_known = suspects.iter().any(|(known, _)| *known == path);
            let Some(stamp) = stamp.filter(|_| !is_known) else {
                continue;
            };
            if is_reftable || could_be_of(&path, begun.new.as_ref()) {
                suspects.push((path, stamp));
            }
        }
    }
    let start = Instant::now();
    while !suspects.is_empty() && start.elapsed() < STALE_AFTER {
        std::thread::sleep(POLL);
        suspects.retain(|(path, first)| Stamp::of(path).as_ref() == Some(first));
    }
    suspects
        .iter()
        .filter(|(path, _)| !env::is_open(path))
        .try_for_each(|(path, _)| move_aside(path, common_dir))
}

/// Whether the lock file of a ref holds as much of this value as a writer of it may have written
/// before it died. Another value is another writer's, who is perhaps still at it.
fn could_be_of(path: &Path, new: Option<&ObjectId>) -> bool {
    let Some(new) = new else { return true };
    let whole = format!("{new}\n").into_bytes();
    let mut content = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| {
        // One byte more, so that something longer is not taken for it.
        file.take(whole.len() as u64 + 1).read_to_end(&mut content)
    });
    read.is_ok() && whole.starts_with(&content)
}

/// Where git keeps the locks that a change of a ref takes.
pub(super) fn lock_paths(common_dir: &Path, is_reftable: bool, name: &str) -> Vec<PathBuf> {
    if let Some(dir) = name.strip_suffix("/*").filter(|_| !is_reftable) {
        return locks_in(&common_dir.join(dir));
    }
    if !is_reftable {
        return vec![common_dir.join(format!("{name}.lock"))];
    }
    // One on the list of tables and, while git merges tables after a change, one on each of them.
    locks_in(&common_dir.join("reftable"))
}

fn locks_in(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir);
    let files = entries.into_iter().flatten().flatten();
    files
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "lock"))
        .collect()
}

/// Keeps a stale lock file for a person to look at, out of git's way.
pub(super) fn move_aside(path: &Path, common_dir: &Path) -> Result<()> {
    let kept = common_dir
        .join("coord")
        .join(format!("stale-{}.lock", ulid::Ulid::generate()));
    match std::fs::rename(path, kept) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(Error::io("moving aside", path)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::{Begun, clear_stale};

    const NAME: &str = "refs/coord/state";

    #[test]
    fn only_what_the_dead_writer_could_have_left_is_moved_aside() {
        let id = |digit: &str| digit.repeat(40);
        let (own, other) = (id("1"), id("2"));
        let own_line = format!("{own}\n");
        for (content, is_reftable, is_open, is_moved) in [
            (String::new(), false, false, true),
            (own[..7].to_owned(), false, false, true),
            (own_line.clone(), false, false, true),
            (format!("{other}\n"), false, false, false),
            (format!("{own_line}{own_line}"), false, false, false),
            (String::new(), false, true, false),
            (String::new(), true, false, true),
            (String::new(), true, true, false),
        ] {
            let dir = tempfile::TempDir::new().expect("a temporary directory");
            let name = if is_reftable {
                "reftable/tables.list"
            } else {
                NAME
            };
            let lock = dir.path().join(format!("{name}.lock"));
            for below in ["refs/coord", "coord", "reftable"] {
                std::fs::create_dir_all(dir.path().join(below)).expect("a directory");
            }
            let begun = Begun::all_in(&format!("{NAME} {own}\nrefs/../x {own}\nnonsense\n\n"));
            assert_eq!(begun.len(), 1);
            std::fs::write(&lock, &content).expect("a file");
            let living = is_open.then(|| std::fs::File::open(&lock).expect("a file"));
            clear_stale(dir.path(), is_reftable, &begun, SystemTime::now()).expect("a clear way");
            drop(living);
            // Elsewhere nobody knows who has a file open.
            let is_moved = is_moved || is_open && !cfg!(target_os = "linux");
            assert_eq!(
                !lock.exists(),
                is_moved,
                "{content:?} {is_reftable} {is_open}"
            );
        }
    }
}
