//! Lock files that git takes on refs, and those that a killed writer leaves.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::error::{Error, Result};
use super::ref_file::Stamp;

/// How long a lock file that a dead writer may have left is watched before it is moved aside.
/// Git itself holds one for less than a millisecond; it retries for 100 ms.
const STALE_AFTER: Duration = Duration::from_millis(250);
const POLL: Duration = Duration::from_millis(10);

/// Moves a lock file aside that a killed writer left on one of our refs.
///
/// The caller holds the guard and found a dead writer's note, so no git-coord process is at
/// it; the lock file is younger than the note; and it stands unchanged for [`STALE_AFTER`],
/// so it is not a `git pack-refs` passing by.
pub(super) fn clear_stale(
    common_dir: &Path,
    is_reftable: bool,
    name: &str,
    noted: SystemTime,
) -> Result<()> {
    let is_suspect = |seen: &Stamp| {
        // Some file systems keep times to the second or two only.
        seen.changed + Duration::from_secs(2) >= noted
    };
    let stamp = |path: PathBuf| {
        let stamp = Stamp::of(&path).filter(is_suspect)?;
        Some((path, stamp))
    };
    let paths = lock_paths(common_dir, is_reftable, name);
    let mut suspects: Vec<(PathBuf, Stamp)> = paths.into_iter().filter_map(stamp).collect();
    let start = Instant::now();
    while !suspects.is_empty() && start.elapsed() < STALE_AFTER {
        std::thread::sleep(POLL);
        suspects.retain(|(path, first)| Stamp::of(path).as_ref() == Some(first));
    }
    suspects
        .iter()
        .try_for_each(|(path, _)| move_aside(path, common_dir))
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
