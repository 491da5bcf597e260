//! Where the objects of a merge go first: beside the clone's own.
//!
//! A plan of 32 entries merges more than five hundred pairs and keeps some thirty trees. What the
//! others leave would be thousands of loose objects in the clone for `git gc` to clear away. So git
//! writes into a directory that goes with the merger, and what is kept is moved.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::super::error::{Error, Result};
use super::super::loose;
use super::super::object::HashKind;
use super::super::tree;
use crate::model::object_id::ObjectId;

/// Begins the names of these directories; a lock file stands beside each.
const PREFIX: &str = "made-";
const LOCK: &str = "lock";

pub(super) struct Scratch {
    /// Has `objects`, as a git directory has.
    dir: PathBuf,
    /// Held as long as the directory is in use: what a killed process left is known by that.
    _lock: File,
}

impl Scratch {
    /// Makes one beside the clone's own objects, and removes those whose processes are gone.
    pub(super) fn make(room: &Path, beside: &Path) -> Result<Self> {
        sweep(room);
        let dir = room.join(format!("{PREFIX}{:x}", fastrand::u64(..)));
        let file = dir.with_extension(LOCK);
        let lock = File::create(&file).map_err(Error::io("creating", &file))?;
        lock.lock().map_err(Error::io("locking", &file))?;
        let info = dir.join("objects/info");
        std::fs::create_dir_all(&info).map_err(Error::io("creating", &info))?;
        let alternates = info.join("alternates");
        let line = [beside.as_os_str().as_encoded_bytes(), b"\n"].concat();
        std::fs::write(&alternates, line).map_err(Error::io("writing", &alternates))?;
        Ok(Self { dir, _lock: lock })
    }

    /// The object directory.
    pub(super) fn objects(&self) -> PathBuf {
        self.dir.join("objects")
    }

    /// Moves a tree, and all below it that is here, to the clone's own objects. What is there has
    /// all that is below it there.
    pub(super) fn keep(&self, hash: HashKind, tree: &ObjectId, common_dir: &Path) -> Result<()> {
        let Some(data) = loose::read(&self.dir, tree)? else {
            return Ok(());
        };
        for entry in tree::entries(hash, &data) {
            let entry = entry.map_err(|why| Error::damaged(format!("tree {tree}"), why))?;
            if entry.is_tree {
                self.keep(hash, &entry.id, common_dir)?;
            } else {
                self.move_out(&entry.id, common_dir)?;
            }
        }
        self.move_out(tree, common_dir)
    }

    fn move_out(&self, id: &ObjectId, common_dir: &Path) -> Result<()> {
        let (from, to) = (
            loose::path_of(&self.dir, id),
            loose::path_of(common_dir, id),
        );
        if !from.exists() {
            return Ok(());
        }
        let above = to.parent().unwrap_or(common_dir);
        std::fs::create_dir_all(above).map_err(Error::io("creating", above))?;
        if std::fs::rename(&from, &to).is_ok() {
            return Ok(());
        }
        // The clone's objects may be on another disk.
        let new = to.with_file_name(format!("tmp_obj_coord_{:x}", fastrand::u64(..)));
        std::fs::copy(&from, &new).map_err(Error::io("writing", &new))?;
        std::fs::rename(&new, &to).map_err(Error::io("naming", &to))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is swept by the next.
        let _ = std::fs::remove_dir_all(&self.dir);
        let _ = std::fs::remove_file(self.dir.with_extension(LOCK));
    }
}

/// Removes what killed processes left, as far as that goes.
fn sweep(room: &Path) {
    for entry in std::fs::read_dir(room).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let is_lock = path.extension().is_some_and(|extension| extension == LOCK);
        if !is_lock || !name.to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let Ok(lock) = File::open(&path) else {
            continue;
        };
        if lock.try_lock().is_ok() {
            let _ = std::fs::remove_dir_all(path.with_extension(""));
            let _ = std::fs::remove_file(&path);
        }
    }
}
