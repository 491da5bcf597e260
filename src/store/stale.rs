//! Lock files that git or a killed program left on the refs of the state.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::error::Result;
use super::guard::Guard;
use super::layout::Layout;
use super::names;
use super::ref_file::Stamp;
use super::ref_locks::{lock_paths, move_aside};
use super::repo::Repo;

/// Most directory entries that are looked at: there are few refs of ours, whatever else is there.
const ENTRIES_MAX: usize = 10_000;

/// A lock file as it stood when it was found.
#[derive(Clone, Debug)]
pub struct LockFile {
    /// Where it is.
    pub path: PathBuf,
    stamp: Stamp,
}

impl LockFile {
    fn at(path: PathBuf) -> Option<Self> {
        let stamp = Stamp::of(&path)?;
        Some(Self { path, stamp })
    }

    /// For how long it has stood unchanged.
    pub fn age(&self, now: SystemTime) -> Duration {
        // One from the future was just made, by a clock that was set back since.
        now.duration_since(self.stamp.changed).unwrap_or_default()
    }
}

/// The lock files on refs of the state, fresh ones of living writers among them.
pub fn lock_files(layout: &Layout) -> Vec<LockFile> {
    if layout.is_reftable {
        let paths = lock_paths(&layout.common_dir, true, names::STATE);
        return paths.into_iter().filter_map(LockFile::at).collect();
    }
    let mut found = Vec::new();
    let mut seen = 0;
    let mut dirs = vec![layout.common_dir.join("refs/coord")];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            seen += 1;
            if seen > ENTRIES_MAX {
                return found;
            }
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                dirs.push(path);
            } else if is_lock(&path) {
                found.extend(LockFile::at(path));
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "lock")
}

impl Repo {
    /// Moves a lock file out of git's way, unless it is another one than was found. Returns
    /// whether it was moved.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn move_lock_aside(&self, _: &Guard, file: &LockFile) -> Result<bool> {
        if Stamp::of(&file.path).as_ref() != Some(&file.stamp) {
            return Ok(false);
        }
        move_aside(&file.path, &self.layout().common_dir)?;
        Ok(true)
    }
}
